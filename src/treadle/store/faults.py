"""What goes wrong with a database, in the words of treadle: the one place that maps it."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from treadle.errors import StoreBusyError, StoreError, StoreFullError

_NO_ROOM = {errno.ENOSPC: "no space left on the disk", errno.EDQUOT: "disk quota exceeded",
            errno.EFBIG: "the limit of file sizes (ulimit -f) is reached"}  # fmt: skip

# Codes that SQLite reports when the bytes it finds cannot be what was written. Its general
# error is among them: the statements here are fixed, so only a changed schema can fail.
_DAMAGE = frozenset(
    (
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_FORMAT,
        sqlite3.SQLITE_SCHEMA,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_TOOBIG,
        sqlite3.SQLITE_RANGE,
    )
)
_DAMAGED_READ = frozenset(
    (sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS, sqlite3.SQLITE_IOERR_DATA)
)
# SQLite knows ENOSPC only as "full"; other ways of having no room are these.
_ROOM = frozenset((sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE,
                   sqlite3.SQLITE_IOERR_SHMMAP, sqlite3.SQLITE_IOERR_SHMOPEN,
                   sqlite3.SQLITE_IOERR_TRUNCATE))  # fmt: skip


RAISED = (sqlite3.Error, OSError, UnicodeDecodeError, OverflowError)
"""What is raised around SQLite: the last two, when it quotes a schema that is damaged, and for an
id beyond its integers, which only damage can bring."""


class DamagedError(StoreError):
    """What is read is not what was written."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"'{path}' is damaged: {why}")
        self.path, self.why = path, why


@contextlib.contextmanager
def mapped(path: Path, doing: str) -> Iterator[None]:
    """Raise what goes wrong inside as a `StoreError`.

    Args:
        path: of the database.
        doing: what is being done, as in ``cannot be read``.
    """
    try:
        yield
    except RAISED as error:
        raise store_error(path, error, doing) from None


def store_error(path: Path, error: Exception, doing: str) -> StoreError:
    """Return the error of treadle for one of `RAISED`."""
    if isinstance(error, OSError):
        return _of_system(path, error, doing)
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    primary = code & 0xFF
    if primary in _DAMAGE or code in _DAMAGED_READ:
        return DamagedError(path, str(error))
    if primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreBusyError(f"'{path}' cannot be {doing}: another program has locked it")
    if primary == sqlite3.SQLITE_FULL:
        return _full(path, doing, _NO_ROOM[errno.ENOSPC])
    why = _probe(path.parent)
    if code in _ROOM and why is not None and why.errno in _NO_ROOM:
        return _full(path, doing, _NO_ROOM[why.errno])
    reason = (why.strerror or str(why)).lower() if why else str(error)
    name = getattr(error, "sqlite_errorname", "?")
    return StoreError(f"'{path}' cannot be {doing}: {reason} ({name}); {_advice(primary)}")


def _of_system(path: Path, error: OSError, doing: str) -> StoreError:
    where = error.filename or path
    why = (error.strerror or str(error)).lower()
    if error.errno in _NO_ROOM:
        return _full(path, doing, _NO_ROOM[error.errno])
    if str(where) == str(path):
        return StoreError(f"'{path}' cannot be {doing}: {why}")
    return StoreError(f"'{path}' cannot be {doing}: '{where}': {why}")


def _full(path: Path, doing: str, why: str) -> StoreFullError:
    return StoreFullError(f"'{path}' cannot be {doing}: {why}; make room for it")


def _advice(primary: int) -> str:
    if primary == sqlite3.SQLITE_IOERR:
        return "look at the disk (dmesg), or put the folder on another one"
    return "see that the file and its folder can be written by you"


def _probe(folder: Path) -> OSError | None:
    """Return what the system says to a small file in the folder: SQLite does not tell."""
    try:
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            file.write(bytes(1 << 15))
            os.fsync(file.fileno())
    except OSError as error:
        return error
    return _limit(folder)


def _limit(folder: Path) -> OSError | None:
    """Return EFBIG if a file of the store is as large as the process may make one."""
    import resource  # noqa: PLC0415 -- only after an error

    most, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if most == resource.RLIM_INFINITY:
        return None
    with os.scandir(folder) as entries:
        largest = max((entry.stat(follow_symlinks=False).st_size for entry in entries), default=0)
    return OSError(errno.EFBIG, "file too large") if largest + (1 << 17) > most else None
