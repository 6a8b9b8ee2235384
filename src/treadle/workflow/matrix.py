"""One job for each combination of values.

As on GitHub Actions: first the product of the lists; then `exclude` takes rows away, and
each row of `include` is added to those that it does not contradict, or else stands for
itself.
"""

from __future__ import annotations

import glob
from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import TypeAlias

from treadle.errors import WorkflowError
from treadle.workflow import source
from treadle.workflow.limits import MAX_JOBS
from treadle.workflow.looks import note_glob
from treadle.workflow.tables import Listing, Matrix
from treadle.workflow.words import Path as Place
from treadle.workflow.words import nearest

Scalar: TypeAlias = str | int | float | bool
Row: TypeAlias = dict[str, str]
Note: TypeAlias = Callable[[Place, str], None]

_MORE = ("include", "exclude")


def text_of(value: Scalar) -> str:
    """Return a value as it appears in names and commands; booleans as the file spells them."""
    return str(value).lower() if isinstance(value, bool) else str(value)


class Rows:
    """The rows of a matrix.

    Args:
        matrix: what the file says.
        folder: where the paths in it start.
        owner: the job, as messages name it.
        note: takes mistakes: the place in the matrix, and what is wrong.
    """

    def __init__(self, matrix: Matrix, folder: Path, owner: str, note: Note) -> None:
        self.folder = folder
        self.owner = owner
        self.note = note
        self.lists: dict[str, list[str]] = {}
        self.tables: dict[str, list[Row]] = {}
        for name, said in matrix.items():
            if name in _MORE:
                self.tables[name] = self._table(name, said)
            else:
                self.lists[name] = self._list(name, said)

    def size(self) -> int:
        """Return how many rows there may be, without making them."""
        number = 1 if self.lists else 0
        for values in self.lists.values():
            number *= len(values)
        return number + len(self.tables.get("include", ()))

    def comparisons(self) -> int:
        """Return how often a row is compared with one of `include` or `exclude`."""
        return self.size() * sum(map(len, self.tables.values()))

    def named(self, base: str) -> list[tuple[str, Row]]:
        """Return the rows, the last value changing fastest, each with the name of its job."""
        combinations = product(*self.lists.values()) if self.lists else ()
        rows = [dict(zip(self.lists, values, strict=True)) for values in combinations]
        own = [(row, dict(row)) for row in rows if not self._excluded(row)]
        added: list[tuple[Row, Row]] = []
        for more in self.tables.get("include", ()):
            hosts = [whole for row, whole in own if _agree(more, row)]
            for whole in hosts:
                whole.update(more)
            if not hosts:
                added.append((more, more))
        return [(f"{base}[{','.join(row.values())}]", whole) for row, whole in [*own, *added]]

    def _excluded(self, row: Row) -> bool:
        return any(more.items() <= row.items() for more in self.tables.get("exclude", ()))

    def _list(self, name: str, said: object) -> list[str]:
        if isinstance(said, Listing):
            return self._listed(name, said)
        assert isinstance(said, list), said
        for index, value in enumerate(said):
            if isinstance(value, dict):
                self.note((name, index), f"{self.owner} has a table among the values of {name!r}")
                return []
        if not said:
            self.note((name,), f"{self.owner} has no values for {name!r}")
        return [text_of(value) for value in said]

    def _table(self, name: str, said: object) -> list[Row]:
        if not isinstance(said, list) or not all(isinstance(row, dict) for row in said):
            what = f"{name!r} in the matrix of {self.owner}"
            self.note((name,), f"{what} must be a list of tables such as {{ x = 1 }}")
            return []
        return [{key: text_of(value) for key, value in row.items()} for row in said]

    def check_names(self) -> None:
        """Note names in `exclude` that no list has."""
        for index, row in enumerate(self.tables.get("exclude", ())):
            for key in row.keys() - self.lists.keys():
                hint = nearest(key, self.lists)
                what = f"names {key!r}, which its matrix does not have{hint}"
                self.note(("exclude", index, key), f"'exclude' of {self.owner} {what}")

    def _listed(self, name: str, said: Listing) -> list[str]:
        if (said.glob is None) == (said.lines is None):
            self.note((name,), f"{name!r} of {self.owner} needs 'glob' or 'lines', one of them")
            return []
        found = self._lines(name, said.lines) if said.lines else self._files(name, said)
        return list(dict.fromkeys(found))

    def _files(self, name: str, said: Listing) -> list[str]:
        found: list[str] = []
        for pattern in [said.glob] if isinstance(said.glob, str) else said.glob or ():
            files = sorted(glob.glob(pattern, root_dir=self.folder, recursive=True))
            note_glob(self.folder, pattern, files)
            if not files:
                self.note((name, "glob"), f"{self.owner}: no file matches {pattern!r}")
            found += files[:MAX_JOBS]
        return found

    def _lines(self, name: str, path: str) -> list[str]:
        file = self.folder / path
        try:
            text = source.read_text(file, source.label_of(file))
        except WorkflowError as error:
            self.note((name, "lines"), f"values of {self.owner}: {error}")
            return []
        lines = [line.strip() for line in text.splitlines()]
        found = [line for line in lines if line and not line.startswith("#")]
        if not found:
            self.note((name, "lines"), f"{self.owner}: {path!r} has no lines")
        return found


def _agree(more: Mapping[str, str], row: Mapping[str, str]) -> bool:
    return all(row.get(key, value) == value for key, value in more.items())
