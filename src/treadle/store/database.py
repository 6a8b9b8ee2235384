"""Open the file of a store: bring it to the present format, see that it is ours and whole."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from treadle.clock import SYSTEM
from treadle.errors import StoreError
from treadle.store.connection import BESIDE, SETTINGS, beside, connect, set_up
from treadle.store.faults import DamagedError, mapped
from treadle.store.making import APPLICATION
from treadle.store.mounts import is_remote
from treadle.store.rows import Rows
from treadle.store.tables import Table

VERSION = 1
STEPS: Sequence[str] = ()
"""Files beside this one that bring a store from format 1 to 2, from 2 to 3, …"""

_HERE = Path(__file__).parent


def is_there(path: Path) -> bool:
    """Whether a store is there.

    Raises:
        StoreError: something else is there, or it cannot be looked at.
    """
    with mapped(path, "opened"):
        try:
            # Never opened to look at it: to close the file would drop the locks that SQLite
            # has on it elsewhere in this process.
            mode = path.lstat().st_mode
        except FileNotFoundError:
            return False
    if stat.S_ISREG(mode):
        return True
    what = {stat.S_IFLNK: "a link", stat.S_IFDIR: "a folder"}.get(stat.S_IFMT(mode), "no file")
    raise StoreError(f"'{path}' cannot be used: it is {what}; remove it, or give another path")


def open_to_write(path: Path) -> Rows:
    """Open a store that is there. Whoever calls this holds its lock.

    Raises:
        DamagedError: it is not what was written.
        StoreError: it belongs to another program, or to a newer treadle, or cannot be written.
    """
    with mapped(path, "opened"):
        connection = connect(path, "rw")
        try:
            set_up(connection, path, SETTINGS)
            rows = Rows(connection, path)
            _migrate(connection, _identify(rows))
            journal = "DELETE" if is_remote(path.parent) else "WAL"
            connection.execute(f"PRAGMA journal_mode = {journal}")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        except BaseException:
            connection.close()
            raise
    return rows


def open_to_read(path: Path) -> Rows:
    """Open a store that is there, without changing it.

    Raises:
        StoreError: as for `open_to_write`, or it cannot be read.
    """
    modes = ["ro"]
    if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        modes.append("rw")  # what a killed writer left has to be taken in, or back, first
    elif not any(os.path.lexists(other) for other in beside(path)):
        modes.append("ro&immutable=1")
    for mode in modes:
        try:
            return _read(path, mode)
        except StoreError as error:
            if mode == modes[-1] or isinstance(error, DamagedError):
                raise
    raise AssertionError("bug in treadle: no way to read; please report it")


def _read(path: Path, mode: str) -> Rows:
    with mapped(path, "read"):
        connection = connect(path, mode)
        try:
            set_up(connection, path, f"{SETTINGS}; PRAGMA query_only = ON;")
            rows = Rows(connection, path)
            version = _identify(rows)
        except BaseException:
            connection.close()
            raise
    if version < VERSION:
        connection.close()
        raise StoreError(
            f"'{path}' has format {version}, of an older treadle: the next run brings it"
            f" to format {VERSION}"
        )
    return rows


def _identify(rows: Rows) -> int:
    """Return the format of a database.

    Raises:
        StoreError: it is not ours, or too new.
    """
    path, connection = rows.path, rows.connection
    ((application,),) = connection.execute("PRAGMA application_id").fetchall()
    ((version,),) = connection.execute("PRAGMA user_version").fetchall()
    ((tables,),) = connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
    if application == 0 and version == 0 and tables == 0:
        raise rows.damaged("it is empty")
    if application != APPLICATION:
        raise StoreError(
            f"'{path}' is a database of another program (application_id {application:#x}):"
            " move it away, or give another path"
        )
    if version > VERSION:
        raise StoreError(
            f"'{path}' was written by {_writer(rows)} (format {version}), and this treadle knows"
            f" formats up to {VERSION}: use that version, or move the file away"
        )
    if version < 1:
        raise rows.damaged(f"there is no format {version}")
    return int(version)


def _writer(rows: Rows) -> str:
    """Return the treadle that wrote a store last, if that can be read in its format."""
    with suppress(StoreError, LookupError, TypeError):
        return f"treadle {str(rows.whole(Table.SESSION)[-1][1][5])[:40]}"
    return "a newer treadle"


def _migrate(connection: sqlite3.Connection, version: int) -> None:
    if version == VERSION:
        return
    steps = "".join((_HERE / name).read_text(encoding="utf-8") for name in STEPS[version - 1 :])
    try:
        connection.executescript(
            f"BEGIN IMMEDIATE; {steps}; PRAGMA user_version = {VERSION}; COMMIT;"
        )
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def check_structure(rows: Rows) -> None:
    """See that the pages of a database fit together; reads all of it.

    Raises:
        DamagedError: they do not.
    """
    with rows.mapped("checked"):
        found = rows.connection.execute("PRAGMA quick_check(1)").fetchall()
    if found != [(b"ok",)]:
        raise rows.damaged(bytes(found[0][0]).decode(errors="replace").replace("\n", " "))


def set_aside(path: Path) -> Path:
    """Move a damaged store away, with its log; it may be open.

    Returns:
        Where it is now.
    """
    label = time.strftime("%Y%m%d-%H%M%S", time.localtime(SYSTEM.stamp()))
    aside = path.with_name(f"{path.name}.damaged-{label}")
    number = 1
    while os.path.lexists(aside):
        number += 1
        aside = path.with_name(f"{path.name}.damaged-{label}-{number}")
    path.replace(aside)
    for suffix in BESIDE:
        with suppress(FileNotFoundError):
            Path(f"{path}{suffix}").replace(f"{aside}{suffix}")
    return aside
