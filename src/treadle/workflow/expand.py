"""From what a workflow says to the jobs that it means: defaults, matrix, needs."""

from __future__ import annotations

import math
from itertools import chain
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from treadle.errors import WorkflowError
from treadle.workflow import matrix
from treadle.workflow.graph import find_cycle, with_needs
from treadle.workflow.model import MAX_EDGES, MAX_JOBS, MAX_NAME, JobSpec, Workflow
from treadle.workflow.names import Names, is_pattern
from treadle.workflow.words import Path, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path as Folder

    from treadle.workflow.origin import Mistakes

DEFAULT_QUEUE = "default"
DEFAULT_GRACE = 5.0


class PlannedJob(Struct, frozen=True, kw_only=True):
    """One job, with nothing left to look up.

    `argv` is empty for a job that only gathers others. `tokens` may be more
    than the default queue has where that depends on the machine: see
    `treadle.runner`.
    """

    name: str
    family: str
    argv: tuple[str, ...]
    needs: tuple[str, ...]
    queue: str
    tokens: int
    priority: float
    timeout: float
    grace: float
    env: dict[str, str]
    cwd: Folder
    description: str


class Plan(Struct, frozen=True, kw_only=True):
    """All jobs of a workflow by name, in the order of the file."""

    jobs: dict[str, PlannedJob]
    families: dict[str, list[str]]
    queues: dict[str, int]
    folder: Folder
    label: str

    def names(self) -> Names:
        """Return the names that may select jobs."""
        return Names(self.jobs, self.families)

    def select(self, said: Sequence[str]) -> list[str]:
        """Return the jobs that names or patterns stand for, with all they need; all for none.

        Raises:
            WorkflowError: a name or pattern stands for no job.
        """
        if not said:
            return list(self.jobs)
        names = self.names()
        wanted = {one: names.find(one) for one in said}
        unknown = [one for one, meant in wanted.items() if not meant]
        if unknown:
            hints = [nearest(one, names.known()) for one in unknown]
            texts = zip(unknown, hints, strict=True)
            raise WorkflowError(*(f"{self.label}: no job {one!r}{hint}" for one, hint in texts))
        needs = {job.name: job.needs for job in self.jobs.values()}
        chosen = with_needs(needs, chain.from_iterable(wanted.values()))
        return [name for name in self.jobs if name in chosen]


def expand(workflow: Workflow, folder: Folder, mistakes: Mistakes) -> Plan:
    """Work out every job of a workflow.

    Args:
        workflow: what the file says.
        folder: the folder that relative paths start from.
        mistakes: those found so far; more are added.

    Raises:
        WorkflowError: with every mistake that is found.
    """
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
            path: Path = ("job", base)
            self.check(base, spec, path)
            rows = self.rows(base, spec, path)
            if spec.matrix:
                self.families[base] = []
            for row in rows:
                self.add(self.plan(base, spec, row, path), path)

    def check(self, base: str, spec: JobSpec, path: Path) -> None:
        if not base.strip():
            self.note(path, f"the name of a job is empty: {base!r}")
        if len(base) > MAX_NAME:
            self.note(path, f"a name of {len(base)} characters; the limit is {MAX_NAME}")
        if spec.run is None and not spec.needs and not self.note.touch(path):
            self.note(path, f"job {base!r} has neither 'run' nor 'needs'")
        if spec.run is not None and _is_empty(spec.run):
            self.note((*path, "run"), f"'run' of job {base!r} names no program")
        if spec.matrix is not None and not spec.matrix:
            self.note((*path, "matrix"), f"'matrix' of job {base!r} has no values")

    def rows(self, base: str, spec: JobSpec, path: Path) -> Sequence[matrix.Row]:
        number = matrix.size(spec.matrix or {})
        if len(self.jobs) + number > MAX_JOBS:
            self.note(
                (*path, "matrix"),
                f"job {base!r} makes {len(self.jobs) + number} jobs; the limit is {MAX_JOBS}",
            )
            return []
        return matrix.rows(spec.matrix or {})

    def add(self, job: PlannedJob, path: Path) -> None:
        if job.name in self.jobs:
            self.note(path, f"there are two jobs named {job.name!r}")
        self.jobs[job.name] = job
        if job.family in self.families:
            self.families[job.family].append(job.name)

    def plan(self, base: str, spec: JobSpec, row: matrix.Row, path: Path) -> PlannedJob:
        name = matrix.job_name(base, row) if row else base
        defaults = self.workflow.defaults
        queue = spec.queue or defaults.queue or DEFAULT_QUEUE
        tokens = spec.tokens or defaults.tokens or 1
        self.check_queue(base, queue, tokens, path)

        def fill(key: str, text: str, *, quoted: bool = False) -> str:
            def complain(what: str) -> None:
                self.note((*path, key), f"job {base!r} {what}")

            return matrix.fill(text, row, complain, quoted=quoted)

        env = {**self.workflow.env, **(defaults.env or {}), **(spec.env or {})}
        grace = _first(spec.grace, defaults.grace, DEFAULT_GRACE)
        return PlannedJob(
            name=name,
            family=base,
            argv=_argv(spec.run, fill),
            needs=tuple(fill("needs", need) for need in spec.needs or ()),
            queue=queue,
            tokens=tokens,
            priority=_first(spec.priority, defaults.priority, 0.0),
            timeout=_first(spec.timeout, defaults.timeout, math.inf),
            grace=grace,
            env={key: fill("env", str(value)) for key, value in env.items()},
            cwd=self.folder / fill("cwd", spec.cwd or defaults.cwd or "."),
            description=fill("description", spec.description or ""),
        )

    def check_queue(self, base: str, queue: str, tokens: int, path: Path) -> None:
        queues = self.workflow.queues
        if queue == DEFAULT_QUEUE and queue not in queues:
            return
        if self.note.touch(("queues", queue)):
            return
        if queue not in queues:
            known = nearest(queue, [*queues, DEFAULT_QUEUE])
            self.note(
                (*path, "queue"),
                f"job {base!r} waits in queue {queue!r}, which is not in [queues]{known}",
            )
        elif tokens > queues[queue]:
            self.note(
                (*path, "tokens"),
                f"job {base!r} asks for {tokens} tokens of queue {queue!r}, "
                f"which has {queues[queue]}",
            )

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


def _is_empty(run: str | list[str]) -> bool:
    return not run.strip() if isinstance(run, str) else not run or not run[0]


def _first(*values: float | None) -> float:
    return next(value for value in values if value is not None)


def _argv(run: str | list[str] | None, fill: Callable[..., str]) -> tuple[str, ...]:
    if run is None:
        return ()
    if isinstance(run, str):
        return ("/bin/sh", "-c", fill("run", run, quoted=True))
    return tuple(fill("run", argument) for argument in run)
