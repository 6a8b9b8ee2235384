"""Shows the output of jobs while they run.

The kernel writes the output of a job to its log; treadle is not in between. So the logs are
looked at ten times a second, and what is new in them is shown line by line. A line that has
no end yet waits for it, or for the end of the job: lines of two jobs are never mixed.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from treadle.report.output import Lines

if TYPE_CHECKING:
    from treadle.report.redact import Redactor

_PIECE = 64 * 1024
_AT_ONCE = 16
"""Pieces of one job before it is the turn of the next."""


class Follower:
    """Reads the logs of running jobs.

    Args:
        show: called with the name of a job and a line, from any thread.
        redactor: hides secrets.
    """

    def __init__(
        self, show: Callable[[str, str], object], redactor: Redactor | None = None
    ) -> None:
        self._show = show
        self._redactor = redactor
        self._followed: dict[str, _Followed] = {}
        self._lock = threading.RLock()

    def start(self, name: str, log: str) -> None:
        """Follow a log from now on."""
        self._followed[name] = _Followed(log, self._redactor)

    def poll(self) -> None:
        """Show what is new in all logs."""
        for name in list(self._followed):
            with self._lock:
                followed = self._followed.get(name)
                if followed is not None:
                    self._read(name, followed, _AT_ONCE)

    def finish(self, name: str) -> bool:
        """Show the rest of a log: its job is over.

        Returns:
            Whether it was followed.
        """
        with self._lock:
            followed = self._followed.pop(name, None)
            if followed is None:
                return False
            self._read(name, followed, None)
            for line in followed.lines.rest():
                self._show(name, line)
            return True

    def _read(self, name: str, followed: _Followed, pieces: int | None) -> None:
        while pieces != 0 and (data := followed.read()):
            for line in followed.lines.feed(data):
                self._show(name, line)
            pieces = None if pieces is None else pieces - 1


class _Followed:
    """One log, and how far it was read."""

    def __init__(self, log: str, redactor: Redactor | None) -> None:
        self.log = log
        self.at = 0
        self.lines = Lines(redactor)

    def read(self) -> bytes:
        """Return the next piece; nothing if there is none, or none that can be read."""
        try:
            if os.stat(self.log).st_size <= self.at:
                return b""
            with open(self.log, "rb", buffering=0) as file:
                file.seek(self.at)
                data = file.read(_PIECE)
        except OSError:
            return b""
        self.at += len(data)
        return data
