"""`treadle flaky`: which jobs fail now and then."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from treadle.cli.options import file_options
from treadle.cli.records import complete_recorded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from treadle.store.reader import Reader
    from treadle.store.records import AttemptRecord, RunRecord

_HELP = """\
Show the jobs that both failed and succeeded, though nothing about them changed.

That is within one run, when they were run again; and, for jobs that declare inputs or outputs,
with the same command, variables and inputs in whatever runs. What was interrupted or lost does
not count. The one that fails most often is first.

\b
  treadle flaky
  treadle flaky -n 10 'test*'
"""


@click.command("flaky", help=_HELP, short_help="Show the jobs that fail now and then.")
@file_options
@click.option(
    "-n", "count", metavar="N", type=click.IntRange(min=1),
    help="Look at the last N runs.  [default: all that are kept]",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="The same for programs.")
@click.argument("jobs", metavar="[JOB]...", nargs=-1, shell_complete=complete_recorded)
def command(file: Path | None, jobs: tuple[str, ...], count: int | None, *, as_json: bool) -> None:
    """Do what the help says."""
    from treadle.cli.records import find_jobs, place_of
    from treadle.clock import SYSTEM
    from treadle.report.columns import show_table, standard_output
    from treadle.report.flaky import COLUMNS, find_flaky, flaky_fields, flaky_rows
    from treadle.report.text import number

    out = standard_output()
    place = place_of(file)
    with place.store.read() as reader:
        wanted = set(find_jobs(reader, place, jobs)) if jobs else None
        runs = reader.runs(count)
        found, judged = find_flaky(_attempts(reader, runs, wanted))
    if as_json:
        out.line(json.dumps(flaky_fields(found, judged), indent=2))
        return
    show_table(out, COLUMNS, flaky_rows(found, SYSTEM.stamp()))
    looked = f"{number(judged, 'attempt')} in {number(len(runs), 'run')}"
    if found:
        out.line(f"\n{number(len(found), 'job')} flaky, of {looked}")
    else:
        out.line(f"no job is flaky, of {looked}")


def _attempts(
    reader: Reader, runs: Sequence[RunRecord], wanted: set[str] | None
) -> Iterator[AttemptRecord]:
    for run in reversed(runs):
        for one in reader.attempts_of(run.name):
            if wanted is None or one.start.job in wanted:
                yield one
