"""A store that is open to be written: what is noted is recorded in one transaction.

Recorded means: SQLite has committed it with ``synchronous=FULL``, so that it survives a killed
process and a power failure. A failed sync is final: what the kernel could not write it may have
thrown away (the lesson of PostgreSQL's "fsyncgate", 2018), so nothing is tried on that file again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from treadle.errors import StoreBusyError, StoreError, StoreFullError
from treadle.store import forms
from treadle.store.changes import Changes
from treadle.store.database import set_aside
from treadle.store.faults import DamagedError
from treadle.store.knowledge import Knowledge
from treadle.store.lock import Lock
from treadle.store.reader import Reader
from treadle.store.rows import Rows
from treadle.store.tables import FACTS, Table, pack
from treadle.store.uninterrupted import uninterrupted

_CHECKPOINT = 1000  # pages in the log, about, before they are taken into the database


class Pending(Reader):
    """What is noted and not recorded yet, and what is known of the tables meanwhile.

    Args:
        rows: of the store.
        lock: which it holds, and releases at the end.
        path: of the lock.
    """

    def __init__(self, rows: Rows, lock: Lock, path: Path) -> None:
        super().__init__(rows, path)
        rows.react = self._damaged
        self._lock = lock
        self._changes = Changes(rows)
        self._broken: StoreError | None = None
        self._pages = 0
        self._checks: dict[Table, dict[int, int]] = {}
        self._numbers: dict[str, int] | None = None
        self._known: Knowledge | None = None

    @property
    def pending(self) -> bool:
        """Whether something is not recorded yet."""
        return bool(self._changes)

    def flush(self) -> None:
        """Record all that is noted, in one transaction.

        Raises:
            StoreFullError: there is no room; nothing is lost, and `flush` may be called again.
            StoreBusyError: another program has locked the file; the same holds.
            StoreError: all else is final: the writer takes nothing more.
        """
        self._refuse()
        if not self._changes:
            return
        with self._guarded():
            self._pages += 4 + self._write() // 16
            self._changes.clear()
        if self._pages >= _CHECKPOINT:
            self._checkpoint()

    def _write(self) -> int:
        connection = self._rows.connection
        with self._rows.mapped("written"):
            try:
                connection.execute("BEGIN IMMEDIATE")
                count = self._changes.write()
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        return count

    def _checkpoint(self) -> None:
        """Take the log into the database; SQLite's own way of doing it hides what fails."""
        self._pages = 0
        with (
            suppress(StoreFullError, StoreBusyError),
            self._guarded(),
            self._rows.mapped("written"),
        ):
            self._rows.connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def close(self) -> None:
        """Record what is noted, unless the writer is broken, and let others write.

        Raises:
            StoreError: that cannot be recorded.
        """
        try:
            if self._broken is None and self._changes and self._lock.is_held:
                self.flush()
        finally:
            super().close()
            self._lock.release()

    def _refuse(self) -> None:
        if self._broken is not None:
            raise self._broken
        if not self._lock.is_held:
            raise StoreError(f"'{self._rows.path}' is closed")

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """What goes wrong inside breaks the writer, unless it may be tried again."""
        try:
            with uninterrupted():
                yield
        except (StoreFullError, StoreBusyError):
            raise
        except StoreError as error:
            self._broken = self._broken or error
            raise self._broken from None

    def _damaged(self, error: DamagedError) -> StoreError:
        """Take nothing more, and move the file aside for the next run."""
        self._broken = self._broken or moved_aside(error)
        return self._broken

    def _put(self, table: Table, number: int, body: bytes) -> None:
        checks = self._checked(table)
        checks[number] = self._changes.put(table, number, body, checks.get(number))

    def _drop(self, table: Table, number: int) -> bool:
        check = self._checked(table).pop(number, None)
        if check is not None:
            self._changes.drop(table, number, check)
        return check is not None

    def _checked(self, table: Table) -> dict[int, int]:
        """Return the checks of the rows of a table, with all changes."""
        if table not in self._checks:
            with self._guarded():
                self._checks[table] = self._rows.checks(table)
        return self._checks[table]

    def _all_numbers(self) -> dict[str, int]:
        if self._numbers is None:
            with self._guarded():
                found = self._names.load()
            self._numbers = {name: number for number, name, _ in found}
            self._checks[Table.JOB] = {number: check for number, _, check in found}
        return self._numbers

    def _number(self, job: str) -> int:
        """Return the number of a job, which gets one if it has none."""
        numbers = self._all_numbers()
        number = numbers.get(job)
        if number is None:
            number, check = self._changes.add(Table.JOB, pack(job))
            numbers[job] = number
            self._checks[Table.JOB][number] = check
        return number

    def _knowledge(self) -> Knowledge:
        """Return what is learned from all that is recorded: kept up to date by each fact."""
        return super()._knowledge() if self._changes else self._learned()

    def _learned(self) -> Knowledge:
        if self._known is None:
            with self._guarded():
                self._known = super()._knowledge()
        return self._known

    def _learn(self) -> None:
        """Write what was learned, and up to which facts."""
        self._catch_up()
        if self._known is not None:
            knowledge = self._known
            for job in knowledge.changed:
                self._put(Table.LEARNED, job, pack(forms.of_learned(knowledge.jobs[job])))
            knowledge.changed.clear()
        last = self._last_session()
        for table in FACTS if last else ():
            if (end := self._next_fact(table, last)) > self._changes.tally(table).first:
                self._changes.mark(table, end)

    def _catch_up(self) -> None:
        """Learn of facts of which nothing was: those of a session that was killed.

        What is learned of them is written when the session ends, or in the same way by the next
        one: until then the marks stay before them. A run that goes on need not wait for that.
        """
        # Where nobody has asked for it and nothing is new, it need not be read.
        if self._known is None and self._unlearned(*self._marks()):
            self._learned()

    def _last_session(self) -> int:
        return max((number for number, *_ in self._sessions()), default=0)

    def _next_fact(self, table: Table, last: int) -> int:
        """Return the id of the next fact, given the last session: behind it, and all learned."""
        known = self._changes.tally(table).first
        if not last:
            return known
        tally = self._changes.tally(table, last)
        return max(known, tally.first + tally.rows)


def moved_aside(error: DamagedError) -> StoreError:
    """Move a damaged store aside; return the error that says so."""
    try:
        aside = set_aside(error.path)
    except OSError as why:
        return StoreError(f"{error}; it cannot be moved aside: {(why.strerror or '?').lower()}")
    return StoreError(f"{error}; it is now '{aside}': run again, and a new one is made")
