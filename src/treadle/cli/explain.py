"""`treadle explain JOB`: all about one job."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import click

from treadle.cli.arguments import complete_jobs
from treadle.cli.options import file_options, open_plan

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from treadle.report.explain import Part
    from treadle.report.terminal import Output


@click.command("explain", short_help="Say what a job needs and waits for, and if it would run.")
@file_options
@click.option("--json", "as_json", is_flag=True, help="Everything about it, for programs.")
@click.argument("job", metavar="JOB", shell_complete=complete_jobs)
def command(file: Path | None, job: str, *, as_json: bool) -> None:
    """Say what a job needs, who needs it, what it waits for, and whether it would run.

    JOB may be a pattern, a tag or the name of a matrix: then each of its jobs is told.
    """
    from treadle.report.describe import fields_of
    from treadle.report.explain import explain
    from treadle.report.terminal import Output, wants_colour
    from treadle.runner.last import read_last

    plan = open_plan(file)
    names = plan.find(job)
    out = Output(sys.stdout, colour=wants_colour("auto", sys.stdout, os.environ))
    if as_json:
        out.line(json.dumps([fields_of(plan.jobs[name]) for name in names], indent=2))
        return
    last = read_last(plan)
    for index, name in enumerate(names):
        if index:
            out.line()
        _show(out, explain(plan, name, os.environ, last.durations, set(last.bad)))


def _show(out: Output, parts: Iterable[Part]) -> None:
    for title, lines in parts:
        for index, line in enumerate(lines):
            first = f"{'' if index else title:11}"
            out.line(f"{out.paint(first, 'dim')} {line}")
