"""How a run stands, or how it ended: what is shown of its record, and what programs get."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from treadle.report.history import run_fields
from treadle.report.logs import run_folder
from treadle.report.runs import RunState
from treadle.report.runwords import COLOURS, ago, counted, ended, outcome_of, targets_of, typical
from treadle.report.text import clock, cut, number, safe, seconds, width
from treadle.workflow.names import file_name

if TYPE_CHECKING:
    from pathlib import Path

    from treadle.report.columns import Cell, Part
    from treadle.store.records import End, Start

_NAMED = 10
_MAX_NAME = 60
_MAX_REASON = 120


def status_parts(
    state: RunState,
    folder: Path,
    now: float,
    expected: Mapping[str, float],
    selected: Sequence[str] = (),
) -> Iterator[Part]:
    """Yield what is known of a run; everything in it is safe to show.

    Args:
        state: of the run.
        folder: that of the workflow file.
        now: seconds since 1970.
        expected: seconds that jobs take, where that is known.
        selected: the jobs of the run, as the file has them now.
    """
    yield "run", list(_head(state, now))
    yield "jobs", [counted(state.counts(), state.jobs)]
    if asked := targets_of(state.record):
        yield "asked for", [asked]
    yield "running", list(_running(state, now, expected))
    yield "next try", _shortened([_retry(end, now) for end in _awaited(state)])
    yield from _rest(state, selected)
    yield "failed", _shortened([_failure(end, folder, state.record.name) for end in _bad(state)])
    yield "skipped", list(_skipped(state))
    if not state.alive:
        yield "cut short", list(_cut_short(state, folder))
        if state.record.is_cut_short:
            yield "go on", ["treadle resume"]


def _head(state: RunState, now: float) -> Iterator[Cell]:
    record, last = state.record, state.record.last
    name = safe(record.name)
    if state.alive:
        since = clock(now - last.began_at)
        who = f"by pid {last.pid} on {safe(last.host)}"
        yield f"{name}, running for {since}, {who}", "cyan"
    else:
        took = state.duration()
        time = f" after {seconds(took)}" if took is not None else ""
        over = last.end.at if last.end is not None else last.began_at
        when = f"{ago(over, now)}" if last.end is not None else f"begun {ago(over, now)}"
        yield f"{name}, {ended(record)}{time}, {when}", COLOURS.get(state.result, "red")
    if len(record.sessions) > 1:
        first = ago(record.sessions[0].began_at, now)
        times = number(len(record.sessions) - 1, "time")
        yield f"begun {first}, resumed {times}"
    if last.end is not None and last.end.detail:
        yield cut(safe(last.end.detail), _MAX_REASON * 2)


def _running(state: RunState, now: float, expected: Mapping[str, float]) -> Iterator[Cell]:
    running = list(state.running.values())
    names = max((width(_name(start.job)) for start in running[:_NAMED]), default=0)
    for start in running[:_NAMED]:
        name = _name(start.job)
        tries = f", attempt {start.attempt}" if start.attempt > 1 else ""
        about = typical(expected.get(start.job))
        yield f"{name}{' ' * (names - width(name))}  {clock(now - start.at):>5}{about}{tries}"
    if len(running) > _NAMED:
        yield f"and {len(running) - _NAMED} more"


def _name(job: str) -> str:
    return cut(safe(job), _MAX_NAME)


def _awaited(state: RunState) -> list[End]:
    """Return the attempts that failed and that another one follows."""
    over = state.ends.keys() | state.running.keys()
    return [end for job, end in state.retried.items() if job not in over] if state.alive else []


def _retry(end: End, now: float) -> str:
    wait = end.at + end.delay - now
    soon = f"in {clock(wait)}" if wait > 0 else "as soon as it can"
    return f"{_name(end.job)}: attempt {end.attempt + 1} {soon} ({outcome_of(end)})"


def _rest(state: RunState, selected: Sequence[str]) -> Iterator[Part]:
    begun = {*state.running, *(end.job for end in _awaited(state))} if state.alive else state.starts
    left = [_name(job) for job in selected if job not in state.ends and job not in begun]
    if left:
        more = f" and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
        yield "waiting" if state.alive else "not started", [f"{', '.join(left[:_NAMED])}{more}"]


def _bad(state: RunState) -> list[End]:
    return [*state.failures(), *state.of_kind("allowed")]


def _failure(end: End, folder: Path, run: str) -> str:
    path = log_of(folder, run, end.job, end.attempt)
    log = f"  {safe(os.path.relpath(path))}" if path.exists() else ""
    tries = f" (attempt {end.attempt})" if end.attempt > 1 else ""
    return f"{_name(end.job)}: {cut(outcome_of(end), _MAX_REASON)}{tries}{log}"


def _skipped(state: RunState) -> Iterator[str]:
    origins: dict[str, list[str]] = {}
    for end in state.of_kind("skipped"):
        origins.setdefault(end.origin, []).append(_name(end.job))
    for origin, names in list(origins.items())[:_NAMED]:
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        yield f"{', '.join(names[:_NAMED])}{more}: because of {_name(origin)}"


def _cut_short(state: RunState, folder: Path) -> Iterator[str]:
    stopped = [end.job for end in state.of_kind("failed") if end.outcome == "interrupted"]
    open_ = [start for start in state.open.values() if not _is_old(state, start)]
    yield from _shortened([f"{_name(job)}: was stopped" for job in stopped])
    lines = []
    for start in open_:
        path = log_of(folder, state.record.name, start.job, start.attempt)
        log = f"  {safe(os.path.relpath(path))}" if path.exists() else ""
        lines.append(f"{_name(start.job)}: it ran, and nobody saw it end{log}")
    yield from _shortened(lines)


def _is_old(state: RunState, start: Start) -> bool:
    return start.job in state.ends


def _shortened(lines: Sequence[str]) -> list[str]:
    more = [f"and {len(lines) - _NAMED} more"] if len(lines) > _NAMED else []
    return [*lines[:_NAMED], *more]


def log_of(folder: Path, run: str, job: str, attempt: int) -> Path:
    """Return where the log of an attempt is, if there is one."""
    return run_folder(folder, run) / f"{file_name(job)}.{attempt}.log"


def status_fields(
    state: RunState, folder: Path, expected: Mapping[str, float], selected: Sequence[str]
) -> dict[str, Any]:
    """Return what is known of a run, for programs; the arguments are those of `status_parts`."""
    run, over = state.record.name, state.ends.keys() | state.running.keys()
    return {
        **run_fields(state.record, state),
        "alive": state.alive,
        "pid": state.record.last.pid if state.alive else None,
        "host": state.record.last.host,
        "can_resume": not state.alive and state.record.is_cut_short,
        "running": [
            {
                "job": start.job,
                "attempt": start.attempt,
                "at": start.at,
                "expected": expected.get(start.job),
                "log": str(log_of(folder, run, start.job, start.attempt)),
            }
            for start in state.running.values()
        ],
        "failed": [_end_fields(end, folder, run) for end in _bad(state)],
        "skipped": [
            {"job": end.job, "need": end.need, "origin": end.origin}
            for end in state.of_kind("skipped")
        ],
        "left": [job for job in selected if job not in over],
        "kinds": dict(Counter(end.kind for end in state.ends.values())),
    }


def _end_fields(end: End, folder: Path, run: str) -> dict[str, Any]:
    return {
        "job": end.job,
        "attempt": end.attempt,
        "kind": end.kind,
        "outcome": end.outcome,
        "code": end.code,
        "detail": end.detail,
        "duration": end.duration,
        "log": str(log_of(folder, run, end.job, end.attempt)),
    }
