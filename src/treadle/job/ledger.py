"""When what was noted is committed, and what waits for that.

Write-ahead: what follows from a fact (a job that needed this one is started, somebody is told)
waits until the fact is on the disk. A commit with a sync costs a quarter of a spawn, so facts
are committed together: at once where a job waits for one of them, else after `LAG`, or longer
where the disk is slow.

A commit that finds no room may be tried again: until then nothing more is started, what runs
goes on, and its ends are kept in memory. After any other failure nothing is tried again (after
a failed sync nobody knows what the disk has): the run is stopped, and nothing is recorded any
more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from treadle.clock import SYSTEM
from treadle.errors import StoreBusyError, StoreError, StoreFullError

LAG = 0.01
"""Seconds that a fact may wait for others, to be committed with them."""

SHARE = 20
"""So many times as long as a commit takes, a fact may wait instead, but not longer than `MOST`:
on a slow disk, too, a run is not to spend its time in commits."""

MOST = 0.1
"""Seconds."""

RETRY = 1.0
"""Seconds between two tries while there is no room."""

PATIENCE = 10.0
"""Seconds that room is waited for when nothing runs any more."""


class Commits(Protocol):
    """What commits; `treadle.store.writer.Writer` is such a thing."""

    def flush(self) -> None:
        """Commit what was noted.

        Raises:
            StoreFullError: there is no room now.
            StoreBusyError: it is locked now.
            StoreError: it cannot be done.
        """


class Ledger:
    """Knows what is to be committed, and when.

    Whoever notes a fact in the store calls `noted`. Whoever is about to do what follows from
    facts asks `is_recorded` first. `keep_up` is called each time before the run waits.

    Args:
        store: commits.
        now: the instant, in monotonic seconds.

    Attributes:
        due: the instant at which facts are to be committed; None if there are none.
        full: why that was not possible the last time, though it may be the next time.
        broken: why nothing is recorded any more.
    """

    def __init__(self, store: Commits, now: Callable[[], float] = SYSTEM.monotonic) -> None:
        self._store = store
        self._now = now
        self._full_since = 0.0
        self._lag = LAG
        self.due: float | None = None
        self.full: StoreError | None = None
        self.broken: StoreError | None = None

    def on_recorded(self) -> None:  # a hook, empty unless overridden
        """Called when all that was noted is recorded, or never will be."""

    def on_full(self, text: str) -> None:  # a hook, empty unless overridden
        """Called when there is no room and there was before; the text says so."""

    def noted(self) -> None:
        """Say that there is something to commit."""
        if self.due is None:
            self.due = self._now() + self._lag

    def flush(self) -> bool:
        """Commit what was noted; False if there is no room for it now.

        Raises:
            StoreError: it cannot be done, now or later.
        """
        if self.due is None:
            return True
        begin = self._now()
        try:
            self._store.flush()
            self._lag = min(max(LAG, SHARE * (self._now() - begin)), MOST)
        except (StoreFullError, StoreBusyError) as error:
            self._wait_for_room(error)
            return False
        except StoreError as error:
            self.give_up(error)
            raise
        self.due = self.full = None
        self.on_recorded()
        return True

    def _wait_for_room(self, error: StoreError) -> None:
        now = self._now()
        if self.full is None:
            self._full_since = now
            room = "there is room" if isinstance(error, StoreFullError) else "it is free"
            self.on_full(f"nothing more is started until {room}: {error}")
        self.full = error
        self.due = now + RETRY

    def is_recorded(self) -> bool:
        """Whether all that was noted is recorded; it is committed if it can be.

        While there is no room this is tried once in `RETRY` seconds, however often it is asked:
        the rest of the run is not to wait for a disk.

        Raises:
            StoreError: it cannot be done, now or later.
        """
        if self.due is None:
            return True
        return (self.full is None or self.due <= self._now()) and self.flush()

    def keep_up(self, *, idle: bool) -> None:
        """Commit what is due.

        Args:
            idle: nothing runs. Then room is not waited for for ever.

        Raises:
            StoreError: it cannot be done, now or later.
        """
        if self.due is not None and self.due <= self._now():
            self.flush()
        if idle:
            self.end_patience()

    def end_patience(self) -> None:
        """Give up if there has been no room for too long; to be called when nothing runs.

        Raises:
            StoreError: that is so.
        """
        if self.full is not None and self._now() - self._full_since > PATIENCE:
            error = self.full
            self.give_up(error)
            raise error

    def finish(self) -> None:
        """Commit what was noted when the run is over: there is no later.

        Raises:
            StoreError: that cannot be done, or something before could not.
        """
        if not self.flush() and self.full is not None:
            error = self.full
            self.give_up(error)
            raise error
        if self.broken is not None:
            raise self.broken

    def give_up(self, error: StoreError) -> None:
        """Record nothing more; what waits for it goes on all the same."""
        self.broken, self.due, self.full = error, None, None
        self.on_recorded()
