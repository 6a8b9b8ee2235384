"""Which of the runs that are recorded is meant by a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treadle.errors import WorkflowError
from treadle.workflow.words import nearest

if TYPE_CHECKING:
    from treadle.store.reader import Reader
    from treadle.store.records import RunRecord

_NAMED = 5


def find_run(store: Reader, name: str) -> RunRecord | None:
    """Return a run by its name, or the last one for an empty name; None if there are no runs.

    Raises:
        WorkflowError: there is no run of that name.
    """
    found = store.run(name) if name else next(iter(store.runs(1)), None)
    if found is not None or not name:
        return found
    names = [run.name for run in store.runs()]
    if not names:
        return None
    hint = nearest(name, names) or f"; the last ones are {', '.join(names[:_NAMED])}"
    raise WorkflowError(f"treadle: no run {name!r} is recorded{hint}")


def run_to_resume(store: Reader, name: str) -> RunRecord:
    """Return the run of a workflow that is to go on: by its name, or the last one.

    Raises:
        WorkflowError: there is none.
    """
    found = find_run(store, name)
    if found is None:
        raise WorkflowError("treadle: no run is recorded here yet; 'treadle run' makes one")
    if found.last.about.get("library"):
        raise WorkflowError(
            f"treadle: the run {found.name!r} is no run of a workflow: a program recorded it "
            "with a Scheduler of its own, and goes on with it when it is started again"
        )
    return found
