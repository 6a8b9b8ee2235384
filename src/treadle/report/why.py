"""Why a job ran, waits, was skipped, or was slow: what is recorded of it, in words."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from treadle.report.attempts import cpu_of, trend_of
from treadle.report.runs import RunState, chain
from treadle.report.runwords import ago, outcome_of, typical
from treadle.report.status import log_of
from treadle.report.text import clock, cut, number, safe, seconds, size

if TYPE_CHECKING:
    from pathlib import Path

    from treadle.store.records import AttemptRecord, End, Start
    from treadle.workflow import Plan, PlannedJob

_NAMED = 5
_MAX_REASON = 160
_SLOW = 1.2
_LEAST = 0.5


class LastRun:
    """What is recorded of the last run, as far as it is about one job.

    Args:
        plan: the jobs.
        state: of the last run.
        expected: seconds that jobs take, where that is known.
        now: seconds since 1970.
    """

    def __init__(
        self, plan: Plan, state: RunState, expected: Mapping[str, float], now: float
    ) -> None:
        self._plan = plan
        self._state = state
        self._expected = expected
        self._now = now
        self._folder: Path = plan.folder
        self._running = state.running

    def now(self, name: str) -> Iterator[str]:
        """Yield how a job stands in the run that is under way; nothing if it is over there."""
        state = self._state
        if not state.alive or name in state.ends:
            return
        if name in self._running:
            yield self._runs(self._running[name])
        elif name in state.retried:
            end = state.retried[name]
            wait = max(0.0, end.at + end.delay - self._now)
            yield f"attempt {end.attempt} failed ({outcome_of(end)}); again in {clock(wait)}"
        else:
            yield from self._waits(self._plan.jobs[name])

    def _runs(self, start: Start) -> str:
        tries = f", attempt {start.attempt}" if start.attempt > 1 else ""
        about = typical(self._expected.get(start.job))
        log = log_of(self._folder, self._state.record.name, start.job, start.attempt)
        return f"it runs, for {clock(self._now - start.at)}{about}{tries}: {_path(log)}"

    # -- why it waits --------------------------------------------------------------------

    def _waits(self, job: PlannedJob) -> Iterator[str]:
        open_ = [need for need in job.needs if need not in self._state.ends]
        if open_:
            for need in open_[:_NAMED]:
                yield f"it waits for {safe(need)}, {self._does(need)}"
            if len(open_) > _NAMED:
                yield f"and for {len(open_) - _NAMED} more"
            return
        queues = list(self._queues(job))
        yield from queues or [f"all that it needs is over; {self._held_back()}"]

    def _does(self, name: str) -> str:
        if name in self._running:
            start = self._running[name]
            return (
                f"which runs for {clock(self._now - start.at)}{typical(self._expected.get(name))}"
            )
        if name in self._state.retried:
            return "which failed and is run again"
        root = self._root(name)
        return f"which waits for {safe(root)}" if root else "which has not begun"

    def _root(self, name: str) -> str:
        """Return the job that runs, on the way back from one that waits; nothing for none."""
        seen, ahead = {name}, [name]
        while ahead:
            job = self._plan.jobs.get(ahead.pop())
            for need in job.needs if job is not None else ():
                if need in self._running:
                    return need
                if need not in seen and need not in self._state.ends:
                    seen.add(need)
                    ahead.append(need)
        return ""

    def _queues(self, job: PlannedJob) -> Iterator[str]:
        """Yield for each queue without enough tokens who holds them, and until when."""
        sizes = self._state.record.last.about.get("queues")
        if not isinstance(sizes, Mapping):
            return
        for queue, tokens in _asked(job).items():
            size_ = sizes.get(queue, 0)
            holders = {
                name: min(held, size_)
                for name in self._running
                if (held := _asked(self._plan.jobs.get(name)).get(queue, 0))
            }
            free = size_ - sum(holders.values())
            if free < min(tokens, size_):
                want = number(tokens, "token")
                yield f"it waits for {want} of {safe(queue)}; {free:g} of {size_:g} free"
                yield from self._holders(holders)

    def _holders(self, holders: Mapping[str, float]) -> Iterator[str]:
        for name in list(holders)[:_NAMED]:
            since = self._now - self._running[name].at
            known = self._expected.get(name)
            rest = f", about {clock(max(0.0, known - since))} more" if known is not None else ""
            held = number(int(holders[name]), "token")
            yield f"  {safe(name)} has {held}, for {clock(since)}{rest}"
        if len(holders) > _NAMED:
            yield f"  and {len(holders) - _NAMED} more"

    def _held_back(self) -> str:
        if self._state.failures():
            return "something has failed, and without -k nothing more is started"
        return "it is started as soon as it is its turn"

    # -- what came of it -----------------------------------------------------------------

    def came(self, name: str) -> Iterator[str]:
        """Yield what came of a job in the last run, if it had no attempt there."""
        end = self._state.ends.get(name)
        if end is None or end.attempt:
            return
        run = safe(self._state.record.name)
        if end.kind == "skipped":
            yield f"skipped in {run}: {self._chain(name)}"
            yield from self._origin(end)
        elif end.kind == "unchanged":
            detail = f" ({safe(end.detail)})" if end.detail else ""
            yield f"did not run in {run}: nothing had changed{detail}"
        elif end.kind == "unwanted":
            yield f"not wanted in {run}: {safe(end.detail or 'nothing failed that it follows')}"

    def _chain(self, name: str) -> str:
        links = list(chain(self._state, name))[1:]
        shown = [safe(link) for link in links[:_NAMED]]
        if len(links) > _NAMED:
            shown[-1:] = [f"… {len(links) - _NAMED} more …", safe(links[-1])]
        return f"it needs {', which needs '.join(shown)}"

    def _origin(self, end: End) -> Iterator[str]:
        origin = self._state.ends.get(end.origin)
        if origin is None:
            return
        log = log_of(self._folder, self._state.record.name, origin.job, origin.attempt)
        shown = f"; {_path(log)}" if log.exists() else ""
        why = cut(outcome_of(origin), _MAX_REASON)
        yield f"{safe(origin.job)} failed: {why}{shown}"


def _asked(job: PlannedJob | None) -> dict[str, int]:
    return {} if job is None else {job.queue: job.tokens, **job.further}


def _path(path: Path) -> str:
    return safe(os.path.relpath(path))


def last_time(
    attempts: Sequence[AttemptRecord], folder: Path, now: float, running: str = ""
) -> Iterator[str]:
    """Yield when a job ran last, why, what came of it, and whether it was slow.

    Args:
        attempts: the newest first.
        folder: that of the workflow file.
        now: seconds since 1970.
        running: the run that is under way.
    """
    over = [one for one in attempts if one.end is not None or one.run != running]
    if not over:
        return
    newest, end = over[0], over[0].end
    start = newest.start
    tries = f", attempt {start.attempt}" if start.attempt > 1 else ""
    took = f" after {seconds(end.duration)}" if end is not None else ""
    yield (
        f"{ago(start.at, now)} in {safe(newest.run)}{tries}: "
        f"{cut(outcome_of(end), _MAX_REASON)}{took}"
    )
    if start.why:
        yield f"it ran because {', '.join(map(safe, start.why))}"
    used = _used(newest)
    if used:
        yield used
    yield from _slow(over)
    log = log_of(folder, newest.run, start.job, start.attempt)
    if log.exists():
        yield _path(log)


def _used(one: AttemptRecord) -> str:
    end = one.end
    cpu = cpu_of(end)
    parts = []
    if one.start.waited >= 0.05:
        parts.append(f"waited {seconds(one.start.waited)} for its turn")
    if cpu is not None:
        parts.append(f"used {seconds(cpu)} of processor time")
    if end is not None and end.max_rss is not None:
        parts.append(f"{size(end.max_rss)} of memory")
    return ", ".join(parts)


def _slow(attempts: Sequence[AttemptRecord]) -> Iterator[str]:
    """Yield how the last good attempt compares with those before it."""
    trend = trend_of(attempts)
    if trend.median is None or trend.last is None or trend.slowest is None or trend.good < 2:
        return
    usual = f"usually {seconds(trend.median)}, {seconds(trend.slowest)} at most, "
    usual += f"of {trend.good} good attempts"
    if trend.last > _SLOW * trend.median and trend.last - trend.median > _LEAST:
        cause = _cause(attempts)
        yield f"slow: {seconds(trend.last)}, {usual}{cause}"
    else:
        yield usual


def _cause(attempts: Sequence[AttemptRecord]) -> str:
    """Say what a slow attempt spent its time with, if its processor time tells."""
    good = [one for one in attempts if one.end is not None and one.end.kind == "good"]
    now, before = cpu_of(good[0].end), cpu_of(good[1].end)
    if now is None or before is None or good[0].end is None or good[1].end is None:
        return ""
    more = good[0].end.duration - good[1].end.duration
    if more <= 0:
        return ""
    return "; it computed more" if now - before > more / 2 else "; it waited, and computed no more"
