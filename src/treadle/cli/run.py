"""`treadle run`: run jobs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from treadle.cli.arguments import (
    TARGETS,
    WithOptionalValues,
    complete_jobs,
    seed_option,
)
from treadle.cli.dryrun import show_order
from treadle.cli.exitcodes import ExitCode
from treadle.cli.options import file_options, open_plan
from treadle.cli.running import execute, exit_code, limits, showing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from treadle.runner import RunResult
    from treadle.workflow import Plan

_HELP = f"""\
Run all jobs, or the given ones with all they need.

{TARGETS}

\b
  treadle run
  treadle run -j4 'test*'
  treadle run -k --failed        what failed the last time; go on after failures
  treadle run --json | jq .type  facts for programs

Each option may also be said in the environment, as TREADLE_JOBS=4; the option goes first,
then the environment, then the table [run] of the file.
"""


@click.command(
    "run",
    cls=WithOptionalValues,
    help=_HELP,
    short_help="Run all jobs, or some with all they need.",
)
@file_options
@limits
@click.option(
    "-n", "--dry-run", is_flag=True, help="Show what would run, in order, and run nothing."
)
@click.option(
    "-B",
    "--always",
    is_flag=True,
    help="Run every job, whatever is known of it: also those that 'when' leaves out.",
)
@click.option("--strict", is_flag=True, help="Take what is doubtful in the file for a mistake.")
@click.option("--failed", is_flag=True, help="Of the jobs, only those that failed the last time.")
@click.option(
    "--until-failure",
    metavar="[N]",
    type=click.IntRange(min=1),
    help="Run again and again until something fails, N times at most.",
)
@click.option(
    "--shuffle",
    metavar="[SEED]",
    envvar="TREADLE_SHUFFLE",
    callback=seed_option,
    help="Start ready jobs in a random order, which the seed repeats: it finds missing needs.",
)
@showing
@click.argument("jobs", metavar="[JOB]...", nargs=-1, shell_complete=complete_jobs)
def command(file: Path | None, jobs: tuple[str, ...], **options: Any) -> int:
    """Do what the help says."""
    plan = open_plan(file, keep=True)
    _doubt(plan, strict=options.pop("strict"))
    if options["always"]:
        plan = _all_wanted(plan)
    if options.pop("failed"):
        jobs = tuple(_failed(plan, jobs))
        if not jobs:
            click.echo("nothing failed the last time", err=True)
            return ExitCode.OK
    if options.pop("dry_run"):
        show_order(plan, plan.select(jobs), always=options["always"])
        return ExitCode.OK
    return exit_code(_repeated(plan, jobs, **options))


def _doubt(plan: Plan, *, strict: bool) -> None:
    """Warn of what is doubtful in the file.

    Raises:
        WorkflowError: it is to be taken for a mistake.
    """
    from treadle.workflow.saved import FEWEST_JOBS

    if not strict and len(plan.jobs) >= FEWEST_JOBS:
        # That takes a while, and is for `treadle check`.
        return
    from treadle.errors import WorkflowError
    from treadle.report.terminal import Output
    from treadle.report.text import safe
    from treadle.workflow.undeclared import doubts

    found = doubts(plan)
    if found and strict:
        raise WorkflowError(*found)
    for text in found:
        Output(sys.stderr).line(f"warning: {safe(text)}")


def _all_wanted(plan: Plan) -> Plan:
    from msgspec.structs import replace

    jobs = {name: replace(job, when=None) for name, job in plan.jobs.items()}
    return replace(plan, jobs=jobs)


def _failed(plan: Plan, said: Sequence[str]) -> list[str]:
    from treadle.runner.kept import store_of

    with store_of(plan).read() as store:
        bad = store.bad()
    chosen = set(plan.select(said))
    return [name for name in plan.jobs if name in bad and name in chosen]


def _repeated(
    plan: Plan, jobs: Sequence[str], *, until_failure: int | None, **options: Any
) -> RunResult:
    # What is run again for its failures is to run, whether anything changed or not.
    options["always"] = options["always"] or until_failure is not None
    result = execute(plan, jobs, **options)
    for count in range(2, (until_failure or 1) + 1):
        if not result.success:
            break
        click.echo(f"\nrun {count}:", err=True)
        result = execute(plan, jobs, **options)
    return result
