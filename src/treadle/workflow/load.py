"""From a workflow file to a plan: one that was kept, or a fresh one.

What makes a fresh one is loaded only when it is needed: that takes longer than to take a plan
that was kept.
"""

from __future__ import annotations

from pathlib import Path

from treadle.errors import WorkflowError
from treadle.workflow import source
from treadle.workflow.looks import noting
from treadle.workflow.plan import Plan
from treadle.workflow.saved import find_saved, save


def load_plan(path: Path, *, keep: bool = False) -> Plan:
    """Return the jobs of a workflow file.

    What was kept of the same file, with nothing changed since, is taken instead.

    Args:
        path: a ``.toml``, ``.json`` or ``.py`` file; in a `pyproject.toml`
            the table ``[tool.treadle]`` is read.
        keep: keep the plan in the folder `.treadle` beside the file, if it is a large one.

    Raises:
        WorkflowError: with every mistake that is found.
    """
    path = path.absolute()
    label = source.label_of(path)
    try:
        if path.suffix != ".py" and (plan := find_saved(path, label)) is not None:
            return plan
        from treadle.workflow import fresh  # noqa: PLC0415 -- see above

        if path.suffix == ".py":
            return fresh.plan_of_python(path, label)
        with noting() as looks:
            plan = fresh.plan_of_tables(path, label)
    except RecursionError:
        raise WorkflowError(f"{label}: is nested too deeply") from None
    return save(path, plan, looks) if keep else plan
