"""`treadle check`: is the workflow file right?"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from treadle.cli.options import file_options, open_plan

if TYPE_CHECKING:
    from pathlib import Path


@click.command("check", short_help="Check the workflow file.")
@file_options
def command(file: Path | None) -> None:
    """Check the workflow file and say every mistake at once.

    Nothing is run. The exit code is 2 if there are mistakes.
    """
    from treadle.report.terminal import Output
    from treadle.report.text import number, safe

    plan = open_plan(file)
    queues = {job.queue for job in plan.jobs.values()} | set(plan.queues)
    Output(sys.stdout).line(
        f"{safe(plan.label)}: {number(len(plan.jobs), 'job')}, "
        f"{number(len(queues), 'queue')}, no mistakes"
    )
