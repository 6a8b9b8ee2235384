"""The attempts of jobs over all runs: as tables, as data, and what they have in common."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from treadle.report.columns import Column
from treadle.report.runwords import COLOURS, ago, outcome_of
from treadle.report.text import number, safe, seconds, size

if TYPE_CHECKING:
    from treadle.report.columns import Cell
    from treadle.store.records import AttemptRecord, End

ATTEMPTS = (
    Column("run"), Column("try", right=True), Column("began"), Column("took", right=True),
    Column("waited", right=True), Column("cpu", right=True), Column("memory", right=True),
    Column("came to", gives=True), Column("on"), Column("ran because", gives=True),
)  # fmt: skip
JOBS = (
    Column("job", gives=True), Column("attempts", right=True), Column("failed", right=True),
    Column("median", right=True), Column("slowest", right=True), Column("last", right=True),
    Column("came to", gives=True), Column("began"),
)  # fmt: skip

_BARS = "▁▂▃▄▅▆▇█"
_MOST_BARS = 40
_WAITED = 0.05
"""Seconds of waiting that are worth a word."""

_NOTICED = 0.2
"""A last attempt that took longer than the median by this share is worth a word."""


def attempt_rows(
    attempts: Sequence[AttemptRecord], now: float, running: str = ""
) -> Iterator[Sequence[Cell]]:
    """Yield what is shown of attempts, a line for each.

    Args:
        attempts: the newest first.
        now: seconds since 1970.
        running: the run that is under way.
    """
    hosts = len({one.host for one in attempts}) > 1
    for one in attempts:
        start, end = one.start, one.end
        came = outcome_of(end, running=one.run == running)
        yield (
            safe(one.run),
            str(start.attempt),
            ago(start.at, now),
            seconds(end.duration) if end is not None else "",
            seconds(start.waited) if start.waited >= _WAITED else "",
            seconds(cpu) if (cpu := cpu_of(end)) is not None else "",
            size(end.max_rss) if end is not None and end.max_rss is not None else "",
            (came, _colour(end, came)),
            safe(one.host) if hosts else "",
            safe(", ".join(start.why)),
        )


def cpu_of(end: End | None) -> float | None:
    """Return the seconds of processor time of an attempt, if that is known."""
    if end is None or end.user is None or end.system is None:
        return None
    return end.user + end.system


def _colour(end: End | None, came: str) -> str:
    if end is None:
        return COLOURS.get(came, "yellow")
    return "green" if end.kind == "good" else COLOURS.get(end.kind, "red")


def attempt_fields(one: AttemptRecord) -> dict[str, Any]:
    """Return what is known of an attempt, for programs."""
    start, end = one.start, one.end
    return {
        "job": start.job,
        "run": one.run,
        "host": one.host,
        "attempt": start.attempt,
        "at": start.at,
        "waited": start.waited,
        "why": list(start.why),
        "fingerprint": start.fingerprint,
        "kind": end.kind if end is not None else None,
        "outcome": end.outcome if end is not None else None,
        "code": end.code if end is not None else None,
        "detail": end.detail if end is not None else "",
        "duration": end.duration if end is not None else None,
        "user": end.user if end is not None else None,
        "system": end.system if end is not None else None,
        "max_rss": end.max_rss if end is not None else None,
        "leaked": end.leaked if end is not None else 0,
    }


class Trend(NamedTuple):
    """What attempts have in common; seconds are those of good ones, None if there are none."""

    attempts: int
    good: int
    failed: int
    median: float | None
    slowest: float | None
    last: float | None


def trend_of(attempts: Sequence[AttemptRecord]) -> Trend:
    """Sum up attempts, the newest first; what was interrupted says nothing of the job."""
    ends = [one.end for one in attempts if one.end is not None]
    good = [end.duration for end in ends if end.kind == "good"]
    bad = [
        end
        for end in ends
        if end.kind in ("failed", "retried", "allowed")
        and end.outcome not in ("interrupted", "lost")
    ]
    if not good:
        return Trend(len(attempts), 0, len(bad), None, None, None)
    return Trend(
        len(attempts), len(good), len(bad), statistics.median(good), max(good), good[0]
    )  # fmt: skip


def trend_lines(attempts: Sequence[AttemptRecord], *, bars: bool) -> Iterator[str]:
    """Yield what can be said of attempts as a whole.

    Args:
        attempts: the newest first.
        bars: durations are drawn, too.
    """
    trend = trend_of(attempts)
    judged = trend.good + trend.failed
    rate = f", {trend.failed} failed ({trend.failed / judged:.0%})" if trend.failed else ""
    job = safe(attempts[0].start.job)
    yield f"{job}: {number(trend.attempts, 'attempt')}, {trend.good} ok{rate}"
    if trend.median is None or trend.slowest is None or trend.last is None or trend.good < 2:
        return
    more = trend.last / trend.median - 1 if trend.median else 0.0
    last = f", the last one {seconds(trend.last)}"
    if abs(more) > _NOTICED and trend.good > 2:
        last += f", {abs(more):.0%} {'slower' if more > 0 else 'faster'} than the median"
    yield f"median {seconds(trend.median)}, slowest {seconds(trend.slowest)}{last}"
    good = [one.end.duration for one in attempts if one.end and one.end.kind == "good"]
    if bars and len(good) > 2:
        yield f"{_drawn(good[:_MOST_BARS][::-1])} from old to new"


def _drawn(values: Sequence[float]) -> str:
    top = max(values) or 1.0
    return "".join(_BARS[min(len(_BARS) - 1, int(value / top * len(_BARS)))] for value in values)


def job_row(job: str, attempts: Sequence[AttemptRecord], now: float) -> Sequence[Cell]:
    """Return what is shown of all attempts of a job in one line."""
    trend, newest = trend_of(attempts), attempts[0]
    came = outcome_of(newest.end)
    times = (trend.median, trend.slowest, trend.last)
    return (
        safe(job),
        str(trend.attempts),
        str(trend.failed) if trend.failed else "",
        *(seconds(one) if one is not None else "" for one in times),
        (came, _colour(newest.end, came)),
        ago(newest.start.at, now),
    )


def slowed(attempts: Iterable[AttemptRecord]) -> float:
    """Return by how many seconds the last good attempt was slower than the median."""
    trend = trend_of(list(attempts))
    return 0.0 if trend.last is None or trend.median is None else trend.last - trend.median
