"""What is to be written with the next transaction, and the tallies that go with it.

A change is encoded, numbered and tallied when it is made, once: a transaction that failed for
want of room is written again as it was.
"""

from __future__ import annotations

from zlib import crc32

from treadle.store.rows import Rows
from treadle.store.tables import DROP, FACTS, PUT, SPREAD, WORD, Row, Table, Tally, check, pack


class Changes:
    """Rows to put and to drop, and tallies.

    Args:
        rows: of the database.
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._puts: dict[Table, dict[int, Row | None]] = {}
        self._tallies: dict[tuple[Table, int], Tally] = {}
        self._dirty: set[tuple[Table, int]] = set()

    def __bool__(self) -> bool:
        return bool(self._puts or self._dirty)

    def tally(self, table: Table, session: int = 0) -> Tally:
        """Return the tally of a table, or of the facts of a session, with all changes in it."""
        key = (table, session)
        if key not in self._tallies:
            self._tallies[key] = self._rows.total(table, session)
        return self._tallies[key]

    def mark(self, table: Table, first: int, session: int = 0) -> None:
        """Set where the ids of a tally begin, see `Tally.first`; make it, if it is new."""
        if session and (table, session) not in self._tallies:
            self._tallies[table, session] = Tally(first)
        self.tally(table, session).first = first
        self._dirty.add((table, session))

    def add(self, table: Table, body: bytes, session: int = 0) -> tuple[int, int]:
        """Add a row behind all others; return its id and its check."""
        key = (table, session)
        tally = self._tallies.get(key) or self.tally(table, session)
        number = tally.first + tally.rows if session else tally.first
        found = crc32(body, (number * SPREAD + table) & WORD)  # as `check` does
        puts = self._puts.get(table)
        if puts is None:
            puts = self._puts[table] = {}
        puts[number] = (number, body, found)
        tally.rows += 1
        tally.total += found
        if not session:
            tally.first += 1
        self._dirty.add(key)
        return number, found

    def put(self, table: Table, number: int, body: bytes, old: int | None = None) -> int:
        """Put a row; return its check.

        Args:
            table: where.
            number: its id.
            body: what stands there, see `pack`.
            old: the check of the row that it replaces.
        """
        found = check(table, number, body)
        self._puts.setdefault(table, {})[number] = (number, body, found)
        tally = self.tally(table)
        tally.rows += old is None
        tally.total += found - (old or 0)
        self._dirty.add((table, 0))
        return found

    def drop(self, table: Table, number: int, old: int) -> None:
        """Drop a row of which this is the check."""
        self._puts.setdefault(table, {})[number] = None
        tally = self.tally(table)
        tally.rows -= 1
        tally.total -= old
        self._dirty.add((table, 0))

    def drop_facts(self, session: int) -> None:
        """Drop the tallies of a session: its facts are no longer there for anybody."""
        for table in FACTS:
            self._tallies.pop((table, session), None)
            self._dirty.discard((table, session))
            self._puts.setdefault(Table.TALLY, {})[Tally.key(table, session)] = None

    def write(self) -> int:
        """Write all, in the transaction that is open; return the number of rows."""
        execute = self._rows.connection.executemany
        count = 0
        for table, puts in self._puts.items():
            rows = [row for row in puts.values() if row is not None]
            if rows:
                execute(PUT[table], rows)
            if len(rows) < len(puts):
                execute(DROP[table], [(number,) for number, row in puts.items() if row is None])
            count += len(puts)
        execute(PUT[Table.TALLY], [self._sealed(*key) for key in self._dirty])
        return count

    def _sealed(self, table: Table, session: int) -> Row:
        tally = self._tallies[table, session]
        number = Tally.key(table, session)
        body = pack([tally.first, tally.rows, tally.total])
        return number, body, check(Table.TALLY, number, body)

    def clear(self) -> None:
        """Forget what is written now."""
        self._puts.clear()
        self._dirty.clear()
