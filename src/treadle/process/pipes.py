"""What goes into a process and comes out of it through pipes, moved by threads of their own.

A pipe holds 64 KiB. Whoever waits for a process before reading what it writes, or
writes to it what it does not read, waits for ever; so both have their own thread.
"""

from __future__ import annotations

import contextlib
import threading
from typing import IO

_LINGERS = 1.0  # seconds; somebody who left the process's tree may hold the pipe open


class Feed:
    """Writes data to a process's input, then closes it."""

    def __init__(self, pipe: IO[bytes], data: bytes) -> None:
        self._pipe = pipe
        self._data = data
        threading.Thread(target=self._write, daemon=True, name="treadle-input").start()

    def _write(self) -> None:
        # A program need not read all that it is given.
        with contextlib.suppress(BrokenPipeError), self._pipe:
            self._pipe.write(self._data)


class Capture:
    """Reads a process's output to its end."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._parts: list[bytes] = []
        self._thread = threading.Thread(target=self._read, daemon=True, name="treadle-output")
        self._thread.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError), self._pipe:
            while part := self._pipe.read1(1 << 16):  # type: ignore[attr-defined]  # a buffered reader
                self._parts.append(part)

    def text(self) -> str:
        """What was written, after the end of the process; bytes that are no UTF-8 are replaced."""
        self._thread.join(_LINGERS)
        return b"".join(self._parts).decode(errors="replace")
