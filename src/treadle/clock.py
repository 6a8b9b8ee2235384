"""The two clocks, and the one way to wait.

Durations and deadlines come from `monotonic`; wall time (`wall`) is a label for
people and is never subtracted. A scheduler waits only in `receive`, so that a
clock can also be a virtual one (`treadle.testing.MockClock`).
"""

from __future__ import annotations

import queue
import time
from datetime import UTC, datetime
from typing import Protocol, TypeVar

T = TypeVar("T")

# Longer waits are waits without end: some platforms refuse more than 292 years.
_LONGEST = 365 * 86_400.0


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

    def wall(self) -> datetime:
        """The date and time, in UTC."""
        return datetime.now(UTC)

    def receive(self, inbox: queue.SimpleQueue[T], timeout: float | None) -> T:
        """Take the next message, waiting for it `timeout` seconds at most."""
        if timeout is None or timeout > _LONGEST:
            return inbox.get()
        return inbox.get(timeout=max(timeout, 0.0))


SYSTEM = SystemClock()
