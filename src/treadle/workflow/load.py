"""From a workflow file to a plan: find, read, check, expand."""

from __future__ import annotations

import sys
import traceback
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

import msgspec

from treadle.errors import WorkflowError
from treadle.workflow import source
from treadle.workflow.expand import expand
from treadle.workflow.locate import locate
from treadle.workflow.model import Defaults, Document, JobSpec, Workflow
from treadle.workflow.origin import Mistakes, Origin
from treadle.workflow.plan import Plan
from treadle.workflow.words import Note, known_words, nearest, show, take
from treadle.workflow.words import Path as Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MODULE = "treadle_workflow"


def load_plan(path: Path) -> Plan:
    """Return the jobs of a workflow file.

    Args:
        path: a ``.toml``, ``.json`` or ``.py`` file; in a `pyproject.toml`
            the table ``[tool.treadle]`` is read.

    Raises:
        WorkflowError: with every mistake that is found.
    """
    folder = path.absolute().parent
    label = source.label_of(path)
    try:
        tree, origin = read(path, label)
        mistakes = Mistakes(origin)
        # Wrong words are left out and the rest is looked at all the same: one
        # look at the messages shows everything.
        return expand(build(tree, mistakes), folder, mistakes)
    except RecursionError:
        raise WorkflowError(f"{label}: is nested too deeply") from None


def plan_of(workflow: Workflow, folder: Path) -> Plan:
    """Return the jobs of a workflow that was made in Python, checked as a file is.

    Args:
        workflow: what it says.
        folder: the folder that relative paths start from.

    Raises:
        WorkflowError: with every mistake that is found.
    """
    mistakes = Mistakes(workflow.origin)
    return expand(build(_as_tables(workflow), mistakes), folder, mistakes)


def read(path: Path, label: str) -> tuple[dict[str, Any], Origin]:
    """Return the tables of a workflow file, and where they come from."""
    if path.suffix == ".py":
        return _run_python(path, label)
    text = source.read_text(path, label)
    origin = Origin(label, partial(locate, text))
    if path.suffix == ".json":
        return source.parse_json(text, label), origin
    tree = source.parse_toml(text, label)
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


def build(tree: dict[str, Any], mistakes: Mistakes) -> Workflow:
    """Make a workflow of the tables of a file, and note all that is wrong with them."""
    _check_strings(tree, mistakes)
    for key in tree:
        if key not in known_words(Document):
            hint = nearest(key, known_words(Document)) or f"; there is {_tables()}"
            mistakes((key,), f"unknown table {key!r}{hint}")
    defaults = take(Defaults, tree.get("defaults", {}), "[defaults]", ("defaults",), mistakes)
    return Workflow(
        jobs=_jobs(tree.get("job", {}), mistakes),
        queues=_entries(tree, "queues", mistakes),
        defaults=defaults or Defaults(),
        env=_entries(tree, "env", mistakes),
        origin=mistakes.origin,
    )


def _tables() -> str:
    return ", ".join(f"[{key}]" for key in known_words(Document))


def _jobs(table: object, note: Note) -> dict[str, JobSpec]:
    if not isinstance(table, dict):
        note(("job",), f"'job' is {show(table)}; jobs are tables such as [job.build]")
        return {}
    specs = {
        name: take(JobSpec, words, f"job {name!r}", ("job", name), note)
        for name, words in table.items()
    }
    return {name: spec for name, spec in specs.items() if spec is not None}


def _entries(tree: dict[str, Any], key: str, note: Note) -> dict[str, Any]:
    """Check each entry of a table by itself, so that each mistake has its line."""
    table = tree.get(key, {})
    if not isinstance(table, dict):
        note((key,), f"[{key}] is {show(table)}; it must be a table")
        return {}
    found: dict[str, Any] = {}
    for name, value in table.items():
        good = take(Document, {key: {name: value}}, "the workflow", (), note)
        found |= getattr(good, key)
    return found


def _check_strings(tree: dict[str, Any], note: Note) -> None:
    for path, text in _strings(tree):
        if "\0" in text:
            note(path, "a text holds a NUL character, which no program can be given")
        elif not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
            note(path, "a text holds half a surrogate pair, which is no character")


def _strings(tree: object) -> Iterator[tuple[Place, str]]:
    left: list[tuple[Place, object]] = [((), tree)]
    while left:
        path, value = left.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, dict):
            left += [((*path, key), item) for key, item in value.items()]
            left += [((*path, key), key) for key in value]
        elif isinstance(value, list):
            left += [((*path, index), item) for index, item in enumerate(value)]


def _run_python(path: Path, label: str) -> tuple[dict[str, Any], Origin]:
    text = source.read_text(path, label)
    module = ModuleType(_MODULE)
    module.__file__ = str(path.absolute())
    sys.modules[_MODULE] = module
    sys.path.insert(0, str(path.absolute().parent))
    try:
        exec(compile(text, module.__file__, "exec"), vars(module))  # noqa: S102 -- running it is what was asked for
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- all that a file does wrong is reported alike
        raise _python_error(error, module.__file__, label) from None
    finally:
        sys.path.pop(0)
    workflow = getattr(module, "workflow", None)
    if not isinstance(workflow, Workflow):
        raise WorkflowError(f"{label}: must define 'workflow', a treadle.workflow.Workflow")
    workflow.origin.label = label
    return _as_tables(workflow), workflow.origin


def _as_tables(workflow: Workflow) -> dict[str, Any]:
    """Return a workflow as a file would say it, so that both are checked by the same code."""
    document = {
        "job": workflow.jobs,
        "queues": workflow.queues,
        "defaults": workflow.defaults,
        "env": workflow.env,
    }
    try:
        tables: dict[str, Any] = msgspec.to_builtins(document)
    except TypeError as error:
        raise WorkflowError(f"{workflow.origin.label}: {error}") from None
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
