"""A store: the file in which runs are kept. To make one of these opens nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from treadle.store.folder import STATE

if TYPE_CHECKING:
    import os

    from treadle.store.reader import Reader
    from treadle.store.writer import Writer

NAME = "state.db"


class Store:
    """What is kept of runs, for the next ones and for people.

    Args:
        path: of its file, a database of SQLite; it need not be there. Usually it is
            `.treadle/state.db` beside the workflow file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    @property
    def lock(self) -> Path:
        """The path of the file that its writer locks."""
        usual = self.path.name == NAME
        return self.path.with_name("lock" if usual else f"{self.path.name}.lock")

    @property
    def folder(self) -> Path:
        """The folder that it is about: that of the workflow file."""
        parent = self.path.absolute().parent
        return parent.parent if parent.name == STATE else parent

    def read(self) -> Reader:
        """Open it to be read. One that is not there reads as empty.

        Raises:
            StoreError: it cannot be read.
        """
        from treadle.store.opening import read  # noqa: PLC0415 -- sqlite3 is loaded when it is used

        return read(self)

    def write(self) -> Writer:
        """Open it to be written; it is made if it is not there.

        Raises:
            StoreBusyError: another process writes it.
            StoreError: it cannot be written, or is damaged and was moved aside.
        """
        from treadle.store.opening import write  # noqa: PLC0415 -- sqlite3 is loaded when it is used

        return write(self)


def store_beside(folder: Path) -> Store:
    """Return the store of the workflow in a folder."""
    return Store(folder / STATE / NAME)
