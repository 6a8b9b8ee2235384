"""From what a workflow says to the jobs that it means: matrix and needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from treadle.workflow import matrix
from treadle.workflow.family import Family
from treadle.workflow.graph import find_cycle
from treadle.workflow.model import MAX_EDGES, MAX_JOBS, JobSpec, Workflow
from treadle.workflow.names import Names, is_pattern
from treadle.workflow.plan import TERMINAL_QUEUE, Plan, PlannedJob
from treadle.workflow.words import Path, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path as Folder

    from treadle.workflow.origin import Mistakes


def expand(workflow: Workflow, folder: Folder, mistakes: Mistakes) -> Plan:
    """Work out every job of a workflow.

    Args:
        workflow: what the file says.
        folder: the folder that relative paths start from.
        mistakes: those found so far; more are added.

    Raises:
        WorkflowError: with every mistake that is found.
    """
    if TERMINAL_QUEUE in workflow.queues:
        what = f"queue {TERMINAL_QUEUE!r} is for jobs with 'terminal = true', and has one token"
        mistakes(("queues", TERMINAL_QUEUE), f"{what}; give yours another name")
    expansion = _Expansion(workflow, folder, mistakes)
    expansion.make_jobs()
    expansion.link_jobs()
    if cycle := find_cycle({job.name: job.needs for job in expansion.jobs.values()}):
        first = expansion.jobs[cycle[0]]
        circle = " -> ".join(repr(name) for name in cycle)
        mistakes(("job", first.family, "needs"), f"jobs need each other in a circle: {circle}")
    mistakes.stop()
    return Plan(
        jobs=expansion.jobs,
        families=expansion.families,
        queues=dict(workflow.queues),
        folder=folder,
        label=workflow.origin.label,
    )


class _Expansion:
    def __init__(self, workflow: Workflow, folder: Folder, mistakes: Mistakes) -> None:
        self.workflow = workflow
        self.folder = folder
        self.note = mistakes
        self.jobs: dict[str, PlannedJob] = {}
        self.families: dict[str, list[str]] = {}
        self.edges = 0

    def make_jobs(self) -> None:
        for base, spec in self.workflow.jobs.items():
            family = Family(base, spec, self.workflow, self.folder, self.note)
            family.check()
            rows = self.rows(base, spec)
            if spec.matrix:
                self.families[base] = []
            for row in rows:
                self.add(family.job(row))

    def rows(self, base: str, spec: JobSpec) -> Sequence[matrix.Row]:
        number = matrix.size(spec.matrix or {})
        if len(self.jobs) + number > MAX_JOBS:
            self.note(
                ("job", base, "matrix"),
                f"job {base!r} makes {len(self.jobs) + number} jobs; the limit is {MAX_JOBS}",
            )
            return []
        return matrix.rows(spec.matrix or {})

    def add(self, job: PlannedJob) -> None:
        if job.name in self.jobs:
            self.note(("job", job.family), f"there are two jobs named {job.name!r}")
        self.jobs[job.name] = job
        if job.family in self.families:
            self.families[job.family].append(job.name)

    def link_jobs(self) -> None:
        names = Names(self.jobs, self.families)
        for name, job in self.jobs.items():
            if job.needs:
                needs = self.needs(job, names)
                self.jobs[name] = replace(job, needs=tuple(dict.fromkeys(needs)))

    def needs(self, job: PlannedJob, names: Names) -> list[str]:
        path: Path = ("job", job.family, "needs")
        found: list[str] = []
        for index, said in enumerate(job.needs):
            meant = self.resolve(job, said, (*path, index), names)
            self.edges += len(meant)
            if self.edges > MAX_EDGES:
                self.note(path, f"the jobs have over {MAX_EDGES} needs; that is the limit")
                return found
            found += meant
        return found

    def resolve(self, job: PlannedJob, said: str, path: Path, names: Names) -> Sequence[str]:
        meant = names.find(said)
        if is_pattern(said) and said not in self.jobs:
            # A pattern never means the job that says it: 'all' may need "*".
            meant = [name for name in meant if name != job.name]
        elif job.name in meant:
            self.note(path, f"job {job.name!r} needs itself")
            return []
        if not meant:
            what = "which matches no job" if is_pattern(said) else "which does not exist"
            hint = nearest(said, names.known())
            self.note(path, f"job {job.name!r} needs {said!r}, {what}{hint}")
        return meant
