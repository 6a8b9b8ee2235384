"""Write a store: runs, attempts, products and files are noted, and recorded in groups."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from treadle.clock import SYSTEM
from treadle.errors import StoreError
from treadle.store import forms
from treadle.store.knowledge import Knowledge
from treadle.store.lock import Lock
from treadle.store.pending import Pending
from treadle.store.records import End, FileEntry, Product, Session, SessionEnd, Start
from treadle.store.retention import Retention
from treadle.store.rows import Rows
from treadle.store.tables import FACTS, Table, pack

_NONE: Mapping[str, str] = MappingProxyType({})


class Writer(Pending):
    """The one writer of a store; it reads, too: what is recorded, not what is buffered.

    Args:
        rows: of the store.
        lock: which it holds, and releases at the end.
        path: of the lock.
        version: of treadle.
    """

    def __init__(self, rows: Rows, lock: Lock, path: Path, version: str) -> None:
        super().__init__(rows, lock, path)
        self._version = version
        self._session = 0
        self._run = ""
        self._over = False
        self._paths: dict[str, int] | None = None

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
            self._catch_up()
            last = self._last_session()
            session = Session(
                number, SYSTEM.stamp(), os.uname().nodename, os.getpid(), self._version, about
            )
            body = pack(forms.of_session(name, session))
            self._session, _ = changes.add(Table.SESSION, body)
            for table in FACTS:
                changes.mark(table, self._next_fact(table, last), self._session)
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

    def unchanged(self, jobs: Iterable[int]) -> None:
        """Note that jobs are unchanged that were good or unchanged when they were last to run.

        That takes one row for all of them, and nothing is learned of it.

        Args:
            jobs: their numbers, see `numbers`.
        """
        self._refuse()
        if not self._session or self._over:
            raise StoreError(f"'{self._rows.path}': there is no run under way")
        body = pack(forms.of_same(sorted(jobs), SYSTEM.stamp()))
        number, _ = self._changes.add(Table.ENDED, body, self._session)
        if self._known is None:
            # All before it is learned, or else it would have been read.
            self._changes.mark(Table.ENDED, number + 1)

    def numbers(self) -> Mapping[str, int]:
        """Return the numbers of jobs; that of a job with a product is for good."""
        return self._all_numbers()

    def products_mark(self) -> str:
        """Return a text that is another one whenever a product is."""
        self._refuse()
        tally = self._changes.tally(Table.PRODUCT)
        return f"{tally.first} {tally.rows} {tally.total}"

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

    def _under_way(self) -> tuple[int, Knowledge]:
        self._refuse()
        if not self._session or self._over:
            raise StoreError(f"'{self._rows.path}': there is no run under way")
        return self._session, self._learned()
