"""`treadle resume`: go on with a run that was cut short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from treadle.cli.arguments import WithOptionalValues
from treadle.cli.options import file_options, open_plan
from treadle.cli.running import execute, exit_code, limits, showing

if TYPE_CHECKING:
    from pathlib import Path


@click.command(
    "resume",
    cls=WithOptionalValues,
    short_help="Go on with a run that was killed or interrupted.",
)
@file_options
@limits
@click.option("--failed", "failed_again", is_flag=True, help="Run again what failed in it, too.")
@showing
@click.argument("run", metavar="[RUN]", default="")
def command(file: Path | None, run: str, **options: Any) -> int:
    """Go on with a run where it was: by default the last one.

    What has ended and was recorded stands, failures too. An attempt that nobody saw the end of
    is made again, with the next number; retries go on counting. A job that is not what it was
    when the run began (its command, its variables, its inputs) runs again.

    \b
      treadle resume
      treadle resume --failed
      treadle resume 20261122-205142
    """  # noqa: D301 -- click looks for the character, not for two
    from treadle.report.runnames import run_to_resume
    from treadle.runner.kept import store_of

    plan = open_plan(file, keep=True)
    with store_of(plan).read() as store:
        record = run_to_resume(store, run)
    about = record.sessions[0].about
    for name in ("tokens", "keep_going"):
        # As the run was begun, unless something else is said now.
        options[name] = about.get(name) if options[name] is None else options[name]
    return exit_code(execute(plan, (), resume=record.name, **options))
