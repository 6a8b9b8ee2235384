"""Connect to a database, with settings that trust no file."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from treadle.errors import StoreError
from treadle.store.tables import LIMIT

_WAIT = 5.0  # seconds, for another program that has locked the database
_MAGIC = b"SQLite format 3\0"
_SAFE = frozenset(b"/-._~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")

BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite adds to the name of a database for the files that belong to it."""

SETTINGS = """
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
PRAGMA temp_store = MEMORY;
PRAGMA mmap_size = 0;
PRAGMA synchronous = FULL;
PRAGMA wal_autocheckpoint = 0;
"""


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Connect to a database that is there.

    Args:
        path: of it.
        mode: ``ro``, ``rw``, or more, as a URI of SQLite has it.
    """
    plain = os.fsencode(path.absolute())
    quoted = "".join(chr(byte) if byte in _SAFE else f"%{byte:02X}" for byte in plain)
    connection = sqlite3.connect(
        f"file:{quoted}?mode={mode}",
        uri=True,
        timeout=_WAIT,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.text_factory = bytes
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LIMIT + (1 << 10))
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    return connection


def set_up(connection: sqlite3.Connection, path: Path, settings: str) -> None:
    """Set how the database is used; the first thing that reads the file."""
    try:
        connection.executescript(settings)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB and not _has_magic(path):
            raise StoreError(
                f"'{path}' is not a database: move it away, or give another path"
            ) from None
        raise


def _has_magic(path: Path) -> bool:
    with suppress(OSError), open(path, "rb") as file:
        return file.read(len(_MAGIC)) in {_MAGIC, b""}
    return False


def beside(path: Path) -> list[Path]:
    """Return the paths of the files that belong to a database."""
    return [Path(f"{path}{suffix}") for suffix in BESIDE]
