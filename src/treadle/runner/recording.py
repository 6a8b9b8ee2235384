"""The facts of a run on their way: into the store first, and only then to people.

When they are committed, and what else waits for that, is said in `treadle.job.ledger`. When
the store fails for good, the run is stopped, and what still ends is told without having been
recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from treadle.clock import SYSTEM
from treadle.job.ledger import Ledger
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


class Recording(Ledger):
    """Records facts, and passes them on when that is done.

    Args:
        store: keeps them.
        tell: takes them after that.

    Attributes:
        notes: what else is known of the attempts that are under way, by job.
        values: what jobs left for others, by job; those that are to be recorded.
        products: what jobs made, by job; those that are to be recorded.
    """

    def __init__(self, store: Keeps, tell: Callable[[Fact], object]) -> None:
        super().__init__(store)
        self._keeps = store
        self._tell = tell
        self._held: list[Fact] = []
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
        self.noted()
        if isinstance(fact, JobStarted) and fact.terminal:
            # It has no log that would show later that it was begun.
            self.flush()

    def relay(self, fact: Fact) -> None:
        """Pass on a fact that is recorded already, in its turn."""
        if self._held:
            self._held.append(fact)
        else:
            self._tell(fact)

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
        self._keeps.started(
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
        self._keeps.ended(end, values, product)

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
        self._keeps.ended(end)

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
        self._keeps.ended(end, self.values.pop(name, {}), self.products.pop(name, None))

    # -- commits -------------------------------------------------------------------------

    def on_full(self, text: str) -> None:
        """Tell that nothing is started; see `Ledger`."""
        self._tell(Remark(text))

    def on_recorded(self) -> None:
        """Tell what was held; see `Ledger`."""
        held, self._held = self._held, []
        for fact in held:
            self._tell(fact)


def _used(usage: Usage | None) -> tuple[float | None, float | None, int | None]:
    return (None, None, None) if usage is None else (usage.user, usage.system, usage.max_rss)
