"""What the commands share that ask what is recorded: where it is, and names of runs and jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from click.shell_completion import CompletionItem

from treadle.errors import TreadleError, WorkflowError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import click

    from treadle.report.runs import RunState
    from treadle.store import Store
    from treadle.store.reader import Reader
    from treadle.store.records import AttemptRecord, RunRecord
    from treadle.workflow import Plan

_COMPLETED = 50
_FEW = 4


class Place(NamedTuple):
    """Where runs are recorded.

    Attributes:
        file: the workflow file; it is not read, and may have mistakes.
    """

    file: Path

    @property
    def folder(self) -> Path:
        """The folder of the file."""
        return self.file.parent

    @property
    def store(self) -> Store:
        """What is kept of its runs."""
        from treadle.store.store import store_beside

        return store_beside(self.folder)

    def plan(self) -> Plan | None:
        """Return the jobs of the file; None if it has mistakes."""
        from treadle.workflow import load_plan

        try:
            return load_plan(self.file)
        except TreadleError:
            return None


def place_of(file: Path | None) -> Place:
    """Return where the runs of a workflow file are recorded.

    Args:
        file: as it was given; None for the one that is found.

    Raises:
        WorkflowError: there is none.
    """
    from treadle.cli.options import find_file

    found = find_file(file)
    if not found.is_file():
        raise WorkflowError(f"{str(file)!r} is no file: name the workflow file")
    return Place(found.absolute())


def is_alive(reader: Reader, record: RunRecord) -> bool:
    """Tell whether a run is under way: somebody writes it, as the kernel knows."""
    if record.last.end is not None:
        return False
    holder = reader.holder()
    # One that could not say who it is works on this one: it is the last.
    return holder is not None and (holder.run == record.name or not holder.pid)


def read_state(reader: Reader, record: RunRecord) -> RunState:
    """Return what is recorded of a run."""
    from treadle.report.runs import state_of

    # Asked first: what ends meanwhile is told as it was a moment ago, and not as killed.
    alive = is_alive(reader, record)
    return state_of(reader, record, alive=alive)


def find_jobs(reader: Reader, place: Place, said: Iterable[str]) -> list[str]:
    """Return the jobs that names, patterns, tags and names of matrices stand for.

    Jobs count that the file has, and those that are recorded.

    Raises:
        WorkflowError: one stands for no job.
    """
    wanted = list(said)
    recorded = dict.fromkeys(reader.jobs())
    if all(one in recorded for one in wanted):
        return list(dict.fromkeys(wanted))
    return _among(place.plan(), recorded, wanted)


def _among(plan: Plan | None, recorded: Iterable[str], said: Sequence[str]) -> list[str]:
    from treadle.workflow.names import Names
    from treadle.workflow.words import nearest

    jobs = dict.fromkeys([*(plan.jobs if plan else ()), *recorded])
    names = Names(jobs, plan.families if plan else {}, plan.tags if plan else {})
    found: dict[str, None] = {}
    for one in said:
        these = names.find(one)
        if not these:
            hint = nearest(one, names.known())
            raise WorkflowError(f"treadle: no job {one!r}, neither in the file nor recorded{hint}")
        found |= dict.fromkeys(these)
    return list(found)


def complete_runs(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the names of runs that may follow, for the shell."""
    del param
    from treadle.report.runs import result_of

    try:
        with place_of(ctx.params.get("file")).store.read() as reader:
            known = [(run, is_alive(reader, run)) for run in reader.runs(_COMPLETED)]
    except (TreadleError, OSError):
        return []
    return [
        CompletionItem(run.name, help=result_of(run, alive=alive))
        for run, alive in known
        if run.name.startswith(incomplete)
    ]


def complete_recorded(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the names of jobs that are recorded, for the shell."""
    del param
    try:
        with place_of(ctx.params.get("file")).store.read() as reader:
            names = reader.jobs()
    except (TreadleError, OSError):
        return []
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def cache_of(place: Place) -> Path | None:
    """Return the folder where outputs are kept; None if there is none."""
    from treadle.store.folder import cache_folder

    plan = place.plan()
    said = plan.cache.folder if plan is not None and plan.cache is not None else None
    folder = cache_folder(place.folder, said)
    return folder if folder.is_dir() else None


def attempts_by_job(
    reader: Reader, jobs: Sequence[str], limit: int
) -> dict[str, list[AttemptRecord]]:
    """Return the last attempts of jobs, the newest first.

    To ask for one job costs as much as to read what is learned of all; for many, it is faster
    to go through the runs.
    """
    if len(jobs) <= _FEW:
        return {job: reader.attempts(job, limit) for job in jobs}
    found: dict[str, list[AttemptRecord]] = {job: [] for job in jobs}
    for run in reader.runs():
        for one in reversed(list(reader.attempts_of(run.name))):
            if one.start.job in found and len(found[one.start.job]) < limit:
                found[one.start.job].append(one)
    return found
