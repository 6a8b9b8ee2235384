"""The ways into a store: to read it, and to be its one writer."""

from __future__ import annotations

import sys

from treadle.store import predecessor
from treadle.store.database import check_structure, is_there, open_to_read, open_to_write
from treadle.store.faults import DamagedError, mapped
from treadle.store.folder import STATE, make_state_folder
from treadle.store.lock import Lock
from treadle.store.making import empty, make
from treadle.store.pending import moved_aside
from treadle.store.reader import Reader
from treadle.store.rows import Rows
from treadle.store.store import Store
from treadle.store.writer import Writer


def read(store: Store) -> Reader:
    """Open a store to be read; see `Store.read`."""
    path = store.path
    return Reader(open_to_read(path) if is_there(path) else empty(path), store.lock)


def write(store: Store) -> Writer:
    """Open a store to be written; see `Store.write`."""
    path = store.path
    with mapped(path, "opened"):
        if path.absolute().parent.name == STATE:
            make_state_folder(store.folder)
        else:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_there(path)
    lock = Lock(store.lock, store.folder)
    try:
        if not is_there(path):
            make(path)
        writer = Writer(_checked(store), lock, store.lock, _version())
        if path.absolute().parent.name == STATE:
            predecessor.take_over(path.parent, writer.learn)
    except BaseException:
        lock.release()
        raise
    return writer


def _checked(store: Store) -> Rows:
    """Open the file and see that it is fit to be written: all of it if its writer was killed."""
    try:
        rows = open_to_write(store.path)
        try:
            runs = Reader(rows, store.lock).runs(1)
            if runs and runs[0].last.end is None:
                check_structure(rows)
        except BaseException:
            rows.connection.close()
            raise
    except DamagedError as error:
        raise moved_aside(error) from None
    return rows


def _version() -> str:
    # Not imported: for the checker of layers, the package's front door is above all of them.
    return str(getattr(sys.modules["treadle"], "__version__", ""))
