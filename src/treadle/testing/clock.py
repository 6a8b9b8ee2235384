"""Virtual time: it passes only when the scheduler waits, and then at once."""

from __future__ import annotations

import queue
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import TypeVar

T = TypeVar("T")

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class NothingWillHappen(AssertionError):  # noqa: N818 -- reads as what it says
    """The scheduler waits without a limit, and no event is planned: a real one would hang."""


class MockClock:
    """A clock for `Scheduler(clock=…)` that jumps from event to event.

    Whatever is to happen is planned with `call_at` or `call_later`. When the
    scheduler waits and no message is there, time jumps to the next planned event
    or to the end of the wait, whichever is first.

    Args:
        start: the first instant, in seconds.
    """

    def __init__(self, start: float = 0.0) -> None:
        self._now = start
        self._count = 0
        self._planned: list[tuple[float, int, Callable[[], object]]] = []

    def monotonic(self) -> float:
        """The virtual instant, in seconds."""
        return self._now

    def wall(self) -> datetime:
        """The virtual instant as a date, counted from the year 2000."""
        return _EPOCH + timedelta(seconds=self._now)

    def call_at(self, at: float, what: Callable[[], object]) -> None:
        """Plan a call; those for the same instant are made in the order of planning."""
        self._count += 1
        heappush(self._planned, (at, self._count, what))

    def call_later(self, seconds: float, what: Callable[[], object]) -> None:
        """Plan a call so many seconds from now."""
        self.call_at(self._now + seconds, what)

    def advance(self, seconds: float) -> None:
        """Let time pass, and with it what is planned."""
        end = self._now + seconds
        while self._planned and self._planned[0][0] <= end:
            self._step()
        self._now = end

    def _step(self) -> None:
        at, _, what = heappop(self._planned)
        self._now = max(self._now, at)
        what()

    def receive(self, inbox: queue.SimpleQueue[T], timeout: float | None) -> T:
        """Take the next message, jumping through time until there is one.

        Raises:
            queue.Empty: none came in time.
            NothingWillHappen: none will ever come.
        """
        end = None if timeout is None else self._now + max(timeout, 0.0)
        while inbox.empty():
            if not self._planned or (end is not None and self._planned[0][0] > end):
                if end is None:
                    raise NothingWillHappen("waiting without a limit for nothing")
                self._now = end
                break
            self._step()
        return inbox.get_nowait()
