"""Limits on a job's output: how much, and how long none.

The output goes straight from the job to its file, so it is the file that is looked at,
a few times a second. A job may write some more in between: the limits are there to keep
a disk from filling and a dead job from waiting for ever, not to count bytes.
"""

from __future__ import annotations

import os

PERIOD = 0.25
"""Seconds between two looks; a quarter of the shortest idle limit, if that is less."""


class Watch:
    """Looks after the output of one attempt.

    Args:
        descriptor: the file that the output goes to; taken over.
        before: bytes that it held before the program wrote to it; they do not count.
        idle: seconds without output that are too many.
        cap: bytes that are too many; 0 for none.
        now: when it begins.
    """

    def __init__(self, descriptor: int, before: int, idle: float, cap: int, now: float) -> None:
        self.idle = idle
        self._cap = cap
        self._descriptor = descriptor
        self._before = self._size = before
        self._changed = now
        self._told = False

    def over(self, now: float) -> bytes:
        """Name the limit that the output is over, once; empty if it is over none."""
        size = self._measure()
        if size != self._size:
            self._size, self._changed = size, now
        if self._told:
            return b""
        found = b""
        if self._cap and size - self._before > self._cap:
            found = b"output"
        elif now - self._changed >= self.idle:
            found = b"idle"
        self._told = bool(found)
        return found

    def shift(self, seconds: float) -> None:
        """The job stood still for so long: that was no idleness."""
        self._changed += seconds

    def _measure(self) -> int:
        try:
            return os.fstat(self._descriptor).st_size
        except OSError:
            return self._size

    def close(self) -> None:
        """Let go of the file; what is over the limit is cut off."""
        try:
            if self._cap and self._measure() - self._before > self._cap:
                os.ftruncate(self._descriptor, self._before + self._cap)
        except OSError:
            # No file that can be cut: a pipe, or one that is not ours to change.
            return
        finally:
            os.close(self._descriptor)
