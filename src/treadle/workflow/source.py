"""Find a workflow file and read it once, within limits, before it means anything."""

from __future__ import annotations

import json
import os
import re
import stat
import tomllib
from typing import TYPE_CHECKING, Any

from treadle.errors import WorkflowError
from treadle.workflow.locate import line_of

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 16 * 1024 * 1024
FILE_NAME = "treadle.toml"
PROJECT_FILE = "pyproject.toml"

_AT = re.compile(r"(.*?) \(at (?:line (\d+), column \d+|end of document)\)", re.DOTALL)
_TWICE = re.compile(r"Cannot declare \((.*)\) twice")


def find(start: Path) -> Path | None:
    """Return the workflow file of a folder, or of the nearest folder above it.

    The search ends at the root of the repository, and never enters a folder
    of someone else: what is found will be executed.
    """
    for folder in (start, *start.parents):
        if folder != start and not _is_ours(folder):
            return None
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
        if _has_table(folder / PROJECT_FILE):
            return folder / PROJECT_FILE
        if (folder / ".git").exists():
            return None
    return None


def _is_ours(folder: Path) -> bool:
    try:
        return folder.stat().st_uid == os.geteuid()
    except OSError:
        return False


def _has_table(project: Path) -> bool:
    if not project.is_file():
        return False
    text = read_text(project, label_of(project))
    if "treadle" not in text:
        return False
    tool = parse_toml(text, label_of(project)).get("tool")
    return isinstance(tool, dict) and "treadle" in tool


def label_of(path: Path) -> str:
    """Return a path as messages show it: relative where that is shorter."""
    try:
        relative = os.path.relpath(path)
    except OSError:  # the working directory is gone
        return str(path)
    return relative if len(relative) < len(str(path)) else str(path)


def read_text(path: Path, label: str) -> str:
    """Return the text of a regular file.

    Raises:
        WorkflowError: it cannot be read, is too large, or is not UTF-8 text.
    """
    data = _read_bytes(path, label)
    if data.startswith(b"\xef\xbb\xbf"):
        raise WorkflowError(f"{label}:1: starts with a byte order mark; save it as plain UTF-8")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise WorkflowError(
            f"{label}:{line}: is not UTF-8 text (byte 0x{data[error.start]:02x})"
        ) from None
    if (zero := text.find("\0")) >= 0:
        raise WorkflowError(f"{label}:{line_of(text, zero)}: holds a NUL character")
    return text


def _open_at_once(path: str, flags: int) -> int:
    """Open without blocking: a named pipe that nobody writes to would wait for ever."""
    return os.open(path, flags | os.O_NONBLOCK)


def _read_bytes(path: Path, label: str) -> bytes:
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise WorkflowError(f"{label}: is not a regular file")
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise WorkflowError(f"{label}: cannot be read: {reason.lower()}") from None
    if len(data) > MAX_BYTES:
        raise WorkflowError(f"{label}: is larger than {MAX_BYTES >> 20} MiB, which is the limit")
    return data


def parse_toml(text: str, label: str) -> dict[str, Any]:
    """Parse TOML.

    Raises:
        WorkflowError: with the line of the syntax error.
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise _too_deep(label) from None
    except ValueError as error:  # TOMLDecodeError, or a number too long to read
        match = _AT.fullmatch(str(error))
        line = int(match[2] or text.count("\n") + 1) if match else 0
        what = match[1] if match else str(error).partition(";")[0]
        if twice := _TWICE.fullmatch(what):
            name = ".".join(part.strip(" '\"") for part in twice[1].rstrip(",").split(","))
            what = f"table [{name}] appears twice"
        elif what == "Cannot overwrite a value":
            what = "a key is given twice"
        raise WorkflowError(_placed(label, line, what)) from None


def parse_json(text: str, label: str) -> dict[str, Any]:
    """Parse JSON strictly: no key twice, no NaN.

    Raises:
        WorkflowError: with the line of the syntax error.
    """
    try:
        tree = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
    except RecursionError:
        raise _too_deep(label) from None
    except json.JSONDecodeError as error:
        raise WorkflowError(_placed(label, error.lineno, error.msg)) from None
    except ValueError as error:
        raise WorkflowError(_placed(label, 0, str(error).partition(";")[0])) from None
    if not isinstance(tree, dict):
        raise WorkflowError(f"{label}:1: must hold an object")
    return tree


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) < len(pairs):
        names = [key for key, _ in pairs]
        twice = next(key for key in tree if names.count(key) > 1)
        raise ValueError(f"key {twice!r} is given twice")
    return tree


def _refuse(constant: str) -> None:
    raise ValueError(f"constant {constant} is not JSON")


def _placed(label: str, line: int, what: str) -> str:
    place = f"{label}:{line}" if line else label
    return f"{place}: {what[:1].lower()}{what[1:300]}"


def _too_deep(label: str) -> WorkflowError:
    return WorkflowError(f"{label}: is nested too deeply")
