"""What is said of a run as a whole, when it is over."""

from __future__ import annotations

import heapq
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from treadle.report.critical import CriticalPath, critical_path
from treadle.report.feed import (
    Fact,
    JobEnded,
    JobRetried,
    JobSkipped,
    JobsUnchanged,
    RunEnded,
    RunStarted,
)
from treadle.report.text import cut, number, safe, seconds, width

_SLOWEST = 5
_FEW_JOBS, _MANY_JOBS = 3, 10
_LONG = 5.0
_NAMED = 5


@dataclass(slots=True)
class Record:
    """What a view keeps of a run, to sum it up at the end.

    Attributes:
        seconds: for each job that ran, how long, with all its attempts; as they ended.
        failed: what failed or was stopped, and was not allowed to.
        retried: for each job that was run again, how its attempts ended that came to nothing.
        flaky: the jobs that have failed before they succeeded.
    """

    jobs: int = 0
    good: int = 0
    allowed: int = 0
    skipped: int = 0
    unwanted: int = 0
    unchanged: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    failed: list[JobEnded] = field(default_factory=list)
    retried: dict[str, list[JobRetried]] = field(default_factory=dict)
    flaky: list[str] = field(default_factory=list)
    needs: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """How many jobs are over."""
        ran = self.good + len(self.failed) + self.allowed
        return ran + self.skipped + self.unwanted + self.unchanged

    def take(self, fact: Fact) -> None:
        """Keep what matters of a fact."""
        match fact:
            case JobEnded():
                self._ended(fact)
            case JobSkipped(origin=""):
                self.unwanted += 1
            case JobSkipped():
                self.skipped += 1
            case JobsUnchanged():
                self.unchanged += len(fact.names)
            case JobRetried():
                self.retried.setdefault(fact.name, []).append(fact)
            case RunStarted():
                self.jobs, self.needs = fact.jobs, fact.needs

    def _ended(self, fact: JobEnded) -> None:
        # A job that only gathers others has no attempt. It is a link of chains all the same.
        self.seconds[fact.name] = fact.duration
        if fact.good:
            self.good += 1
        elif fact.allowed:
            self.allowed += 1
        else:
            self.failed.append(fact)
        if self.retried and fact.name in self.retried:
            before = self.retried[fact.name]
            self.seconds[fact.name] += sum(one.duration for one in before)
            # What was lost says nothing of the job.
            if fact.good and any(one.outcome != "lost" for one in before):
                self.flaky.append(fact.name)

    def failures(self) -> list[JobEnded]:
        """Return what failed by itself."""
        return [fact for fact in self.failed if fact.outcome != "interrupted"]

    def path(self) -> CriticalPath | None:
        """Return the critical path."""
        return critical_path(self.needs, self.seconds)

    def is_worth_more(self, fact: RunEnded) -> bool:
        """Tell whether there is more to say than one line: not of three quick jobs."""
        ran = len(self.seconds)
        return ran > _MANY_JOBS or (ran >= _FEW_JOBS and fact.duration > _LONG)


def counts(record: Record, fact: RunEnded) -> str:
    """Return how many jobs came to what."""
    failed = len(record.failures())
    numbers = (
        (failed, "failed"),
        (record.allowed, "failed and was allowed to" if record.allowed == 1 else
         "failed and were allowed to"),
        (len(record.failed) - failed, "stopped"),
        (record.skipped, "skipped"),
        (record.unwanted, "not wanted"),
        (record.unchanged, "unchanged"),
        (fact.left, "not started"),
        (len(record.retried), "retried"),
    )  # fmt: skip
    parts = [f"{count} {what}" for count, what in numbers if count]
    jobs = number(record.jobs, "job")
    return ", ".join([*parts, f"{record.good} ok of {jobs}"]) if parts else jobs


def verdict(record: Record, fact: RunEnded) -> tuple[str, str]:
    """Return in a word how a run ended, and the colour of that."""
    if fact.signum:
        return f"interrupted by {_signal_name(fact.signum)}", "red"
    if fact.cause:
        causes = {"deadline": "stopped at its deadline"}
        return causes.get(fact.cause, safe(fact.cause)), "red"
    return ("failed", "red") if record.failures() else ("done", "green")


def _signal_name(signum: int) -> str:
    try:
        return signal.Signals(signum).name
    except ValueError:
        return f"signal {signum}"


def figures(record: Record, fact: RunEnded, columns: int) -> Iterator[tuple[str, str]]:
    """Yield what is said of a longer run: a title, and its text."""
    work = sum(record.seconds.values())
    if fact.duration > 0:
        faster = work / fact.duration
        yield "work", f"{seconds(work)} in {seconds(fact.duration)}, speed-up {faster:.1f}"
    for index, (name, took) in enumerate(_slowest(record)):
        yield "" if index else "slowest jobs", f"{seconds(took):>6}  {cut(safe(name), columns - 8)}"
    path = record.path()
    if path is not None and len(path.jobs) > 1:
        share = f" ({path.duration / fact.duration:.0%} of the run)" if fact.duration > 0 else ""
        head = f"{seconds(path.duration)}{share}: "
        yield "critical path", head + shortened(path.jobs, columns - width(head))


def _slowest(record: Record) -> list[tuple[str, float]]:
    return heapq.nlargest(_SLOWEST, record.seconds.items(), key=lambda item: item[1])


def flaky(record: Record) -> Iterator[str]:
    """Yield a sentence about the jobs that passed only when they were run again."""
    if not record.flaky:
        return
    tries = [f"{safe(n)} ({len(record.retried[n]) + 1} attempts)" for n in record.flaky[:_NAMED]]
    more = f" and {len(record.flaky) - _NAMED} more" * (len(record.flaky) > _NAMED)
    yield f"{', '.join(tries)}{more}"


_ARROW = " → "


def shortened(names: Sequence[str], columns: int) -> str:
    """Return a chain of names that fits: both ends, and as much of the middle as there is room."""
    shown = [safe(name) for name in names]
    whole = _ARROW.join(shown)
    if width(whole) <= columns or len(shown) <= 2:
        return whole
    head, tail = [shown[0]], [shown[-1]]
    rest = shown[1:-1]
    used = width(shown[0]) + width(shown[-1]) + 2 * len(_ARROW)
    while len(rest) > 1:
        used += width(rest[-1]) + len(_ARROW)
        if used + len(f"… {len(rest) - 1} more …") > columns:
            break
        tail.insert(0, rest.pop())
    return _ARROW.join([*head, f"… {len(rest)} more …", *tail])
