"""The facts of a run on their way: into the store first, and only then to people.

Write-ahead: what follows from a fact (a job that needed this one is started, somebody is told)
waits until the fact is on the disk. A commit with a sync costs a quarter of a spawn, so facts
are committed together: at once where a job waits for one of them, else after `LAG`.

A commit that finds the disk full may be tried again: until then nothing more is started, what
runs goes on, and its ends are kept in memory. After any other failure nothing is tried again
(after a failed sync nobody knows what the disk has): the run is stopped, and what still ends
is told without having been recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from treadle.clock import SYSTEM
from treadle.errors import StoreError, StoreFullError
from treadle.report.feed import (
    Fact,
    JobEnded,
    JobRetried,
    JobSkipped,
    JobStarted,
    JobsUnchanged,
    Remark,
)
from treadle.store.records import End, Kind, Product, Start

if TYPE_CHECKING:
    from treadle.process.conditions import Usage

LAG = 0.01
"""Seconds that a fact may wait for others, to be committed with them."""

RETRY = 1.0
"""Seconds between two tries while the disk is full."""

PATIENCE = 10.0
"""Seconds that room on the disk is waited for when nothing runs any more."""


class Notes(Struct):
    """What is known of an attempt and is no part of the facts.

    Attributes:
        waited: seconds between being ready and its beginning.
        fingerprint: of the job; empty if there is none.
        theirs: its outputs that were there, and that no run made.
    """

    waited: float = 0.0
    fingerprint: str = ""
    theirs: Sequence[str] = ()


class Keeps(Protocol):
    """Where facts are kept; `treadle.store.Writer` is such a thing."""

    def started(self, start: Start) -> None:
        """Note the beginning of an attempt."""

    def ended(
        self, end: End, values: Mapping[str, str] = ..., product: Product | None = None
    ) -> None:
        """Note the end of one, or what came of a job without."""

    def flush(self) -> None:
        """Commit what was noted.

        Raises:
            StoreFullError: there is no room now.
            StoreError: it cannot be done.
        """


class Recording:
    """Records facts, and passes them on when that is done.

    Args:
        store: keeps them.
        tell: takes them after that.

    Attributes:
        due: the instant at which they are to be committed; None if there are none.
        full: why that was not possible the last time.
        broken: why nothing is recorded any more.
        notes: what else is known of the attempts that are under way, by job.
        values: what jobs left for others, by job; those that are to be recorded.
        products: what jobs made, by job; those that are to be recorded.
    """

    def __init__(self, store: Keeps, tell: Callable[[Fact], object]) -> None:
        self._store = store
        self._tell = tell
        self._held: list[Fact] = []
        self._full_since = 0.0
        self.due: float | None = None
        self.full: StoreFullError | None = None
        self.broken: StoreError | None = None
        self.notes: dict[str, Notes] = {}
        self.values: dict[str, Mapping[str, str]] = {}
        self.products: dict[str, Product] = {}

    # -- facts ---------------------------------------------------------------------------

    def take(self, fact: Fact) -> None:
        """Record a fact, and pass it on as soon as that is done.

        Raises:
            StoreError: it had to be done at once, and cannot be.
        """
        if self.broken is not None or not (self._record(fact) or self._held):
            self._tell(fact)
            return
        self._held.append(fact)
        if self.due is None:
            self.due = SYSTEM.monotonic() + LAG
        if isinstance(fact, JobStarted) and fact.terminal:
            # It has no log that would show later that it was begun.
            self.flush()

    def _record(self, fact: Fact) -> bool:
        """Note a fact; False if nothing of it is kept."""
        match fact:
            case JobStarted():
                self._started(fact)
            case JobEnded():
                self._ended(fact)
            case JobRetried():
                self._retried(fact)
            case JobSkipped():
                kind: Kind = "skipped" if fact.origin else "unwanted"
                self._over(fact.name, kind, detail=fact.why, need=fact.need, origin=fact.origin)
            case JobsUnchanged():
                self._unchanged(fact)
            case _:
                return False
        return True

    def _started(self, fact: JobStarted) -> None:
        notes = self.notes.get(fact.name) or Notes()
        self._store.started(
            Start(
                fact.name,
                fact.attempt,
                SYSTEM.stamp(),
                notes.waited,
                fact.slot,
                notes.fingerprint,
                fact.why,
                notes.theirs,
            )
        )

    def _ended(self, fact: JobEnded) -> None:
        notes = self.notes.pop(fact.name, None) or Notes()
        kind: Kind = "good" if fact.good else "allowed" if fact.allowed else "failed"
        end = End(
            fact.name,
            fact.attempt,
            kind if fact.attempt else "gathered",
            SYSTEM.stamp(),
            fact.duration,
            fact.outcome,
            fact.code,
            fact.detail,
            *_used(fact.usage),
            leaked=fact.leaked,
            fingerprint=notes.fingerprint,
        )
        values, product = self.values.pop(fact.name, {}), self.products.pop(fact.name, None)
        self._store.ended(end, values, product)

    def _retried(self, fact: JobRetried) -> None:
        end = End(
            fact.name,
            fact.attempt,
            "retried",
            SYSTEM.stamp(),
            fact.duration,
            fact.outcome,
            fact.code,
            fact.detail,
            *_used(fact.usage),
            delay=fact.delay,
            counted=fact.outcome != "lost",
        )
        self._store.ended(end)

    def _unchanged(self, fact: JobsUnchanged) -> None:
        detail = "restored from the cache" if fact.restored else ""
        for name in fact.names:
            self._over(name, "unchanged", detail=detail)

    def _over(
        self, name: str, kind: Kind, *, detail: str = "", need: str = "", origin: str = ""
    ) -> None:
        notes = self.notes.pop(name, None) or Notes()
        end = End(
            name,
            0,
            kind,
            SYSTEM.stamp(),
            detail=detail,
            need=need,
            origin=origin,
            fingerprint=notes.fingerprint,
        )
        self._store.ended(end, self.values.pop(name, {}), self.products.pop(name, None))

    # -- commits -------------------------------------------------------------------------

    def flush(self) -> bool:
        """Commit what is held, and pass it on; False if there is no room for it now.

        Raises:
            StoreError: it cannot be done, now or later.
        """
        if self.due is None:
            return True
        try:
            self._store.flush()
        except StoreFullError as error:
            self._wait_for_room(error)
            return False
        except StoreError as error:
            self.give_up(error)
            raise
        self.due = self.full = None
        self._deliver()
        return True

    def _wait_for_room(self, error: StoreFullError) -> None:
        now = SYSTEM.monotonic()
        if self.full is None:
            self._full_since = now
            self._tell(Remark(f"nothing more is started until there is room: {error}"))
        self.full = error
        self.due = now + RETRY

    def finish(self) -> None:
        """Commit what is held when the run is over: there is no later.

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
        """Record nothing more; what is held is passed on all the same."""
        self.broken, self.due, self.full = error, None, None
        self._deliver()

    def end_patience(self) -> None:
        """Give up if there has been no room for too long; to be called when nothing runs.

        Raises:
            StoreFullError: that is so.
        """
        if self.full is not None and SYSTEM.monotonic() - self._full_since > PATIENCE:
            error = self.full
            self.give_up(error)
            raise error

    def _deliver(self) -> None:
        held, self._held = self._held, []
        for fact in held:
            self._tell(fact)


def _used(usage: Usage | None) -> tuple[float | None, float | None, int | None]:
    return (None, None, None) if usage is None else (usage.user, usage.system, usage.max_rss)
