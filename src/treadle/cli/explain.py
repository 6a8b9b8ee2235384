"""`treadle explain JOB`: all about one job."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from treadle.cli.arguments import complete_jobs
from treadle.cli.options import file_options, open_plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from treadle.report.explain import Found
    from treadle.report.prospects import Forecast
    from treadle.report.runs import RunState
    from treadle.store.records import AttemptRecord
    from treadle.workflow import Plan

_LOOKED_AT = 20

_HELP = """\
Say why a job ran, would run, waits, was skipped or was slow; and what it needs and takes.

While a run is under way: what it waits for, who holds what it waits for, and until when. JOB
may be a pattern, a tag or the name of a matrix: then each of its jobs is told.

\b
  treadle explain compile
  treadle explain --json 'test*' | jq '.[].would_run'
"""


class Known(NamedTuple):
    """What is recorded, and what follows from it.

    Attributes:
        state: of the last run; None before there is one.
        attempts: of the jobs that are asked for, the newest first.
        expected: seconds that jobs take, where that is known.
        forecasts: whether jobs would run.
    """

    state: RunState | None
    attempts: Mapping[str, Sequence[AttemptRecord]]
    expected: Mapping[str, float]
    forecasts: Mapping[str, Forecast]


@click.command("explain", help=_HELP, short_help="Say why a job ran, would run, waits or was slow.")
@file_options
@click.option("--json", "as_json", is_flag=True, help="Everything about it, for programs.")
@click.argument("job", metavar="JOB", shell_complete=complete_jobs)
def command(file: Path | None, job: str, *, as_json: bool) -> None:
    """Do what the help says."""
    from treadle.report.columns import show_parts, standard_output
    from treadle.report.explain import explain

    plan = open_plan(file)
    names = list(plan.find(job))
    known = _known(plan, names)
    out = standard_output()
    if as_json:
        out.line(json.dumps([_fields(plan, name, known) for name in names], indent=2))
        return
    for index, name in enumerate(names):
        if index:
            out.line()
        show_parts(out, explain(plan, name, _found(plan, name, known)))


def _known(plan: Plan, names: Sequence[str]) -> Known:
    from treadle.cli.records import attempts_by_job, read_state
    from treadle.runner.incremental.forecast import Outlook
    from treadle.runner.kept import store_of

    with store_of(plan).read() as reader:
        record = next(iter(reader.runs(1)), None)
        state = read_state(reader, record) if record is not None else None
        attempts = attempts_by_job(reader, names, _LOOKED_AT)
        expected = reader.durations()
        outlook = Outlook(plan, names, reader.products(), reader.files(), os.environ)
    return Known(state, attempts, expected, outlook.forecasts)


def _found(plan: Plan, name: str, known: Known) -> Found:
    from treadle.clock import SYSTEM
    from treadle.report.explain import Found
    from treadle.report.prospects import would_run
    from treadle.report.why import LastRun, last_time

    now = SYSTEM.stamp()
    state = known.state
    would = would_run(plan.jobs[name], known.forecasts[name])
    if state is None:
        return Found(would_run=would)
    recorded = LastRun(plan, state, known.expected, now)
    running = state.record.name if state.alive else ""
    return Found(
        list(recorded.now(name)),
        list(recorded.came(name)),
        list(last_time(known.attempts[name], plan.folder, now, running)),
        would,
    )


def _fields(plan: Plan, name: str, known: Known) -> dict[str, Any]:
    from treadle.report.attempts import attempt_fields
    from treadle.report.describe import fields_of
    from treadle.report.prospects import forecast_fields

    found = _found(plan, name, known)
    end = known.state.ends.get(name) if known.state is not None else None
    return {
        **fields_of(plan.jobs[name]),
        "would_run": forecast_fields(known.forecasts[name]),
        "now": list(found.now),
        "last_run": None
        if end is None
        else {"kind": end.kind, "need": end.need, "origin": end.origin, "detail": end.detail},
        "attempts": [attempt_fields(one) for one in known.attempts[name]],
        "expected": known.expected.get(name),
    }
