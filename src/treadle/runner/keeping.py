"""Where the runs of a workflow are kept, and which of them goes on: as a program says it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from treadle.errors import WorkflowError
from treadle.report.runnames import run_to_resume
from treadle.runner.kept import store_of
from treadle.store.store import NAME, Store

if TYPE_CHECKING:
    from treadle.store.reader import Reader
    from treadle.store.records import RunRecord
    from treadle.workflow import Plan

Place: TypeAlias = "Store | str | os.PathLike[str] | bool | None"
"""A store, the path of one, True for the one beside the workflow, None or False for none."""


def chosen_store(said: Place, plan: Plan) -> Store | None:
    """Return the store that is meant.

    Raises:
        WorkflowError: none can be meant by that.
    """
    if said is None or said is False:
        return None
    if said is True:
        return store_of(plan)
    if isinstance(said, Store):
        return said
    path = _path(said, plan.label)
    if path.is_dir():
        raise WorkflowError(
            f"{plan.label}: store is '{path}', which is a folder; say the file: '{path / NAME}'"
        )
    return Store(path)


def _path(said: object, label: str) -> Path:
    if isinstance(said, str | os.PathLike) and os.fspath(said):
        return Path(said)
    hint = "; what is kept is said to Workflow(store=…)" if isinstance(said, Mapping) else ""
    raise WorkflowError(
        f"{label}: store is {said!r}; it must be True, the path of a store, or a "
        f"treadle.Store{hint}"
    )


def chosen_run(said: str | bool | None, store: Reader) -> RunRecord | None:
    """Return the run that is to go on; None for a new one.

    Args:
        said: its name, or True for the last one if that was cut short.
        store: has the runs.

    Raises:
        WorkflowError: there is none of that name.
    """
    if said is None or said is False:
        return None
    if said is not True:
        return run_to_resume(store, said)
    last = next(iter(store.runs(1)), None)
    # What a scheduler recorded that a program drives itself is no run of a workflow.
    if last is None or not last.is_cut_short or last.last.about.get("library"):
        return None
    return last
