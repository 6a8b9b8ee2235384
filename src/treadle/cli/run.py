"""`treadle run`: run jobs."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from treadle.cli.exitcodes import ExitCode
from treadle.cli.options import file_options, open_plan

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from treadle.report.terminal import Progress, When
    from treadle.runner import RunResult
    from treadle.workflow import Plan


def _tokens(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    number = None if value is None else parallel(value.strip())
    if value is not None and number is None:
        raise click.BadParameter(
            f"{value!r} is no number of jobs; give 4, 0 (no limit), auto, 50%, +1 or -1", ctx, param
        )
    return number


def parallel(text: str) -> int | None:
    """Work out `-j`: ``4``, ``auto``, ``50%``, and ``+1`` or ``-1`` relative to the processors."""
    from treadle.workflow.queues import usable_cpus

    digits = text.strip("+-%")
    if text == "auto":
        return usable_cpus()
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 9:
        return None
    if text == digits:
        return int(digits)
    if text == f"{digits}%":
        return max(1, usable_cpus() * int(digits) // 100)
    if text in (f"+{digits}", f"-{digits}"):
        return max(1, usable_cpus() + int(text))
    return None


_HELP = """\
Run all jobs, or the given ones with all they need.

JOB is a name, the name of a matrix for all its jobs, or a pattern with * and ?.

\b
  treadle run
  treadle run -j4 'test*'
"""


@click.command("run", help=_HELP, short_help="Run all jobs, or some with all they need.")
@file_options
@click.option(
    "-j",
    "--jobs",
    "tokens",
    metavar="N",
    callback=_tokens,
    help="Jobs at a time, over all queues, and tokens of the default queue. 4, auto, 50%, +1, -1 "
    "(of the processors); 0 is no limit.  [default: the file's, or one for each processor]",
)
@click.option(
    "-k",
    "--keep-going",
    metavar="N",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Start no more jobs after N failures; 0 goes on until nothing can run.",
)
@click.option(
    "-n", "--dry-run", is_flag=True, help="Show what would run, in order, and run nothing."
)
@click.option("-q", "--quiet", is_flag=True, help="Show only what fails.")
@click.option("-v", "--verbose", is_flag=True, help="Show starts, and the output of all jobs.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colour; auto obeys NO_COLOR and FORCE_COLOR.",
)
@click.option(
    "--progress",
    type=click.Choice(["auto", "tty", "plain", "none"]),
    default="auto",
    help="A line that is redrawn, a line each minute, or nothing.",
)
@click.argument("jobs", metavar="[JOB]...", nargs=-1)
def command(file: Path | None, jobs: tuple[str, ...], **options: Any) -> int:
    """Do what the help says."""
    plan = open_plan(file)
    if options["dry_run"]:
        _show_order(plan, plan.select(jobs))
        return ExitCode.OK
    result = _run(plan, jobs, **options)
    if result.signum:
        return ExitCode(128 + result.signum)
    return ExitCode.OK if result.success else ExitCode.FAILED


def _run(
    plan: Plan,
    jobs: Sequence[str],
    *,
    tokens: int | None,
    keep_going: int,
    color: When,
    progress: Progress,
    quiet: bool,
    verbose: bool,
    **_: object,
) -> RunResult:
    from treadle import runner
    from treadle.report.console import Console
    from treadle.report.live import Live
    from treadle.report.terminal import Output, wants_colour, wants_live_line

    out = Output(sys.stdout, colour=wants_colour(color, sys.stdout, os.environ))
    err = Output(sys.stderr, colour=wants_colour(color, sys.stderr, os.environ))
    if progress == "auto":
        progress = "tty" if wants_live_line("auto", sys.stderr, os.environ) else "plain"
    live = Live(err, "none" if quiet and progress == "plain" else progress)
    console = Console(out, live, verbose=verbose, quiet=quiet)
    # From here on there is garbage, and none of it in what was there before.
    gc.freeze()
    gc.enable()
    return runner.run(plan, targets=jobs, tokens=tokens, keep_going=keep_going, views=[console])


def _show_order(plan: Plan, chosen: list[str]) -> None:
    import shlex

    from treadle.report.terminal import Output
    from treadle.report.text import number, safe
    from treadle.workflow.graph import in_order

    out = Output(sys.stdout)
    order = in_order({name: plan.jobs[name].needs for name in chosen})
    for position, name in enumerate(order, 1):
        argv = plan.jobs[name].argv
        run = argv[2] if argv[:2] == ("/bin/sh", "-c") else shlex.join(argv)
        place = f"[{position:{len(str(len(order)))}}/{len(order)}]"
        out.line(f"{place} {safe(name)}" + (f": {safe(run)}" if run else ""))
    out.line(f"dry run: {number(len(order), 'job')}, nothing was started")
