"""Make a store with nothing in it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from treadle.store.connection import SETTINGS, beside, connect
from treadle.store.faults import mapped
from treadle.store.rows import Rows
from treadle.store.tables import PUT, Table, Tally, check, pack

APPLICATION = 0x7472646C
"""`PRAGMA application_id` of a store: "trdl"."""

_SCHEMA = Path(__file__).with_name("schema.sql")


def make(path: Path) -> None:
    """Make an empty store under another name and then put it in its place, in one step."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    with mapped(path, "made"):
        for old in (new, *beside(new), *beside(path)):
            old.unlink(missing_ok=True)
        try:
            os.close(os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
            with closing(connect(new, "rw")) as connection:
                connection.executescript(SETTINGS)
                _fill(connection)
            new.replace(path)
            _sync_folder(path.parent)
        except BaseException:
            for left in (new, *beside(new)):
                with suppress(OSError):
                    left.unlink(missing_ok=True)
            raise


def _fill(connection: sqlite3.Connection) -> None:
    schema = _SCHEMA.read_text(encoding="utf-8")
    connection.executescript(
        f"BEGIN; PRAGMA application_id = {APPLICATION}; PRAGMA user_version = 1; {schema} COMMIT;"
    )
    connection.execute("BEGIN")
    for table in Table:
        if table is not Table.TALLY:
            number, body = Tally.key(table), pack([1, 0, 0])
            row = (number, body, check(Table.TALLY, number, body))
            connection.execute(PUT[Table.TALLY], row)
    connection.execute("COMMIT")


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def empty(path: Path) -> Rows:
    """Return a store with nothing in it, in memory: what one that is not there reads as."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    _fill(connection)
    return Rows(connection, path)
