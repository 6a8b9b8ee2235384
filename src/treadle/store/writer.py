"""Write a store: facts are buffered, and recorded by `flush` in one transaction.

Recorded means: SQLite has committed it with ``synchronous=FULL``, so that it survives a killed
process and a power failure. A failed sync is final: what the kernel could not write it may have
thrown away (the lesson of PostgreSQL's "fsyncgate", 2018), so nothing is tried on that file again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

from treadle.clock import SYSTEM
from treadle.errors import StoreBusyError, StoreError, StoreFullError
from treadle.store import forms
from treadle.store.changes import Changes
from treadle.store.database import set_aside
from treadle.store.faults import DamagedError
from treadle.store.knowledge import Knowledge
from treadle.store.lock import Lock
from treadle.store.reader import Reader
from treadle.store.records import End, FileEntry, Product, Session, SessionEnd, Start
from treadle.store.retention import Retention
from treadle.store.rows import FACTS, Rows, Table, pack

_NONE: Mapping[str, str] = MappingProxyType({})
_CHECKPOINT = 1000  # pages in the log, about, before they are taken into the database


class Writer(Reader):
    """The one writer of a store; it reads, too: what is recorded, not what is buffered.

    Args:
        rows: of the store.
        lock: which it holds, and releases at the end.
        path: of the lock.
        version: of treadle.
    """

    def __init__(self, rows: Rows, lock: Lock, path: Path, version: str) -> None:
        super().__init__(rows, path)
        rows.react = self._damaged
        self._lock = lock
        self._version = version
        self._changes = Changes(rows)
        self._session = 0
        self._run = ""
        self._over = False
        self._broken: StoreError | None = None
        self._pages = 0
        self._checks: dict[Table, dict[int, int]] = {}
        self._numbers: dict[str, int] | None = None
        self._paths: dict[str, int] | None = None
        self._known: Knowledge | None = None

    def begin(self, name: str, about: Mapping[str, Any]) -> None:
        """Begin a run; recorded at once.

        Args:
            name: of the run.
            about: what is to be said of its first session; values that JSON has.

        Raises:
            StoreError: there is a run of that name.
        """
        sessions = self._sessions()
        if any(run == name for _, run, _ in sessions):
            raise StoreError(f"'{self._rows.path}' has a run '{name}' already")
        self._open(name, 1, about)

    def resume(self, name: str, about: Mapping[str, Any]) -> None:
        """Begin another session of a run, all facts of which are checked first.

        Raises:
            StoreError: there is no such run.
        """
        sessions = self._sessions_of(name)
        if not sessions:
            raise StoreError(f"'{self._rows.path}' has no run '{name}'")
        with self._guarded():
            for session, _ in sessions:
                for table in FACTS:
                    self._rows.verify(table, session)
        self._open(name, len(sessions) + 1, about)

    def _open(self, name: str, number: int, about: Mapping[str, Any]) -> None:
        self._refuse()
        if self._session and not self._over:
            raise StoreError(f"'{self._rows.path}': run '{self._run}' is under way")
        changes = self._changes
        with self._guarded():
            self._learn()
            session = Session(
                number, SYSTEM.stamp(), os.uname().nodename, os.getpid(), self._version, about
            )
            body = pack(forms.of_session(name, session))
            self._session, _ = changes.add(Table.SESSION, body)
            for table in FACTS:
                changes.mark(table, changes.tally(table).first, self._session)
        self._run, self._over = name, False
        self._lock.tell(name)
        self.flush()

    def started(self, start: Start) -> None:
        """Note that an attempt begins; recorded by the next `flush`."""
        session, knowledge = self._under_way()
        job = self._number(start.job)
        body = pack(forms.of_start(job, knowledge.before(job), start))
        number, _ = self._changes.add(Table.STARTED, body, session)
        knowledge.begin(number, job, start.attempt)

    def ended(
        self, end: End, values: Mapping[str, str] = _NONE, product: Product | None = None
    ) -> None:
        """Note what came of an attempt or a job; recorded by the next `flush`, all or nothing.

        Args:
            end: what came of it.
            values: what it gives to other jobs.
            product: what it was made of and made, if that is to be kept.

        Raises:
            StoreError: one of them is too large.
        """
        session, knowledge = self._under_way()
        changes = self._changes
        job = self._number(end.job)
        body = pack(forms.of_end(job, end))
        given = pack(forms.of_given(job, values)) if values else None
        if product is not None:
            self._put(Table.PRODUCT, self._number(product.job), pack(forms.of_product(product)))
        if given is not None:
            changes.add(Table.GIVEN, given, session)
        number, _ = changes.add(Table.ENDED, body, session)
        knowledge.end(number, job, end)

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

    def finish(self, end: SessionEnd) -> None:
        """Record that the session ends, and what was learned in it. Raises what `flush` does."""
        self._refuse()
        if self._session and not self._over:
            with self._guarded():
                self._changes.put(Table.FINISH, self._session, pack(forms.of_finish(end)))
                self._learn()
            self._over = True
        self.flush()

    def keep_files(self, entries: Iterable[FileEntry], gone: Iterable[str] = ()) -> None:
        """Record digests of files, and that others need not be known. Raises what `flush` does."""
        self._refuse()
        with self._guarded():
            if self._paths is None:
                rows = self._rows.whole(Table.FILE)
                self._checks[Table.FILE] = {number: check for number, _, check in rows}
                self._paths = {self._form(Table.FILE, number, forms.to_file, body).path: number
                               for number, body, _ in rows}  # fmt: skip
            for path in gone:
                self._drop(Table.FILE, self._paths.pop(path, 0))
            for entry in entries:
                self._keep_file(self._paths, entry)
        self.flush()

    def _keep_file(self, paths: dict[str, int], entry: FileEntry) -> None:
        if entry.path in paths:
            self._put(Table.FILE, paths[entry.path], pack(forms.of_file(entry)))
            return
        number, check = self._changes.add(Table.FILE, pack(forms.of_file(entry)))
        paths[entry.path] = number
        self._checks[Table.FILE][number] = check

    def forget(self, jobs: Iterable[str]) -> int:
        """Forget products of jobs, how long they take, and whether they are bad.

        Returns:
            Of how many jobs something was known. Their attempts stay in the history.
        """
        self._refuse()
        with self._guarded():
            knowledge, count = self._learned(), 0
            names = {job: self._number(job) for job in jobs if job in self._all_numbers()}
            for number in names.values():
                had_product = self._drop(Table.PRODUCT, number)
                count += knowledge.forget(number) or had_product
            self._learn()
        self.flush()
        return count

    def learn(self, durations: Mapping[str, float], bad: Iterable[str]) -> None:
        """Take over what was kept before there was a store, of jobs that it does not know."""
        self._refuse()
        failed = set(bad)
        with self._guarded():
            for job in sorted(failed.union(durations)):
                took = (durations[job],) if job in durations else ()
                self._learned().set(self._number(job), job in failed, took)
            self._learn()
        self.flush()

    def prune(self, keep_runs: int) -> list[str]:
        """Remove all but the newest runs, and what nothing refers to any more.

        Args:
            keep_runs: how many stay, at least 1; the one under way always does.

        Returns:
            The names of the runs that were removed, the oldest one first.
        """
        self._refuse()
        with self._guarded():
            self._learn()
        self.flush()
        with self._guarded():
            retention = Retention(self._rows, self._changes)
            removed = retention.drop_runs(self.runs(), self._sessions(), keep_runs, self._run)
        self.flush()
        with self._guarded(), self._rows.mapped("written"):
            retention.cut_facts([number for number, *_ in self._sessions()])
            self._drop_names(retention)
        self.flush()
        if removed:
            self._checkpoint()
        return removed

    def _drop_names(self, retention: Retention) -> None:
        """Drop the names of jobs that no run and no product has any more, if they are many."""
        sessions = [number for number, *_ in self._sessions()]
        if not retention.may_have_idle_jobs(sessions):
            return
        numbers, knowledge = self._all_numbers(), self._learned()
        used = retention.used_jobs(sessions).union(self._checked(Table.PRODUCT))
        for job, number in list(numbers.items()):
            if number not in used:
                self._drop(Table.JOB, number)
                self._drop(Table.LEARNED, number)
                knowledge.jobs.pop(number, None)
                del numbers[job]
        self._names.clear()

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

    def _under_way(self) -> tuple[int, Knowledge]:
        self._refuse()
        if not self._session or self._over:
            raise StoreError(f"'{self._rows.path}': there is no run under way")
        return self._session, self._learned()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """What goes wrong inside breaks the writer, unless it may be tried again."""
        try:
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
        knowledge, changes = self._learned(), self._changes
        for job in knowledge.changed:
            self._put(Table.LEARNED, job, pack(forms.of_learned(knowledge.jobs[job])))
        knowledge.changed.clear()
        last = max((number for number, *_ in self._sessions()), default=self._session)
        for table in FACTS if last else ():
            tally = changes.tally(table, last)
            if (end := tally.first + tally.rows) > changes.tally(table).first:
                changes.mark(table, end)


def moved_aside(error: DamagedError) -> StoreError:
    """Move a damaged store aside; return the error that says so."""
    try:
        aside = set_aside(error.path)
    except OSError as why:
        return StoreError(f"{error}; it cannot be moved aside: {(why.strerror or '?').lower()}")
    return StoreError(f"{error}; it is now '{aside}': run again, and a new one is made")
