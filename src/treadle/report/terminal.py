"""The two streams of a command: what may be drawn on them, and what if nobody reads them."""

from __future__ import annotations

import contextlib
import io
import os
from typing import TYPE_CHECKING, Literal, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

When = Literal["auto", "always", "never"]
Progress = Literal["auto", "tty", "plain", "none"]

_STYLES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}


def wants_colour(when: When, stream: TextIO | None, env: Mapping[str, str]) -> bool:
    """Decide about colour: the option, then FORCE_COLOR, then NO_COLOR, then the terminal."""
    if when != "auto":
        return when == "always"
    if force := env.get("FORCE_COLOR") or env.get("CLICOLOR_FORCE"):
        return force != "0"
    if env.get("NO_COLOR") or env.get("TERM") == "dumb" or env.get("CLICOLOR") == "0":
        return False
    return is_terminal(stream)


def wants_live_line(progress: Progress, stream: TextIO | None, env: Mapping[str, str]) -> bool:
    """Decide whether a line may be redrawn in place: on a terminal that can, and not in CI."""
    if progress != "auto":
        return progress == "tty"
    return is_terminal(stream) and env.get("TERM") != "dumb" and not env.get("CI")


def is_terminal(stream: TextIO | None) -> bool:
    """Tell whether a stream is a terminal; a closed one is not."""
    try:
        return stream is not None and stream.isatty()
    except (ValueError, OSError):
        return False


class Output:
    """A stream that a command writes lines to, whether or not somebody reads them.

    When the reader goes away (``| head``, a terminal that was closed), what follows
    is dropped: a run goes on and its exit code stays right.
    """

    def __init__(self, stream: TextIO | None, *, colour: bool = False) -> None:
        self.stream = stream
        self.colour = colour
        if isinstance(stream, io.TextIOWrapper):
            # A name that the encoding of the terminal does not hold must not end the run.
            stream.reconfigure(errors="backslashreplace")

    def write(self, text: str) -> None:
        """Write a text at once."""
        if self.stream is None:
            return
        try:
            self.stream.write(text)
            self.stream.flush()
        except (OSError, ValueError):
            self._give_up(self.stream)

    def line(self, text: str = "") -> None:
        """Write one line."""
        self.write(f"{text}\n")

    def paint(self, text: str, *styles: str) -> str:
        """Return a text in colour, if this stream has colour."""
        if not self.colour or not text or not styles:
            return text
        codes = ";".join(_STYLES[style] for style in styles)
        return f"\x1b[{codes}m{text}\x1b[0m"

    def columns(self) -> int:
        """Return the width of the terminal, 80 if there is none."""
        return self.size()[0]

    def size(self) -> tuple[int, int]:
        """Return the columns and lines of the terminal, 80 and 24 if there is none."""
        try:
            found = os.get_terminal_size(self.stream.fileno()) if self.stream else (0, 0)
        except (OSError, ValueError):
            found = (0, 0)
        return found[0] or 80, found[1] or 24

    def has_lines(self) -> bool:
        """Tell whether the encoding has more than ASCII to draw with."""
        encoding = getattr(self.stream, "encoding", None) or "ascii"
        return encoding.lower().replace("-", "") == "utf8"

    def in_front(self) -> bool:
        """Tell whether nobody else has the terminal, as a shell has after ``bg``."""
        try:
            group = os.tcgetpgrp(self.stream.fileno()) if self.stream else 0
        except (OSError, ValueError):
            return True  # no terminal, or that of another session
        return group in (0, os.getpgrp())

    def device(self) -> int | None:
        """Return which terminal this is, if it is one."""
        if self.stream is None or not is_terminal(self.stream):
            return None
        try:
            return os.fstat(self.stream.fileno()).st_rdev
        except (OSError, ValueError):
            return None

    def _give_up(self, stream: TextIO) -> None:
        self.stream = None
        # The interpreter flushes its streams at exit and would complain once more.
        with contextlib.suppress(OSError, ValueError):
            number = stream.fileno()
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, number)
            os.close(nowhere)
