"""The two clocks, and the one way to wait.

Durations and deadlines come from `monotonic`; wall time (`wall`) is a label for
people and is never subtracted. A scheduler waits only in `receive`, so that a
clock can also be a virtual one (`treadle.testing.MockClock`).
"""

from __future__ import annotations

import math
import queue
import time
from datetime import UTC, datetime
from typing import Protocol, TypeVar

T = TypeVar("T")

_PIECE = 0.5  # seconds


class Clock(Protocol):
    """What a scheduler needs of time."""

    def monotonic(self) -> float:
        """Seconds from some fixed point; never goes back, ignores clock changes."""

    def wall(self) -> datetime:
        """The date and time, in UTC."""

    def receive(self, inbox: queue.SimpleQueue[T], timeout: float | None) -> T:
        """Take the next message; wait for it `timeout` seconds at most (None: as long as it takes).

        Raises:
            queue.Empty: none came in time.
        """


class SystemClock:
    """The machine's clocks. Monotonic time stands still while the machine sleeps."""

    monotonic = staticmethod(time.monotonic)
    stamp = staticmethod(time.time)
    """Seconds since 1970: a label that costs less to take than a date."""

    def wall(self) -> datetime:
        """The date and time, in UTC."""
        return datetime.now(UTC)

    def receive(self, inbox: queue.SimpleQueue[T], timeout: float | None) -> T:
        """Take the next message, waiting for it `timeout` seconds at most.

        The wait is cut into pieces: a signal that arrives in the instant between
        Python's last look and the kernel's wait is handled when the piece ends.
        """
        left = math.inf if timeout is None else timeout
        while left > _PIECE:
            try:
                return inbox.get(True, _PIECE)
            except queue.Empty:
                left -= _PIECE
        return inbox.get(timeout=max(left, 0.0))


SYSTEM = SystemClock()
