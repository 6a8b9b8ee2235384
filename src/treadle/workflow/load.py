"""From a workflow file to a plan: read, check, expand."""

from __future__ import annotations

import sys
from pathlib import Path

from treadle.errors import WorkflowError
from treadle.workflow import source
from treadle.workflow.build import Builder
from treadle.workflow.declaration import Declaration
from treadle.workflow.expand import expand
from treadle.workflow.looks import note_link, noting
from treadle.workflow.origin import Mistakes
from treadle.workflow.plan import Plan
from treadle.workflow.read import MODULE, read, run_python, tables_of
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
        if path.suffix == ".py":
            return _of_python(path, label)
        if (plan := find_saved(path, label)) is not None:
            return plan
        with noting() as looks:
            plan = _of_tables(path, label)
    except RecursionError:
        raise WorkflowError(f"{label}: is nested too deeply") from None
    if keep:
        save(path, plan, looks)
    return plan


def _of_tables(path: Path, label: str) -> Plan:
    tree, origin = read(path, label)
    mistakes = Mistakes(origin)
    resolved = path.resolve()
    note_link(path, resolved)
    # Wrong words are left out and the rest is looked at all the same: one
    # look at the messages shows everything.
    said = Builder(mistakes).build(tree, origin, (resolved,))
    return expand(said, path.parent, mistakes)


def _of_python(path: Path, label: str) -> Plan:
    try:
        return plan_of(run_python(path, label), path.parent)
    except BaseException:
        # Worker processes are to know only a file that is a workflow.
        sys.modules.pop(MODULE, None)
        raise


def plan_of(workflow: Declaration, folder: Path) -> Plan:
    """Return the jobs of a workflow that was made in Python, checked as a file is.

    Args:
        workflow: what it says.
        folder: the folder that relative paths start from.

    Raises:
        WorkflowError: with every mistake that is found.
    """
    mistakes = Mistakes(workflow.origin)
    said = Builder(mistakes).build(tables_of(workflow), workflow.origin, ())
    said.name = workflow.name
    said.calls = workflow.calls
    return expand(said, workflow.folder or folder, mistakes)
