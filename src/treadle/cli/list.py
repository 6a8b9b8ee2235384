"""`treadle list`: which jobs are there?"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from typing import TYPE_CHECKING

import click

from treadle.cli.arguments import complete_jobs
from treadle.cli.exitcodes import ExitCode
from treadle.cli.options import file_options, find_plan, open_plan
from treadle.report.describe import fields_of
from treadle.report.terminal import Output, is_terminal, wants_colour
from treadle.report.text import cut, number, safe, width

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from treadle.workflow import Plan, PlannedJob

_MAX_NAME = 40
_MAX_NEEDS = 50
_MAX_OF_FAMILY = 3
_NO_LIMIT = 1_000_000


@click.command("list", short_help="List the jobs.")
@file_options
@click.option("-a", "--all", "everything", is_flag=True, help="Each job of a matrix by itself.")
@click.option("--json", "as_json", is_flag=True, help="Everything about each job, for programs.")
@click.argument("jobs", metavar="[JOB]...", nargs=-1, shell_complete=complete_jobs)
def command(file: Path | None, jobs: tuple[str, ...], *, everything: bool, as_json: bool) -> None:
    """List the jobs of the workflow file: names, tags, needs, descriptions.

    With JOBs, those and what they need, as `treadle run` would run them.
    """
    plan = open_plan(file)
    if jobs:
        plan = _part(plan, plan.select(jobs))
    if as_json:
        found = [fields_of(job) for job in plan.jobs.values()]
        Output(sys.stdout).line(json.dumps(found, indent=2))
    else:
        _show(plan, everything=everything)


def _part(plan: Plan, chosen: list[str]) -> Plan:
    from msgspec.structs import replace

    wanted = set(chosen)
    families = {
        family: kept
        for family, names in plan.families.items()
        if (kept := [name for name in names if name in wanted])
    }
    return replace(plan, jobs={name: plan.jobs[name] for name in chosen}, families=families)


def list_or_help(ctx: click.Context) -> int:
    """List the jobs if there is a workflow file, else show the help."""
    plan = find_plan(None)
    if plan is not None:
        _show(plan, everything=False)
        return ExitCode.OK
    out = Output(sys.stdout)
    out.line(ctx.get_help())
    out.line()
    out.line("There is no workflow file here yet. Make one: treadle init")
    return ExitCode.OK


def _show(plan: Plan, *, everything: bool) -> None:
    out = Output(sys.stdout, colour=wants_colour("auto", sys.stdout, os.environ))
    rows = list(_rows(plan, everything=everything))
    names = min(_MAX_NAME, max((width(name) for name, *_ in rows), default=0))
    needs = min(_MAX_NEEDS, max((width(text) for _, text, _ in rows), default=0))
    room = out.columns() - names - needs - 4 if is_terminal(sys.stdout) else _NO_LIMIT
    for name, text, description in rows:
        first = out.paint(_pad(name, names), "bold")
        middle = out.paint(_pad(text, needs), "dim")
        out.line(f"{first}  {middle}  {cut(description, max(10, room))}".rstrip())
    families = f" ({number(len(plan.jobs), 'job')} in all)" if len(rows) != len(plan.jobs) else ""
    out.line(f"\n{safe(plan.label)}: {number(len(rows), 'job')}{families}; run them: treadle run")


def _rows(plan: Plan, *, everything: bool) -> Iterator[tuple[str, str, str]]:
    seen: set[str] = set()
    for job in plan.jobs.values():
        family = plan.families.get(job.family)
        if family is None or everything:
            yield safe(job.name), _needs(plan, job.needs), _about(job)
        elif job.family not in seen:
            seen.add(job.family)
            together = {need for name in family for need in plan.jobs[name].needs}
            ordered = tuple(name for name in plan.jobs if name in together)
            name = f"{safe(job.family)}[…{len(family)}]"
            texts = {plan.jobs[one].description for one in family}
            yield name, _needs(plan, ordered), _about(job, ", …" if len(texts) > 1 else "")


def _about(job: PlannedJob, more: str = "") -> str:
    tags = f"[{', '.join(safe(tag) for tag in job.tags)}]" if job.tags else ""
    return f"{safe(job.description)}{more}  {tags}".strip()


def _needs(plan: Plan, needs: tuple[str, ...]) -> str:
    """Name the jobs that are needed; many of one matrix as ``name[…12]``."""
    families = Counter(plan.jobs[need].family for need in needs if need in plan.jobs)
    said: dict[str, None] = {}
    for need in needs:
        family = plan.jobs[need].family
        count, whole = families[family], len(plan.families.get(family, ()))
        if whole and count == whole:
            said[f"{family}[…]"] = None
        else:
            said[f"{family}[…{count}]" if whole and count > _MAX_OF_FAMILY else need] = None
    return cut(f"needs {', '.join(safe(name) for name in said)}", _MAX_NEEDS) if said else ""


def _pad(text: str, columns: int) -> str:
    return cut(text, columns) + " " * max(0, columns - width(cut(text, columns)))
