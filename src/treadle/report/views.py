"""The views that a command line asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TextIO

from treadle.report.console import Console
from treadle.report.live import Live
from treadle.report.marks import marks_for
from treadle.report.terminal import Output, Progress, When, wants_colour, wants_live_line

if TYPE_CHECKING:
    from treadle.report.feed import View
    from treadle.report.outputs import Wanted
    from treadle.report.redact import Redactor


def make_views(
    stdout: TextIO | None,
    stderr: TextIO | None,
    env: Mapping[str, str],
    *,
    color: When = "auto",
    progress: Progress = "auto",
    output: Wanted = "failed",
    quiet: bool = False,
    verbose: bool = False,
    json: bool = False,
    redactor: Redactor | None = None,
) -> list[View]:
    """Return the views of one run.

    Args:
        stdout: takes the lines; with `json`, JSON Lines.
        stderr: takes what shows that the run goes on; with `json`, the lines, too.
        env: says what a terminal can, and whether a service builds (NO_COLOR, FORCE_COLOR,
            CLICOLOR, CLICOLOR_FORCE, TERM, CI, GITHUB_ACTIONS, GITLAB_CI).
        color: when colours are used.
        progress: an area that is redrawn, a line each minute, or nothing.
        output: ``failed`` shows the end of the output of failed jobs, ``group`` all of each
            job when it ends, ``stream`` lines as they come, ``prefix`` the same with the
            name of the job before each.
        quiet: show only what failed.
        verbose: show starts, and with ``failed`` all output of all jobs.
        json: write the facts for programs; see `treadle.report.jsonl`.
        redactor: hides secrets in all that is shown.
    """
    views: list[View] = []
    people = stderr if json else stdout
    if json:
        from treadle.report.jsonl import JsonLines  # noqa: PLC0415 -- loads msgspec

        views.append(JsonLines(Output(stdout), redactor))
    out = Output(people, colour=wants_colour(color, people, env))
    err = Output(stderr, colour=wants_colour(color, stderr, env))
    live = Live(err, _mode(progress, stderr, env, quiet=quiet), redactor)
    marks = marks_for(env)
    views.append(
        Console(
            out,
            live,
            verbose=verbose,
            quiet=quiet,
            output=output,
            marks=marks,
            redactor=redactor,
        )
    )
    return views


def _mode(
    progress: Progress, stderr: TextIO | None, env: Mapping[str, str], *, quiet: bool
) -> Progress:
    if progress == "auto":
        progress = "tty" if wants_live_line("auto", stderr, env) else "plain"
    return "none" if quiet and progress == "plain" else progress
