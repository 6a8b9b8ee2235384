"""The output of jobs, as lines that are safe to show."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from treadle.report.text import safe_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from treadle.report.redact import Redactor

    Path = str | os.PathLike[str]

TAIL_LINES = 20

_TAIL_BYTES = 64 * 1024
_PIECE = 64 * 1024
_LAST_BYTES = 4 * 1024
_BREAK = re.compile(rb"[\r\n]+")


class Lines:
    """Cuts output into lines, in bounded memory however long they are.

    Args:
        redactor: hides secrets.
    """

    def __init__(self, redactor: Redactor | None = None) -> None:
        self._redactor = redactor
        self._head = b""
        self._beyond = 0

    def feed(self, data: bytes) -> Iterator[str]:
        """Take the next piece of output; yield the lines that are whole by it."""
        *whole, rest = data.split(b"\n")
        for piece in whole:
            self._add(piece)
            yield self._take()
        self._add(rest)

    def rest(self) -> Iterator[str]:
        """Yield the last line, if it has no end."""
        if self._head or self._beyond:
            yield self._take()

    def _add(self, piece: bytes) -> None:
        room = _PIECE - len(self._head)
        self._head += piece[:room]
        self._beyond += max(0, len(piece) - room)

    def _take(self) -> str:
        head, beyond = self._head, self._beyond
        if beyond and self._redactor:
            # A secret may begin here and go on in what was not kept.
            head = head[: -self._redactor.longest]
        self._head, self._beyond = b"", 0
        return safe_line(head, self._redactor, beyond)


def whole(log: Path, redactor: Redactor | None = None) -> Iterator[str]:
    """Yield every line of a log.

    Raises:
        OSError: it cannot be read.
    """
    lines = Lines(redactor)
    with open(log, "rb", buffering=0) as file:
        while piece := file.read(_PIECE):
            yield from lines.feed(piece)
    yield from lines.rest()


def tail(
    log: Path, lines: int = TAIL_LINES, redactor: Redactor | None = None
) -> tuple[list[str], bool]:
    """Return the last lines of a log, and whether there are more before them.

    Raises:
        OSError: it cannot be read.
    """
    data, more = _end(log, _TAIL_BYTES, redactor)
    found = data.splitlines()
    shown = [safe_line(raw, redactor) for raw in found[-lines:]]
    return shown, more or len(found) > lines


def last_line(log: Path, redactor: Redactor | None = None) -> str:
    """Return the last line so far that says something; a progress bar's is the latest state."""
    try:
        data, _ = _end(log, _LAST_BYTES, redactor)
    except OSError:
        return ""
    found = _BREAK.split(data)
    if redactor:
        # What is still being written may be half of a secret.
        found.pop()
    texts = (safe_line(raw, redactor).strip() for raw in reversed(found))
    return next(filter(None, texts), "")


def _end(log: Path, most: int, redactor: Redactor | None) -> tuple[bytes, bool]:
    """Return the end of a file, and whether there is more before it."""
    with open(log, "rb", buffering=0) as file:
        start = max(0, file.seek(0, os.SEEK_END) - most)
        file.seek(start)
        data = file.read(most)
    if redactor and start:
        # A secret may have begun before; hidden first, for it may be longer than what is cut.
        data = redactor.data(data)[redactor.longest :]
    return data, start > 0
