"""Rows of the database, every one of them checked when it is read: the one place that does it.

A disk, or a person, may have altered what was written. The check of a row covers its table and
its id, too: a row that is whole but in the wrong place is noticed. A `Tally` tells how many
there must be, and the sum of their checks: so is one that is missing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zlib import crc32

from treadle.errors import StoreError
from treadle.store.faults import RAISED, DamagedError, store_error
from treadle.store.tables import (
    ALL,
    CHECKS,
    NAMES,
    NEXT,
    ONE,
    RANGE,
    SPREAD,
    WORD,
    Row,
    Table,
    Tally,
)

_CHUNK = 4096  # rows that are read at once


class Rows:
    """The rows of a database.

    Args:
        connection: to it.
        path: of it, for messages.

    Attributes:
        react: takes the error when damage is found, and returns the one to raise.
    """

    react: Callable[[DamagedError], StoreError]

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.connection = connection
        self.path = path
        self.react = lambda error: error
        self._sound: set[tuple[Table, int]] = set()

    def damaged(self, why: str) -> StoreError:
        """Return the error that says what is damaged."""
        return self.react(DamagedError(self.path, why))

    @contextmanager
    def mapped(self, doing: str) -> Iterator[None]:
        """Raise what goes wrong inside as a `StoreError`; see `faults.mapped`."""
        try:
            yield
        except RAISED as error:
            found = store_error(self.path, error, doing)
            raise (self.react(found) if isinstance(found, DamagedError) else found) from None

    def tally(self, table: Table, session: int = 0) -> Tally | None:
        """Return the tally of a table, or of the facts of a session."""
        found = self.one(Table.TALLY, Tally.key(table, session))
        if found is None:
            return None
        if not isinstance(found, list) or [type(n) for n in found] != [int, int, int]:
            raise self.damaged(f"tally {Tally.key(table, session)} is not one")
        return Tally(*found)

    def total(self, table: Table, session: int = 0) -> Tally:
        """Return a tally that must be there."""
        tally = self.tally(table, session)
        if tally is None:
            of = f" in session {session}" if session else ""
            raise self.damaged(f"the tally of {NAMES[table]}{of} is missing")
        return tally

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """See the same state in all reads inside, which are few and short."""
        with self.mapped("read"):
            inside = self.connection.in_transaction
            if not inside:
                self.connection.execute("BEGIN")
            try:
                yield
            finally:
                if not inside and self.connection.in_transaction:
                    self.connection.execute("COMMIT")

    def checks(self, table: Table) -> dict[int, int]:
        """Return the checks of all rows by id; only their sum is compared."""
        with self.at_once():
            tally = self.total(table)
            found = dict(self.connection.execute(CHECKS[table]).fetchall())
        total = sum(n for n in found.values() if type(n) is int)
        self._compare(table, tally, len(found), total)
        return found

    def one(self, table: Table, number: int) -> Any | None:
        """Return what stands in a row; None if it is not there."""
        with self.mapped("read"):
            rows = self.connection.execute(ONE[table], (number,)).fetchall()
        found = self._checked(table, rows)
        return found[0][1] if found else None

    def whole(self, table: Table) -> list[tuple[int, Any, int]]:
        """Return a table as it is at one instant: ids, what stands there, checks."""
        with self.at_once():
            tally = self.total(table)
            rows = self.connection.execute(ALL[table]).fetchall()
        found = self._checked(table, rows)
        self._compare(table, tally, len(found), sum(check for _, _, check in found))
        return found

    def facts(
        self, table: Table, session: int, beyond: int = 0
    ) -> Iterator[list[tuple[int, Any, int]]]:
        """Yield the facts of a session that were recorded until now, in order and in pieces.

        Each is its id, what stands there, and its check.

        Args:
            table: one of `FACTS`.
            session: its id.
            beyond: only those with a higher id; their sum is then not compared.
        """
        tally = self.total(table, session)
        rows = total = 0
        low, end = max(tally.first, beyond + 1), tally.first + tally.rows
        for start in range(low, end, _CHUNK):
            found = self._checked(table, self._cut(table, start, end))
            rows, total = rows + len(found), total + sum(row[2] for row in found)
            yield found
            if len(found) < min(_CHUNK, end - start):
                break  # rows are missing, however many there should be
        if low == tally.first:
            self._compare(table, tally, rows, total)
            self._sound.add((table, session))
        elif rows != max(end - low, 0):
            raise self.damaged(f"facts of session {session} are missing")

    def next_id(self, table: Table, low: int) -> int | None:
        """Return the first id that is there, from `low` on."""
        with self.mapped("read"):
            ((found,),) = self.connection.execute(NEXT[table], (low,)).fetchall()
        return found if isinstance(found, int) else None

    def verify(self, table: Table, session: int) -> None:
        """Check the facts of a session, unless they have been read. For its writer only."""
        if (table, session) in self._sound:
            return
        tally = self.total(table, session)
        rows = total = 0
        end = tally.first + tally.rows
        for start in range(tally.first, end, _CHUNK):
            found = self._sealed(table, self._cut(table, start, end))
            rows, total = rows + len(found), total + sum(row[2] for row in found)
            if len(found) < min(_CHUNK, end - start):
                break
        self._compare(table, tally, rows, total)

    def _cut(self, table: Table, start: int, end: int) -> list[Row]:
        last = min(start + _CHUNK, end) - 1
        with self.mapped("read"):
            return self.connection.execute(RANGE[table], (start, last)).fetchall()

    def _checked(self, table: Table, rows: list[Row]) -> list[tuple[int, Any, int]]:
        """Return rows with what stands in them; parsed together, which takes half the time."""
        bodies = b",".join([body for _, body, _ in self._sealed(table, rows)])
        try:
            values = json.loads(f"[{bodies.decode('utf-8', 'surrogatepass')}]")
        except (ValueError, RecursionError):
            values = []
        if len(values) != len(rows):
            numbers = f"{rows[0][0]} to {rows[-1][0]}" if rows else "none"
            raise self.damaged(f"rows {numbers} of {NAMES[table]} are not JSON")
        return [(row[0], value, row[2]) for row, value in zip(rows, values, strict=True)]

    def _sealed(self, table: Table, rows: list[Row]) -> list[Row]:
        """Return rows that are what was written."""
        seed = int(table)
        for number, body, check in rows:
            if (
                type(body) is not bytes
                or type(number) is not int
                or crc32(body, (number * SPREAD + seed) & WORD) != check
            ):
                raise self.damaged(f"row {number} of {NAMES[table]} is not what was written")
        return rows

    def _compare(self, table: Table, tally: Tally, rows: int, total: int) -> None:
        if rows != tally.rows or total != tally.total:
            raise self.damaged(f"{NAMES[table]} has {rows} rows where {tally.rows} were written,"
                               " or not the same ones")  # fmt: skip
