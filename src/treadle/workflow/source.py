"""Find a workflow file and read it once, within limits, before it means anything."""

from __future__ import annotations

import gc
import json
import os
import re
import stat
import tomllib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from treadle.errors import WorkflowError
from treadle.workflow.limits import MAX_BYTES
from treadle.workflow.locate import constant, place_at, repeated_key
from treadle.workflow.nesting import excess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE_NAME = "treadle.toml"
PROJECT_FILE = "pyproject.toml"

_AT = re.compile(r"(.*?) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)
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
        raise WorkflowError(f"{label}:1:1: starts with a byte order mark; save it as plain UTF-8")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        what = f"is not UTF-8 text (byte 0x{data[error.start]:02x})"
        raise _wrong_at(label, before, len(before), what) from None
    if (zero := text.find("\0")) >= 0:
        raise _wrong_at(label, text, zero, "holds a NUL character")
    return text


def _open_at_once(path: str, flags: int) -> int:
    """Open without blocking: a named pipe that nobody writes to would wait for ever."""
    return os.open(path, flags | os.O_NONBLOCK)


def _read_bytes(path: Path, label: str) -> bytes:
    """Read once, within the limit: the file may be changed by others meanwhile."""
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise WorkflowError(f"{label}: is not a regular file")
            # A file that is said to be too large costs nothing: it may be a sparse one.
            data = b"" if status.st_size > MAX_BYTES else file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise WorkflowError(f"{label}: cannot be read: {reason.lower()}") from None
    if max(status.st_size, len(data)) > MAX_BYTES:
        raise WorkflowError(f"{label}: is larger than {MAX_BYTES >> 20} MiB, which is the limit")
    return data


def parse_toml(text: str, label: str) -> dict[str, Any]:
    """Parse TOML.

    Raises:
        WorkflowError: with the place of the syntax error.
    """
    _refuse_excess(text, label)
    try:
        with _without_collector():
            return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _toml_error(text, label, str(error)) from None
    except (ValueError, RecursionError) as error:
        raise _unread(label, error) from None


def _toml_error(text: str, label: str, said: str) -> WorkflowError:
    match = _AT.fullmatch(said)
    what = match[1] if match else said
    if twice := _TWICE.fullmatch(what):
        name = ".".join(part.strip(" '\"") for part in twice[1].rstrip(",").split(","))
        what = f"table [{name}] appears twice"
    elif what == "Cannot overwrite a value":
        what = "a key is given twice"
    if match and match[2]:
        return WorkflowError(f"{label}:{match[2]}:{match[3]}: {_plain(what)}")
    return _wrong_at(label, text, len(text), what)


def parse_json(text: str, label: str) -> dict[str, Any]:
    """Parse JSON strictly: no key twice, no NaN.

    Raises:
        WorkflowError: with the place of the syntax error.
    """
    _refuse_excess(text, label)
    try:
        with _without_collector():
            tree = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise _wrong_at(label, text, error.pos, error.msg) from None
    except _RepeatedKeyError:
        at, key = repeated_key(text)
        raise _wrong_at(label, text, at, f"key {key!r} is given twice") from None
    except _NoNumberError:
        at, name = constant(text)
        raise _wrong_at(label, text, at, f"constant {name} is not JSON") from None
    except (ValueError, RecursionError) as error:
        raise _unread(label, error) from None
    if not isinstance(tree, dict):
        raise WorkflowError(f"{label}:1:1: must hold an object")
    return tree


class _RepeatedKeyError(Exception):
    pass


class _NoNumberError(Exception):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) < len(pairs):
        raise _RepeatedKeyError
    return tree


def _refuse(_constant: str) -> None:
    raise _NoNumberError


@contextmanager
def _without_collector() -> Iterator[None]:
    """Make a large tree without looking for circles in it again and again: a fifth of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _refuse_excess(text: str, label: str) -> None:
    if found := excess(text):
        raise _wrong_at(label, text, *found)


def _wrong_at(label: str, text: str, offset: int, what: str) -> WorkflowError:
    line, column = place_at(text, offset)
    return WorkflowError(f"{label}:{line}:{column}: {_plain(what)}")


def _unread(label: str, error: Exception) -> WorkflowError:
    """Tell of limits of Python itself: it can be told to have lower ones, or be deep already."""
    if isinstance(error, RecursionError):
        return WorkflowError(f"{label}: is nested too deeply")
    return WorkflowError(f"{label}: {_plain(str(error).partition(';')[0])}")


def _plain(what: str) -> str:
    return f"{what[:1].lower()}{what[1:300]}"
