"""From what a workflow says to the jobs that it means."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path as Folder
from typing import Any

from treadle.workflow.checks import check
from treadle.workflow.declaration import Declaration
from treadle.workflow.family import Family
from treadle.workflow.graph import find_cycle
from treadle.workflow.limits import MAX_COMPARED, MAX_JOBS, MAX_VARIABLES
from treadle.workflow.links import Links
from treadle.workflow.names import Names
from treadle.workflow.origin import Mistakes
from treadle.workflow.plan import (
    DEFAULT_KEEP_RUNS,
    TERMINAL_QUEUE,
    CacheSettings,
    Plan,
    PlannedJob,
    RunSettings,
)
from treadle.workflow.queues import jobs_at_a_time
from treadle.workflow.settings import finite, tokens_of
from treadle.workflow.sizes import bytes_of
from treadle.workflow.tables import CacheTable, RunTable
from treadle.workflow.units import Unit, units


def expand(said: Declaration, folder: Folder, mistakes: Mistakes) -> Plan:
    """Work out every job of a workflow.

    Args:
        said: what the file says.
        folder: the folder that relative paths start from.
        mistakes: those found so far; more are added.

    Raises:
        WorkflowError: with every mistake that is found.
    """
    expansion = _Expansion(list(units(said, folder, mistakes)), mistakes)
    expansion.make_jobs()
    names = Names(expansion.jobs, expansion.families, expansion.tags)
    Links(expansion.jobs, expansion.homes, names, mistakes).make()
    _check_circle(expansion)
    _check_outputs(expansion)
    mistakes.stop()
    return Plan(
        jobs=expansion.jobs,
        families=expansion.families,
        tags=expansion.tags,
        queues=expansion.queues,
        folder=folder,
        label=said.origin.label,
        name=said.name,
        settings=_settings(said.settings),
        keep_runs=said.store.keep_runs or DEFAULT_KEEP_RUNS,
        cache=None if said.cache is None else _cache(said.cache, folder),
    )


class _Expansion:
    def __init__(self, parts: list[Unit], mistakes: Mistakes) -> None:
        self.units = parts
        self.note = mistakes
        self.jobs: dict[str, PlannedJob] = {}
        self.families: dict[str, list[str]] = {}
        self.tags: dict[str, list[str]] = {}
        self.homes: dict[str, Family] = {}
        self.queues = self._all_queues()
        self.variables = 0
        self.characters = 0

    def _all_queues(self) -> dict[str, int | str]:
        """Put the queues of all files together: they stand for what the machine has."""
        found: dict[str, int | str] = {}
        for unit in self.units:
            for name, size in unit.said.queues.items():
                if name == TERMINAL_QUEUE:
                    what = f"queue {name!r} is for jobs with 'terminal = true', and has one token"
                    unit.note(("queues", name), f"{what}; give yours another name")
                elif found.setdefault(name, size) != size:
                    what = f"queue {name!r} has {size} tokens here and {found[name]} elsewhere"
                    unit.note(("queues", name), what)
        return {
            name: size if size in ("cpus", "memory") else tokens_of(size)
            for name, size in found.items()
        }

    def make_jobs(self) -> None:
        for unit in self.units:
            for base, spec in unit.said.jobs.items():
                family = Family(base, spec, unit)
                check(family, self.queues)
                self.homes[family.name] = family
                if self._fits(family):
                    self._add(family)

    def _fits(self, family: Family) -> bool:
        number = 1 if family.rows is None else family.rows.size()
        self.variables += family.variables(number)
        if self.variables > MAX_VARIABLES:
            family.note("env", f"the jobs have over {MAX_VARIABLES} variables; that is the limit")
        elif len(self.jobs) + number > MAX_JOBS:
            made = len(self.jobs) + number
            family.note("matrix", f"job {family.name!r} makes {made} jobs; the limit is {MAX_JOBS}")
        elif family.rows is not None and family.rows.comparisons() > MAX_COMPARED:
            what = f"takes {family.rows.comparisons()} comparisons for 'include' and 'exclude'"
            family.note("matrix", f"job {family.name!r} {what}; the limit is {MAX_COMPARED}")
        else:
            return True
        return False

    def _add(self, family: Family) -> None:
        family.characters = self.characters
        jobs = family.jobs()
        self.characters = family.characters
        for job in jobs:
            if job.name in self.jobs:
                family.unit.note(family.path, f"there are two jobs named {job.name!r}")
            self.jobs[job.name] = job
        if family.rows is not None:
            self.families[family.name] = [job.name for job in jobs]
        for tag in family.common["tags"]:
            for name in {tag, family.unit.prefix + tag}:
                self.tags.setdefault(name, []).extend(job.name for job in jobs)


def _check_circle(expansion: _Expansion) -> None:
    if cycle := find_cycle({job.name: job.needs for job in expansion.jobs.values()}):
        first = expansion.homes[expansion.jobs[cycle[0]].family]
        circle = " -> ".join(repr(name) for name in cycle)
        first.note("needs", f"jobs need each other in a circle: {circle}")


def _check_outputs(expansion: _Expansion) -> None:
    """Note files that two jobs make: nobody could say whose is there in the end."""
    makers: dict[str, str] = {}
    for path, name in _outputs(expansion.jobs):
        maker = makers.setdefault(path, name)
        if maker != name:
            expansion.homes[expansion.jobs[name].family].note(
                "outputs",
                f"jobs {maker!r} and {name!r} both make '{os.path.relpath(path)}'; "
                "one file has one job",
            )


def _outputs(jobs: dict[str, PlannedJob]) -> Iterator[tuple[str, str]]:
    for job in jobs.values():
        for path in job.outputs:
            whole = path if path.startswith("/") else f"{job.cwd}/{path}"
            yield os.path.normpath(whole), job.name


def _settings(run: RunTable) -> RunSettings:
    going = run.keep_going
    if isinstance(going, bool):
        going = 0 if going else 1
    jobs = run.jobs if run.jobs is None or isinstance(run.jobs, int) else jobs_at_a_time(run.jobs)
    return RunSettings(deadline=finite(run.deadline), keep_going=going, jobs=jobs)


def _cache(table: CacheTable, folder: Folder) -> CacheSettings:
    said: dict[str, Any] = {}
    if table.size is not None:
        said["size"] = bytes_of(table.size)
    if table.folder is not None:
        said["folder"] = folder / table.folder
    return CacheSettings(**said)
