"""`treadle run`: run jobs."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from treadle.cli.arguments import (
    TARGETS,
    WithOptionalValues,
    complete_jobs,
    jobs_option,
    seed_option,
)
from treadle.cli.exitcodes import ExitCode
from treadle.cli.options import file_options, open_plan

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from treadle.report import View
    from treadle.report.redact import Redactor
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
@jobs_option
@click.option(
    "-k",
    "--keep-going",
    metavar="[N]",
    envvar="TREADLE_KEEP_GOING",
    type=click.IntRange(min=0),
    help="Start no more jobs after N failures; -k alone, or 0, goes on until nothing can run.  "
    "[default: the file's, or 1]",
)
@click.option(
    "-n", "--dry-run", is_flag=True, help="Show what would run, in order, and run nothing."
)
@click.option(
    "-B",
    "--always",
    is_flag=True,
    help="Run every job, whatever is known of it: also those that 'when' leaves out.",
)
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
@click.option(
    "-l",
    "--load",
    metavar="N",
    envvar="TREADLE_LOAD",
    type=click.FloatRange(min=0, min_open=True),
    help="Start nothing while the load of the machine is above N and a job runs.",
)
@click.option(
    "--deadline",
    metavar="SECONDS",
    envvar="TREADLE_RUN_DEADLINE",
    type=click.FloatRange(min=0, min_open=True),
    help="Stop the run after so many seconds.",
)
@click.option("-q", "--quiet", is_flag=True, help="Show only what fails.")
@click.option("-v", "--verbose", is_flag=True, help="Show starts, and the output of all jobs.")
@click.option(
    "--output",
    envvar="TREADLE_OUTPUT_MODE",
    type=click.Choice(["failed", "group", "stream", "prefix"]),
    default="failed",
    show_default=True,
    help="Of the output of jobs, show the end of what failed; or each job's when it ends; or lines "
    "as they come, without or with the name of the job.",
)
@click.option(
    "--color",
    envvar="TREADLE_COLOR",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colour; auto obeys NO_COLOR and FORCE_COLOR.",
)
@click.option(
    "--progress",
    envvar="TREADLE_PROGRESS",
    type=click.Choice(["auto", "tty", "plain", "none"]),
    default="auto",
    help="An area that is redrawn, a line each minute, or nothing.",
)
@click.option("--json", is_flag=True, help="Facts as JSON Lines on stdout; the rest on stderr.")
@click.argument("jobs", metavar="[JOB]...", nargs=-1, shell_complete=complete_jobs)
def command(file: Path | None, jobs: tuple[str, ...], **options: Any) -> int:
    """Do what the help says."""
    plan = open_plan(file)
    if options.pop("always"):
        plan = _all_wanted(plan)
    if options.pop("failed"):
        jobs = tuple(_failed(plan, jobs))
        if not jobs:
            click.echo("nothing failed the last time", err=True)
            return ExitCode.OK
    if options.pop("dry_run"):
        _show_order(plan, plan.select(jobs))
        return ExitCode.OK
    return _exit_code(_repeated(plan, jobs, **options))


def _all_wanted(plan: Plan) -> Plan:
    from msgspec.structs import replace

    jobs = {name: replace(job, when=None) for name, job in plan.jobs.items()}
    return replace(plan, jobs=jobs)


def _failed(plan: Plan, said: Sequence[str]) -> list[str]:
    from treadle.runner.last import failed_last

    chosen = set(plan.select(said))
    return [name for name in failed_last(plan) if name in chosen]


def _repeated(
    plan: Plan, jobs: Sequence[str], *, until_failure: int | None, **options: Any
) -> RunResult:
    result = _run(plan, jobs, **options)
    for count in range(2, (until_failure or 1) + 1):
        if not result.success:
            break
        click.echo(f"\nrun {count}:", err=True)
        result = _run(plan, jobs, **options)
    return result


def _run(
    plan: Plan,
    jobs: Sequence[str],
    *,
    tokens: int | None,
    keep_going: int | None,
    load: float | None,
    deadline: float | None,
    shuffle: int | None,
    **shown: Any,
) -> RunResult:
    from treadle import runner
    from treadle.report.views import make_views

    def views(redactor: Redactor) -> list[View]:
        return make_views(sys.stdout, sys.stderr, os.environ, redactor=redactor, **shown)

    # From here on there is garbage, and none of it in what was there before.
    gc.freeze()
    gc.enable()
    return runner.run(
        plan,
        targets=jobs,
        tokens=tokens,
        keep_going=next(n for n in (keep_going, plan.settings.keep_going, 1) if n is not None),
        deadline=deadline,
        load=load,
        shuffle=shuffle,
        views=views,
    )


def _exit_code(result: RunResult) -> ExitCode:
    if result.signum:
        return ExitCode(128 + result.signum)
    if result.cause:
        return {"deadline": ExitCode.DEADLINE, "stalled": ExitCode.STALLED}[result.cause]
    return ExitCode.OK if result.success else ExitCode.FAILED


def _show_order(plan: Plan, chosen: list[str]) -> None:
    from treadle.report.describe import headline_of
    from treadle.report.terminal import Output
    from treadle.report.text import number, safe
    from treadle.workflow.graph import in_order

    out = Output(sys.stdout)
    order = in_order({name: plan.jobs[name].needs for name in chosen})
    for position, name in enumerate(order, 1):
        job = plan.jobs[name]
        run = headline_of(job)
        unmet = job.when.unmet({**os.environ, **job.env}, job.cwd) if job.when else ""
        place = f"[{position:{len(str(len(order)))}}/{len(order)}]"
        aside = f"  (not now: {safe(unmet)})" if unmet else ""
        out.line(f"{place} {safe(name)}" + (f": {safe(run)}" if run else "") + aside)
    out.line(f"dry run: {number(len(order), 'job')}, nothing was started")
