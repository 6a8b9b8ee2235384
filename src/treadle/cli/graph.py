"""`treadle graph`: the jobs and their needs, as a picture, a page, or text for programs."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from treadle.cli.options import file_options, open_plan
from treadle.report.graph import FORMATS, PICTURES, SUFFIXES

if TYPE_CHECKING:
    from treadle.workflow import Plan

MANY = 60
"""Jobs above which a picture shows a matrix as one node."""

_HELP = """\
Draw the graph of all jobs, or of the given ones with all they need.

TARGET is the name of a job, of a matrix or of a tag, or a pattern with * and ?.

\b
  treadle graph -o jobs.svg           a picture
  treadle graph -o jobs.html          a page: zoom, search, what each job does
  treadle graph --format mermaid      text for sites that draw it
  treadle graph | dot -Tpng > j.png   text for Graphviz
"""


@click.command("graph", help=_HELP, short_help="Draw the graph of the jobs.")
@file_options
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="What to write.  [default: as the name of FILE ends, else dot]",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write to FILE; - is standard output.",
)
@click.option(
    "--families/--all",
    "families",
    default=None,
    help=f"One node for each matrix, or for each job.  [default: a matrix is one node in "
    f"pictures (svg, html) of more than {MANY} jobs]",
)
@click.option(
    "--reduce/--no-reduce",
    "reduce",
    default=None,
    help="Leave out needs that follow from others.  [default: in pictures]",
)
@click.argument("targets", metavar="[TARGET]...", nargs=-1)
def command(
    file: Path | None,
    form: str | None,
    output: Path | None,
    families: bool | None,
    reduce: bool | None,
    targets: tuple[str, ...],
) -> None:
    """Do what the help says."""
    to_file = output if output is not None and str(output) != "-" else None
    form = form or (_form_of(to_file) if to_file else "dot")
    plan = open_plan(file)
    text = _drawn(plan, plan.select(targets), form, families, reduce)
    if to_file is None:
        _print(text, form)
    else:
        _write(to_file, text)


def _form_of(file: Path) -> str:
    form = SUFFIXES.get(file.suffix.lower())
    if form is None:
        ends = ", ".join(SUFFIXES)
        raise click.UsageError(
            f"the name of {str(file)!r} does not say what to write; let it end in one of {ends}, "
            "or give --format"
        )
    return form


def _drawn(
    plan: Plan, chosen: list[str], form: str, families: bool | None, reduce: bool | None
) -> str:
    from treadle.report.graph import render
    from treadle.report.graph.model import graph_of
    from treadle.report.redact import Redactor
    from treadle.runner.secrets import secrets_of

    picture = form in PICTURES
    graph = graph_of(
        plan,
        chosen,
        families=picture and len(chosen) > MANY if families is None else families,
        reduce=picture if reduce is None else reduce,
        redactor=Redactor(secrets_of(plan, chosen, os.environ)),
    )
    return render(graph, form)


def _print(text: str, form: str) -> None:
    from treadle.report.terminal import Output

    out = Output(sys.stdout)
    if form in PICTURES and not out.has_lines():
        # The stream has few characters; markup has references for all others.
        text = text.encode("ascii", "xmlcharrefreplace").decode()
    out.line(text.rstrip("\n"))


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text.rstrip("\n") + "\n", encoding="utf-8", errors="backslashreplace")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise click.UsageError(f"cannot write {str(file)!r}: {reason.lower()}") from None
