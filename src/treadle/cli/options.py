"""Options that several commands share, and the values that they take."""

from __future__ import annotations

import os
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from treadle.errors import WorkflowError

if TYPE_CHECKING:
    from collections.abc import Callable

    from treadle.workflow import Plan

P = ParamSpec("P")
R = TypeVar("R")


def file_options(function: Callable[..., R]) -> Callable[..., R]:
    """Add `-f` and `-C`; the command gets the path of the file, or None, as `file`."""
    return _file_options(function, "-f", "--file")


def long_file_options(function: Callable[..., R]) -> Callable[..., R]:
    """Add `--file` and `-C`, for a command whose `-f` is another one."""
    return _file_options(function, "--file")


def _file_options(function: Callable[..., R], *names: str) -> Callable[..., R]:
    @click.option(
        *names,
        "file",
        envvar="TREADLE_FILE",
        type=click.Path(path_type=Path),
        help="Workflow file: .toml, .json or .py.  [default: treadle.toml, or [tool.treadle] "
        "of pyproject.toml, here or above]",
    )
    @click.option("-C", "folder", metavar="DIR", type=click.Path(), help="Go to DIR first.")
    @wraps(function)
    def enter(*args: Any, folder: str | None, **options: Any) -> R:
        if folder is not None:
            try:
                os.chdir(folder)
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or str(error)
                raise click.UsageError(f"cannot go to {folder!r}: {reason.lower()}") from None
        return function(*args, **options)

    return enter


def find_plan(file: Path | None, *, keep: bool = False) -> Plan | None:
    """Return the jobs of the given file, or of the one that is found; None without any."""
    from treadle.workflow import find, load_plan

    file = file or find(_here())
    return None if file is None else load_plan(file, keep=keep)


def open_plan(file: Path | None, *, keep: bool = False) -> Plan:
    """Return the jobs of the given file, or of the one that is found; see `load_plan`.

    Raises:
        WorkflowError: there is no file, or it has mistakes.
    """
    from treadle.workflow import load_plan

    return load_plan(find_file(file), keep=keep)


def find_file(file: Path | None) -> Path:
    """Return the given workflow file, or the one that is found; it is not read.

    Raises:
        WorkflowError: there is none.
    """
    from treadle.workflow import find

    found = file or find(_here())
    if found is None:
        raise WorkflowError(
            "treadle: no workflow file: neither 'treadle.toml' nor a 'pyproject.toml' with "
            "[tool.treadle], here or above; name one with -f FILE, or make one: treadle init"
        )
    return found


def _here() -> Path:
    try:
        return Path.cwd()
    except OSError:
        raise WorkflowError("treadle: the working directory does not exist any more") from None
