"""`treadle graph`: the jobs and their needs, for drawing programs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from treadle.cli.options import file_options, open_plan

if TYPE_CHECKING:
    from pathlib import Path


_HELP = """\
Print the graph of all jobs, or of the given ones with all they need.

\b
  treadle graph | dot -Tsvg > jobs.svg
  treadle graph --format mermaid
"""


@click.command("graph", help=_HELP, short_help="Print the graph of the jobs.")
@file_options
@click.option(
    "--format",
    "kind",
    type=click.Choice(["dot", "mermaid"]),
    default="dot",
    show_default=True,
    help="Language of Graphviz, or of Mermaid.",
)
@click.argument("jobs", metavar="[JOB]...", nargs=-1)
def command(file: Path | None, kind: str, jobs: tuple[str, ...]) -> None:
    """Do what the help says."""
    from treadle.report.terminal import Output
    from treadle.workflow.graph import build_dag

    plan = open_plan(file)
    chosen = plan.select(jobs)
    dag = build_dag({name: plan.jobs[name].needs for name in chosen})
    text = dag.as_dot() if kind == "dot" else dag.as_mermaid()
    Output(sys.stdout).line(text.rstrip("\n"))
