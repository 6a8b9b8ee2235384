"""`treadle history`: what was run, and how it went."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from treadle.cli.options import file_options
from treadle.cli.records import complete_recorded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from treadle.report.runs import RunState
    from treadle.report.terminal import Output
    from treadle.store.reader import Reader
    from treadle.store.records import AttemptRecord, RunRecord

_SHOWN = 20
_HELP = """\
Show the last runs, or the last attempts of a job.

JOB is a name, the name of a matrix or a tag for all its jobs, or a pattern with * and ?. Of
several jobs each has one line; what became slower the most is first.

\b
  treadle history               the last runs
  treadle history compile       the attempts of a job: how long, how much memory, why
  treadle history 'test*'       which of these became slower, which fail
"""


@click.command("history", help=_HELP, short_help="Show the last runs, or the attempts of a job.")
@file_options
@click.option(
    "-n", "count", metavar="N", type=click.IntRange(min=1), default=_SHOWN, show_default=True,
    help="Of runs, or of the attempts of each job, the last N.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Everything about them, for programs.")
@click.argument("jobs", metavar="[JOB]...", nargs=-1, shell_complete=complete_recorded)
def command(file: Path | None, jobs: tuple[str, ...], count: int, *, as_json: bool) -> None:
    """Do what the help says."""
    from treadle.cli.records import attempts_by_job, find_jobs, place_of
    from treadle.report.columns import standard_output

    out = standard_output()
    place = place_of(file)
    with place.store.read() as reader:
        if not jobs:
            _runs(out, reader, count, as_json=as_json)
            return
        found = find_jobs(reader, place, jobs)
        attempts = attempts_by_job(reader, found, count)
        under_way = reader.holder()
    if as_json:
        from treadle.report.attempts import attempt_fields

        fields = [attempt_fields(one) for these in attempts.values() for one in these]
        out.line(json.dumps(fields, indent=2))
    elif len(found) == 1:
        _one_job(out, found[0], attempts[found[0]], under_way.run if under_way else "")
    else:
        _jobs(out, attempts)


def _runs(out: Output, reader: Reader, count: int, *, as_json: bool) -> None:
    from treadle.clock import SYSTEM
    from treadle.report.columns import show_table
    from treadle.report.history import RUNS, run_fields, run_row
    from treadle.report.runwords import label_of

    runs = reader.runs()
    shown = [(run, _state(reader, run)) for run in runs[:count]]
    if as_json:
        out.line(json.dumps([run_fields(run, state) for run, state in shown], indent=2))
        return
    if not runs:
        out.line("no run is recorded here yet; make one: treadle run")
        return
    now = SYSTEM.stamp()
    labelled = len({label_of(run) for run in runs}) > 1
    rows = [run_row(run, state, now, labelled=labelled) for run, state in shown]
    show_table(out, RUNS, rows)
    if len(runs) > len(shown):
        out.line(out.paint(f"… and {len(runs) - len(shown)} more, with -n {len(runs)}", "dim"))


def _state(reader: Reader, run: RunRecord) -> RunState | None:
    """Return the state of a run whose own end does not say enough."""
    from treadle.cli.records import read_state

    end = run.last.end
    return None if end is not None and not (end.signum or end.cause) else read_state(reader, run)


def _one_job(out: Output, job: str, attempts: Sequence[AttemptRecord], under_way: str) -> None:
    from treadle.clock import SYSTEM
    from treadle.report.attempts import ATTEMPTS, attempt_rows, trend_lines
    from treadle.report.columns import show_table
    from treadle.report.text import safe

    if not attempts:
        out.line(f"{safe(job)}: no attempt is recorded")
        return
    show_table(out, ATTEMPTS, attempt_rows(attempts, SYSTEM.stamp(), under_way))
    out.line()
    for line in trend_lines(attempts, bars=out.has_lines()):
        out.line(line)


def _jobs(out: Output, attempts: dict[str, list[AttemptRecord]]) -> None:
    from treadle.clock import SYSTEM
    from treadle.report.attempts import JOBS, job_row, slowed
    from treadle.report.columns import show_table
    from treadle.report.text import number

    now = SYSTEM.stamp()
    known = {job: these for job, these in attempts.items() if these}
    order = sorted(known, key=lambda job: -slowed(known[job]))
    show_table(out, JOBS, [job_row(job, known[job], now) for job in order])
    if len(known) < len(attempts):
        never = number(len(attempts) - len(known), "job")
        out.line(out.paint(f"{never} of {len(attempts)} never ran, as far as is recorded", "dim"))
