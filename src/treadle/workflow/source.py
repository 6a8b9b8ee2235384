"""Find a workflow file and read it once, within limits, before it means anything."""

from __future__ import annotations

import os
import stat
from codecs import BOM_UTF8, getincrementaldecoder
from contextlib import closing
from typing import TYPE_CHECKING

from treadle.errors import WorkflowError
from treadle.workflow.limits import MAX_BYTES
from treadle.workflow.looks import note_file

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

_PIECE = 1 << 20

FILE_NAME = "treadle.toml"
PROJECT_FILE = "pyproject.toml"


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
    from treadle.workflow.syntax import parse_toml  # noqa: PLC0415 -- finding a file needs no TOML

    tool = parse_toml(text, label_of(project)).get("tool")
    return isinstance(tool, dict) and "treadle" in tool


def label_of(path: Path) -> str:
    """Return a path as messages show it: relative where that is shorter."""
    try:
        relative = os.path.relpath(path)
    except OSError:  # the working directory is gone
        return str(path)
    return relative if len(relative) < len(str(path)) else str(path)


def read_text(path: Path, label: str, limit: int = MAX_BYTES) -> str:
    """Return the text of a regular file.

    Args:
        path: where it is.
        label: its name in messages.
        limit: the bytes that it may have.

    Raises:
        WorkflowError: it cannot be read, is too large, or is not UTF-8 text.
    """
    decoder = getincrementaldecoder("utf-8")()
    text = ""
    # Piece by piece: bytes and text of a large file are never in memory both.
    with closing(_pieces(path, label, limit)) as pieces:
        for data in pieces:
            if not text and data.startswith(BOM_UTF8):
                what = "starts with a byte order mark; save it as plain UTF-8"
                raise _wrong_at(label, text, 0, what)
            before = len(text)
            try:
                text += decoder.decode(data, final=not data)
            except UnicodeDecodeError as error:
                text += error.object[: error.start].decode("utf-8")
                what = f"is not UTF-8 text (byte 0x{error.object[error.start]:02x})"
                raise _wrong_at(label, text, len(text), what) from None
            if (zero := text.find("\0", before)) >= 0:
                raise _wrong_at(label, text, zero, "holds a NUL character")
    note_file(path, text)
    return text


def _wrong_at(label: str, text: str, at: int, what: str) -> WorkflowError:
    from treadle.workflow.syntax import wrong_at  # noqa: PLC0415 -- only what is wrong needs it

    return wrong_at(label, text, at, what)


def _open_at_once(path: str, flags: int) -> int:
    """Open without blocking: a named pipe that nobody writes to would wait for ever."""
    return os.open(path, flags | os.O_NONBLOCK)


def _pieces(path: Path, label: str, limit: int) -> Generator[bytes, None, None]:
    """Yield pieces of a file, an empty one at last; it may grow meanwhile, and is opened once."""
    too_large = WorkflowError(f"{label}: is larger than {limit >> 20} MiB, which is the limit")
    try:
        with open(path, "rb", buffering=0, opener=_open_at_once) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise WorkflowError(f"{label}: is not a regular file")
            if status.st_size > limit:
                raise too_large
            while data := file.read(_PIECE):
                if file.tell() > limit:
                    raise too_large
                yield data
            yield b""
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise WorkflowError(f"{label}: cannot be read: {reason.lower()}") from None
