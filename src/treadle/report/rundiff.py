"""Two runs side by side: what ran in only one, what became good or bad, slower or faster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from treadle.report.columns import Column
from treadle.report.history import run_fields, seconds_of
from treadle.report.runs import RunState
from treadle.report.runwords import COLOURS, ago, counted, outcome_of
from treadle.report.text import cut, number, safe, seconds, width

if TYPE_CHECKING:
    from treadle.report.columns import Cell, Part
    from treadle.store.records import End

RUNS = (
    Column("run"), Column("began"), Column("took", right=True), Column("work", right=True),
    Column("result"), Column("jobs", gives=True),
)  # fmt: skip

RATIO = 1.2
"""What took longer by less than this, or than `LEAST` seconds, may have by chance."""

LEAST = 0.5

_FINE = frozenset(("good", "gathered", "unchanged", "allowed", "unwanted"))
_MAX_NAME = 50
_MAX_TEXT = 100


class Timed(NamedTuple):
    """A job that was good in both runs, and took another time."""

    job: str
    before: float
    after: float

    @property
    def lost(self) -> float:
        """Seconds that it took longer."""
        return self.after - self.before


class Difference(NamedTuple):
    """What is different between two runs, each in the order of the second one.

    Attributes:
        before: the first run.
        after: the second one.
        only_before: jobs that ran in the first only.
        only_after: jobs that ran in the second only.
        bad: jobs that were fine in the first, and are not.
        good: jobs that are fine now.
        slower: the greatest loss first.
        faster: the greatest gain first.
    """

    before: RunState
    after: RunState
    only_before: Sequence[str]
    only_after: Sequence[str]
    bad: Sequence[str]
    good: Sequence[str]
    slower: Sequence[Timed]
    faster: Sequence[Timed]


def difference(before: RunState, after: RunState) -> Difference:
    """Compare two runs."""
    ran_before = [job for job, end in before.ends.items() if end.attempt]
    ran_after = [job for job, end in after.ends.items() if end.attempt]
    both = [job for job in after.ends if job in before.ends]
    was_fine = {job: before.ends[job].kind in _FINE for job in both}
    is_fine = {job: after.ends[job].kind in _FINE for job in both}
    timed = [
        Timed(job, before.ends[job].duration, after.ends[job].duration)
        for job in both
        if before.ends[job].kind == after.ends[job].kind == "good"
    ]
    told = sorted(filter(_is_told, timed), key=lambda one: -one.lost)
    return Difference(
        before,
        after,
        _without(ran_before, ran_after),
        _without(ran_after, ran_before),
        [job for job in both if was_fine[job] and not is_fine[job]],
        [job for job in both if is_fine[job] and not was_fine[job]],
        [one for one in told if one.lost > 0],
        [one for one in reversed(told) if one.lost < 0],
    )


def _without(these: Sequence[str], those: Sequence[str]) -> list[str]:
    there = set(those)
    return [job for job in these if job not in there]


def _is_told(one: Timed) -> bool:
    less, more = sorted((one.before, one.after))
    return more - less > LEAST and more > RATIO * less


def diff_rows(runs: Sequence[RunState], now: float) -> Iterator[Sequence[Cell]]:
    """Yield what is shown of each run as a whole."""
    for state in runs:
        took = seconds_of(state.record)
        yield (
            safe(state.record.name),
            ago(state.record.sessions[0].began_at, now),
            seconds(took) if took is not None else "",
            seconds(state.spent),
            (state.result, COLOURS.get(state.result, "red")),
            counted(state.counts(), state.jobs),
        )


def diff_parts(found: Difference, most: int) -> Iterator[Part]:
    """Yield what is different between two runs; everything in it is safe to show.

    Args:
        found: the difference.
        most: lines of each kind.
    """
    before, after = found.before, found.after
    yield "went bad", _lines(found.bad, [_change(found, job) for job in found.bad], most)
    yield "went good", _lines(found.good, [_change(found, job) for job in found.good], most)
    yield "slower", _timed(found.slower, most)
    yield "faster", _timed(found.faster, most)
    only = [_cause(after, job) for job in found.only_after]
    yield "ran only now", _lines(found.only_after, only, most)
    then = [_now(after.ends.get(job)) for job in found.only_before]
    yield "ran only then", _lines(found.only_before, then, most)
    again = [
        job
        for job, start in after.starts.items()
        if start.why and job in before.starts and job in after.ends
    ]
    yield "ran again", _lines(again, [_cause(after, job) for job in again], most)


def _change(found: Difference, job: str) -> str:
    was, now = outcome_of(found.before.ends[job]), _came(found.after, job)
    return f"{was}, now {now}"


def _came(state: RunState, job: str) -> str:
    end = state.ends[job]
    because = f" because of {safe(end.origin)}" if end.kind == "skipped" and end.origin else ""
    return f"{outcome_of(end)}{because}"


def _cause(state: RunState, job: str) -> str:
    start = state.starts.get(job)
    return ", ".join(map(safe, start.why)) if start is not None and start.why else ""


def _now(end: End | None) -> str:
    return "not in this run" if end is None else f"now {outcome_of(end)}"


def _timed(these: Sequence[Timed], most: int) -> list[str]:
    texts = [
        f"{seconds(one.before)} → {seconds(one.after)}, "
        f"{'+' if one.lost > 0 else '-'}{seconds(abs(one.lost))}"
        for one in these
    ]
    return _lines([one.job for one in these], texts, most)


def _lines(jobs: Sequence[str], texts: Sequence[str], most: int) -> list[str]:
    """Return names and what stands beside them, below each other."""
    names = [cut(safe(job), _MAX_NAME) for job in jobs[:most]]
    room = max(map(width, names), default=0)
    lines = [
        f"{name}{' ' * (room - width(name))}  {cut(text, _MAX_TEXT)}".rstrip()
        for name, text in zip(names, texts, strict=False)
    ]
    if len(jobs) > most:
        lines.append(f"and {number(len(jobs) - most, 'more job')}: see --all")
    return lines


def diff_fields(found: Difference) -> dict[str, Any]:
    """Return what is different between two runs, for programs."""
    before, after = found.before, found.after
    return {
        "before": run_fields(before.record, before),
        "after": run_fields(after.record, after),
        "work": [before.spent, after.spent],
        "ran_only_before": list(found.only_before),
        "ran_only_after": [_why_fields(after, job) for job in found.only_after],
        "went_bad": list(found.bad),
        "went_good": list(found.good),
        "slower": [one._asdict() for one in found.slower],
        "faster": [one._asdict() for one in found.faster],
        "ran": [_why_fields(after, job) for job in after.starts],
    }


def _why_fields(state: RunState, job: str) -> dict[str, Any]:
    start = state.starts.get(job)
    return {"job": job, "why": list(start.why) if start is not None else []}
