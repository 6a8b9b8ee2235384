"""A run as it is recorded: what came of its jobs, what goes on in it, and how it ended."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from treadle.report.text import cut, number, safe, seconds
from treadle.store.records import SETTLED

if TYPE_CHECKING:
    from treadle.store.records import AttemptRecord, End, RunRecord, Start

Result: TypeAlias = Literal[
    "running", "killed", "interrupted", "deadline", "stalled", "store", "failed", "stopped", "done"
]
"""How a run stands, or ended, in a word."""

COLOURS: Mapping[str, str] = {
    "running": "cyan",
    "done": "green",
    "ok": "green",
    "unchanged": "green",
    "retried": "yellow",
    "allowed": "yellow",
    "skipped": "yellow",
}
"""The colours of results; those of others are red."""

_DAY = 86_400
_MAX_TARGETS = 200


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


_ORDER = ("failed", "allowed", "interrupted", "cut short", "skipped", "not wanted", "unchanged",
          "running", "waiting", "not started")  # fmt: skip
_SAID = {"allowed": "failed and allowed to", "interrupted": "stopped"}


def counted(counts: Mapping[str, int], jobs: int) -> str:
    """Return how many jobs came to what, as the end of a run says it."""
    parts = [f"{counts[word]} {_SAID.get(word, word)}" for word in _ORDER if counts.get(word)]
    whole = number(jobs, "job")
    if not parts:
        return f"{whole} ok" if jobs else whole
    if counts.get("ok"):
        parts.append(f"{counts['ok']} ok")
    return f"{', '.join(parts)} of {whole}"


def ended(record: RunRecord) -> str:
    """Say how a run ended that is over."""
    end = record.last.end
    if end is None:
        return "killed before it ended"
    if end.signum:
        return f"interrupted by {signal_name(end.signum)}"
    causes = {"deadline": "stopped at its deadline", "stalled": "stalled",
              "store": "stopped: nothing more could be recorded"}  # fmt: skip
    if end.cause:
        return causes.get(end.cause, safe(end.cause))
    return result_of(record, alive=False)


def signal_name(signum: int) -> str:
    """Return the name of a signal."""
    try:
        return signal.Signals(signum).name
    except ValueError:
        return f"signal {signum}"


def targets_of(record: RunRecord) -> str:
    """Return what was asked for, as it was said; nothing for all jobs."""
    said = record.sessions[0].about.get("targets")
    texts = [safe(str(one)) for one in said] if isinstance(said, list | tuple) else []
    return cut(" ".join(texts), _MAX_TARGETS)


def ago(at: float, now: float) -> str:
    """Return an instant as people say it: ``12s ago``, ``3h ago``, and from a day on the date."""
    past = max(0.0, now - at)
    if past < 60:
        return f"{int(past)}s ago"
    if past < 3600:
        return f"{int(past // 60)}m ago"
    if past < _DAY:
        return f"{int(past // 3600)}h ago"
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def outcome_of(end: End | None, *, running: bool = False) -> str:
    """Return in words what came of an attempt, or of a job without one."""
    if end is None:
        return "running" if running else "not seen to end"
    if end.kind in ("good", "gathered"):
        return "ok"
    if end.kind in ("failed", "retried", "allowed"):
        why = safe(end.detail or end.outcome or "failed")
        return f"{why} (allowed)" if end.kind == "allowed" else why
    return "not wanted" if end.kind == "unwanted" else end.kind


def typical(duration: float | None) -> str:
    """Say how long something is expected to take; nothing if that is not known."""
    return "" if duration is None else f" of about {seconds(duration)}"


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
