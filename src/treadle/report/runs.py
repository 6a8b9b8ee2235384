"""A run as it is recorded: what came of its jobs, what goes on in it, and how it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from treadle.store.records import SETTLED

if TYPE_CHECKING:
    from treadle.store.records import AttemptRecord, End, RunRecord, Start

Result: TypeAlias = Literal[
    "running", "killed", "interrupted", "deadline", "stalled", "store", "failed", "stopped", "done"
]
"""How a run stands, or ended, in a word."""


class Recorded(Protocol):
    """Where runs can be read; `treadle.store.Reader` is such a thing."""

    def starts(self, run: str) -> Iterable[Start]:
        """The beginnings of attempts, in the order in which they were recorded."""

    def ends(self, run: str) -> Iterable[End]:
        """The ends of attempts and jobs, in the order in which they were recorded."""

    def attempts(self, job: str, limit: int = 50) -> list[AttemptRecord]:
        """The attempts of a job, the newest first."""


@dataclass(slots=True)
class RunState:
    """What is recorded of a run.

    Attributes:
        record: the run.
        alive: whether it is under way now.
        starts: the last attempt that began, by job.
        ends: what came of each job, of which that is known.
        retried: of the others, the last attempt that came to nothing.
        tries: attempts that came to nothing, by job.
        spent: seconds that the attempts took that are over.
    """

    record: RunRecord
    alive: bool
    starts: dict[str, Start] = field(default_factory=dict)
    ends: dict[str, End] = field(default_factory=dict)
    retried: dict[str, End] = field(default_factory=dict)
    tries: Counter[str] = field(default_factory=Counter)
    spent: float = 0.0

    @property
    def open(self) -> dict[str, Start]:
        """The attempts whose end is not recorded: they run, or nobody saw them end."""
        return {job: start for job, start in self.starts.items() if not self._is_over(start)}

    def _is_over(self, start: Start) -> bool:
        ends = (self.ends.get(start.job), self.retried.get(start.job))
        return any(end is not None and end.attempt >= start.attempt for end in ends)

    @property
    def running(self) -> dict[str, Start]:
        """The attempts that run now, the one that began first first."""
        if not self.alive:
            return {}
        # What an earlier process of this run left behind is not running.
        since = self.record.last.began_at if len(self.record.sessions) > 1 else 0.0
        found = [start for start in self.open.values() if start.at >= since]
        return {start.job: start for start in sorted(found, key=lambda start: start.at)}

    @property
    def result(self) -> Result:
        """How it stands, or ended."""
        return result_of(self.record, alive=self.alive)

    @property
    def jobs(self) -> int:
        """How many jobs it has."""
        said = self.record.last.about.get("jobs")
        seen = len(self.ends.keys() | self.starts.keys())
        return max(said, seen) if isinstance(said, int) else seen

    def of_kind(self, *kinds: str) -> list[End]:
        """Return what came so, in the order recorded."""
        return [end for end in self.ends.values() if end.kind in kinds]

    def failures(self) -> list[End]:
        """Return the jobs that failed by themselves."""
        return [end for end in self.of_kind("failed") if end.outcome != "interrupted"]

    def counts(self) -> dict[str, int]:
        """Return how many jobs came to what; only what there is."""
        found = Counter(_word(end) for end in self.ends.values())
        begun = self.running if self.alive else self.starts.keys() - self.ends.keys()
        found["running" if self.alive else "cut short"] = len(begun)
        over = len(self.ends) + len(begun)
        found["waiting" if self.alive else "not started"] = max(0, self.jobs - over)
        return {word: count for word, count in found.items() if count}

    def duration(self) -> float | None:
        """Return the seconds that it took, over all processes; None if that is not known."""
        ends = [session.end for session in self.record.sessions]
        return None if None in ends else sum(end.duration for end in ends if end is not None)


def _word(end: End) -> str:
    if end.kind == "failed" and end.outcome == "interrupted":
        return "interrupted"
    return {"good": "ok", "gathered": "ok", "unwanted": "not wanted"}.get(end.kind, end.kind)


def state_of(store: Recorded, record: RunRecord, *, alive: bool) -> RunState:
    """Read what is recorded of a run.

    Raises:
        StoreError: it cannot be read.
    """
    state = RunState(record, alive)
    for start in store.starts(record.name):
        state.starts[start.job] = start
    for end in store.ends(record.name):
        state.spent += end.duration
        if end.kind in SETTLED:
            # Looked at again when the run was resumed: the later word counts, and comes last.
            state.ends.pop(end.job, None)
            state.ends[end.job] = end
        else:
            state.ends.pop(end.job, None)
            state.retried[end.job] = end
            state.tries[end.job] += 1
    for job, start in state.starts.items():
        last = state.ends.get(job)
        if last is not None and 0 < last.attempt < start.attempt:
            del state.ends[job]
    return state


def result_of(record: RunRecord, *, alive: bool) -> Result:
    """Return how a run stands, or ended."""
    end = record.last.end
    if end is None:
        return "running" if alive else "killed"
    if end.signum:
        return "interrupted"
    for cause in ("deadline", "stalled", "store"):
        if end.cause == cause:
            return cause
    if end.counts.get("failed"):
        return "failed"
    return "stopped" if end.counts.get("left") else "done"


def chain(state: RunState, job: str) -> Iterator[str]:
    """Yield the jobs from a skipped one back to the one where the trouble began."""
    seen: set[str] = set()
    while job not in seen:
        seen.add(job)
        yield job
        end = state.ends.get(job)
        if end is None or end.kind != "skipped":
            return
        job = end.need or end.origin or job
