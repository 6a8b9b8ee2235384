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
@click.option("--strict", is_flag=True, help="Take what is doubtful for a mistake.")
def command(file: Path | None, *, strict: bool) -> None:
    """Check the workflow file and say every mistake at once.

    Nothing is run. The exit code is 2 if there are mistakes. What is doubtful is told, too: a job
    reads what another one makes, and does not need it; two jobs write to one place, in no order.
    """
    from treadle.errors import WorkflowError
    from treadle.report.terminal import Output
    from treadle.report.text import number, safe
    from treadle.workflow.undeclared import doubts

    plan = open_plan(file)
    found = doubts(plan)
    if found and strict:
        raise WorkflowError(*found)
    for text in found:
        Output(sys.stderr).line(f"warning: {safe(text)}")
    queues = {job.queue for job in plan.jobs.values()} | set(plan.queues)
    Output(sys.stdout).line(
        f"{safe(plan.label)}: {number(len(plan.jobs), 'job')}, "
        f"{number(len(queues), 'queue')}, no mistakes"
        + (f", {number(len(found), 'warning')}" if found else "")
    )
