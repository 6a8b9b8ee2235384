"""The output of one attempt, from its log: whole, or as it comes."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from treadle.report.output import Lines, whole
from treadle.report.terminal import is_terminal

if TYPE_CHECKING:
    from pathlib import Path

    from treadle.report.terminal import Output

_PIECE = 64 * 1024


def show_log(out: Output, log: Path) -> None:
    """Write a log: on a terminal in lines that are safe to show, elsewhere byte for byte.

    Raises:
        OSError: the log cannot be read.
    """
    if is_terminal(out.stream):
        for line in whole(log):
            out.line(line)
        return
    with open(log, "rb") as file:
        _copy(out, lambda into: shutil.copyfileobj(file, into, _PIECE))


def _copy(out: Output, write: Callable[..., object]) -> None:
    """Write bytes; a reader that goes away is no failure."""
    if out.stream is None:
        return
    into = getattr(out.stream, "buffer", None) or sys.stdout.buffer
    try:
        out.stream.flush()
        write(into)
        into.flush()
    except BrokenPipeError:
        # Nothing reads: what else there is goes nowhere, as everywhere else.
        out.write("")


class Following:
    """A log that is read while it is written.

    Args:
        out: where it is shown.
        log: its path; it need not be there yet.
        prefix: stands before each line; with one, lines are whole.
    """

    def __init__(self, out: Output, log: Path, prefix: str = "") -> None:
        self._out = out
        self._log = log
        self._prefix = prefix
        self._at = 0
        self._lines = Lines() if prefix or is_terminal(out.stream) else None

    def poll(self) -> bool:
        """Show what is new; return whether there was something."""
        at = self._at
        with contextlib.suppress(OSError), open(self._log, "rb", buffering=0) as file:
            if os.fstat(file.fileno()).st_size < at:
                self._at = 0  # it was cut; what is new begins at its beginning
            file.seek(self._at)
            while piece := file.read(_PIECE):
                self._at += len(piece)
                self._show(piece)
        return self._at != at

    def finish(self) -> None:
        """Show the rest."""
        self.poll()
        for line in self._lines.rest() if self._lines is not None else ():
            self._out.line(f"{self._prefix}{line}")

    def _show(self, piece: bytes) -> None:
        if self._lines is None:
            _copy(self._out, lambda into: into.write(piece))
            return
        for line in self._lines.feed(piece):
            self._out.line(f"{self._prefix}{line}")
