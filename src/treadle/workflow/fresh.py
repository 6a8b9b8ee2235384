"""The plan of a workflow file that is read, and of a workflow made in Python: checked, expanded."""

from __future__ import annotations

import sys
from pathlib import Path

from treadle.workflow.build import Builder
from treadle.workflow.declaration import Declaration
from treadle.workflow.expand import expand
from treadle.workflow.looks import note_link
from treadle.workflow.origin import Mistakes
from treadle.workflow.plan import Plan
from treadle.workflow.read import MODULE, read, run_python, tables_of


def plan_of_tables(path: Path, label: str) -> Plan:
    """Return the jobs of a TOML or JSON file.

    Raises:
        WorkflowError: with every mistake that is found.
    """
    tree, origin = read(path, label)
    mistakes = Mistakes(origin)
    resolved = path.resolve()
    note_link(path, resolved)
    # Wrong words are left out and the rest is looked at all the same: one
    # look at the messages shows everything.
    said = Builder(mistakes).build(tree, origin, (resolved,))
    return expand(said, path.parent, mistakes)


def plan_of_python(path: Path, label: str) -> Plan:
    """Return the jobs of a Python file.

    Raises:
        WorkflowError: with every mistake that is found.
    """
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
