"""From a file to its tables: TOML, JSON, or a Python file that defines a workflow."""

from __future__ import annotations

import sys
import traceback
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from treadle.errors import WorkflowError
from treadle.workflow import source, syntax
from treadle.workflow.declaration import Declaration
from treadle.workflow.locate import locate
from treadle.workflow.origin import Origin

MODULE = "treadle_workflow"
"""The name under which a Python file is run."""


def read(path: Path, label: str) -> tuple[dict[str, Any], Origin]:
    """Return the tables of a TOML or JSON file, and where they come from.

    Raises:
        WorkflowError: it cannot be read, or is no such file.
    """
    text = source.read_text(path, label)
    origin = Origin(label, partial(locate, text))
    if path.suffix == ".json":
        return syntax.parse_json(text, label), origin
    tree = syntax.parse_toml(text, label)
    if path.name == source.PROJECT_FILE:
        tree = _tool_table(tree, origin)
    return tree, origin


def _tool_table(tree: dict[str, Any], origin: Origin) -> dict[str, Any]:
    tool = tree.get("tool")
    table = tool.get("treadle") if isinstance(tool, dict) else None
    if not isinstance(table, dict):
        raise WorkflowError(f"{origin.label}: has no table [tool.treadle]")
    origin.prefix = ("tool", "treadle")
    return table


def run_python(path: Path, label: str) -> Declaration:
    """Run a Python file, and return the workflow that it defines.

    Raises:
        WorkflowError: it fails, or defines none.
    """
    text = source.read_text(path, label)
    module = ModuleType(MODULE)
    module.__file__ = str(path.absolute())
    sys.modules[MODULE] = module
    sys.path.insert(0, str(path.absolute().parent))
    try:
        exec(compile(text, module.__file__, "exec"), vars(module))  # noqa: S102 -- running it is what was asked for
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- all that a file does wrong is reported alike
        raise _python_error(error, module.__file__, label) from None
    finally:
        sys.path.pop(0)
    workflow = getattr(module, "workflow", None)
    if not isinstance(workflow, Declaration):
        raise WorkflowError(f"{label}: must define 'workflow', a treadle.Workflow")
    workflow.origin.label = label
    return workflow


def tables_of(said: Declaration) -> dict[str, Any]:
    """Return a workflow as a file would say it, so that both are checked by the same code."""
    document: dict[str, Any] = {
        "job": said.jobs,
        "queues": said.queues,
        "defaults": said.defaults,
        "env": said.env,
        "run": said.settings,
        "store": said.store,
    }
    if said.cache is not None:
        document["cache"] = said.cache
    try:
        tables: dict[str, Any] = msgspec.to_builtins(document)
    except TypeError as error:
        raise WorkflowError(f"{said.origin.label}: {error}") from None
    return tables


def _python_error(error: BaseException, file: str, label: str) -> WorkflowError:
    frames = traceback.extract_tb(error.__traceback__)
    line = next((frame.lineno for frame in reversed(frames) if frame.filename == file), 0)
    if isinstance(error, SyntaxError) and error.filename == file:
        line = error.lineno
    place = f"{label}:{line}" if line else label
    if isinstance(error, WorkflowError):
        return WorkflowError(*(f"{place}: {text.partition(': ')[2]}" for text in error.messages))
    return WorkflowError(f"{place}: {type(error).__name__}: {error}")
