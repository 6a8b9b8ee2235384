"""What `treadle run` and `treadle resume` have in common: options, and how they run."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from treadle.cli.arguments import jobs_option
from treadle.cli.exitcodes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from treadle.report import Fact, View
    from treadle.report.redact import Redactor
    from treadle.runner import RunResult
    from treadle.workflow import Plan

_LIMITS = (
    jobs_option,
    click.option(
        "-k",
        "--keep-going",
        metavar="[N]",
        envvar="TREADLE_KEEP_GOING",
        type=click.IntRange(min=0),
        help="Start no more jobs after N failures; -k alone, or 0, goes on until nothing can run.  "
        "[default: the file's, or 1]",
    ),
    click.option(
        "-l",
        "--load",
        metavar="N",
        envvar="TREADLE_LOAD",
        type=click.FloatRange(min=0, min_open=True),
        help="Start nothing while the load of the machine is above N and a job runs.",
    ),
    click.option(
        "--deadline",
        metavar="SECONDS",
        envvar="TREADLE_RUN_DEADLINE",
        type=click.FloatRange(min=0, min_open=True),
        help="Stop the run after so many seconds.",
    ),
)
_SHOWN = (
    click.option("-q", "--quiet", is_flag=True, help="Show only what fails."),
    click.option("-v", "--verbose", is_flag=True, help="Show starts, and the output of all jobs."),
    click.option(
        "--output",
        envvar="TREADLE_OUTPUT_MODE",
        type=click.Choice(["failed", "group", "stream", "prefix"]),
        default="failed",
        show_default=True,
        help="Of the output of jobs, show the end of what failed; or each job's when it ends; or "
        "lines as they come, without or with the name of the job.",
    ),
    click.option(
        "--color",
        envvar="TREADLE_COLOR",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        help="Colour; auto obeys NO_COLOR and FORCE_COLOR.",
    ),
    click.option(
        "--progress",
        envvar="TREADLE_PROGRESS",
        type=click.Choice(["auto", "tty", "plain", "none"]),
        default="auto",
        help="An area that is redrawn, a line each minute, or nothing.",
    ),
    click.option("--json", is_flag=True, help="Facts as JSON Lines on stdout; the rest on stderr."),
)


def limits(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how much is run, and for how long."""
    return _with(_LIMITS, function)


def showing(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what is shown of a run."""
    return _with(_SHOWN, function)


def _with(
    options: Sequence[Callable[..., Any]], function: Callable[..., Any]
) -> Callable[..., Any]:
    for option in reversed(options):
        function = option(function)
    return function


def execute(
    plan: Plan,
    jobs: Sequence[str],
    *,
    tokens: int | None,
    keep_going: int | None,
    load: float | None,
    deadline: float | None,
    shuffle: int | None = None,
    resume: str | None = None,
    failed_again: bool = False,
    always: bool = False,
    **shown: Any,
) -> RunResult:
    """Run jobs, with a store, and show that as the options say.

    Raises:
        WorkflowError: something is wrong with what was asked for.
        StoreError: the store cannot be used.
    """
    from treadle import runner
    from treadle.report.views import make_views
    from treadle.runner.kept import store_of

    def views(redactor: Redactor) -> list[View]:
        shows = make_views(sys.stdout, sys.stderr, os.environ, redactor=redactor, **shown)
        return [_Collecting(), *shows]

    return runner.run(
        plan,
        targets=jobs,
        tokens=tokens,
        keep_going=next(n for n in (keep_going, plan.settings.keep_going, 1) if n is not None),
        deadline=deadline,
        load=load,
        shuffle=shuffle,
        views=views,
        store=store_of(plan),
        resume=resume,
        failed_again=failed_again,
        always=always,
    )


class _Collecting:
    """Lets Python look for garbage once the run begins: none is in what was known before."""

    def take(self, fact: Fact) -> None:
        """See `View`."""
        if not gc.isenabled() and fact.__class__.__name__ == "RunStarted":
            gc.freeze()
            gc.enable()


_CAUSES = {
    "deadline": ExitCode.DEADLINE,
    "stalled": ExitCode.STALLED,
    "store": ExitCode.STORE,
}


def exit_code(result: RunResult) -> ExitCode:
    """Return what the command exits with after a run."""
    if result.signum:
        return ExitCode(128 + result.signum)
    if result.cause:
        return _CAUSES[result.cause]
    return ExitCode.OK if result.success else ExitCode.FAILED
