"""Read a store: each answer is what was recorded, or an error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Self

from treadle.store import forms
from treadle.store.forms import Learned
from treadle.store.lock import Holder, holder_of
from treadle.store.recorded import Recorded
from treadle.store.records import (
    AttemptRecord,
    End,
    FileEntry,
    Product,
    RunRecord,
    Session,
    Start,
)
from treadle.store.rows import Rows
from treadle.store.tables import Table


def _median(numbers: tuple[float, ...]) -> float:
    ordered, half = sorted(numbers), len(numbers) // 2
    return ordered[half] if len(numbers) % 2 else (ordered[half - 1] + ordered[half]) / 2


class Reader(Recorded):
    """What is kept, as it is now. Used by one thread at a time, and as a context manager.

    All methods raise `StoreError` when the store cannot be read or is damaged.

    Args:
        rows: of the store.
        lock: the path of the writer's lock.
    """

    def __init__(self, rows: Rows, lock: Path) -> None:
        super().__init__(rows)
        self._lock_path = lock

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; to close it again is no mistake."""
        self._rows.connection.close()

    def holder(self) -> Holder | None:
        """Return who writes the store now, as the kernel knows; None if nobody does."""
        return holder_of(self._lock_path)

    def runs(self, limit: int | None = None) -> list[RunRecord]:
        """Return the runs, the one that was worked on last first.

        Args:
            limit: so many at most.
        """
        runs: dict[str, list[Session]] = {}
        for _, name, session in self._sessions():
            runs[name] = [*runs.pop(name, []), session]
        found = [RunRecord(name, tuple(sessions)) for name, sessions in runs.items()]
        return found[::-1][:limit]

    def run(self, name: str) -> RunRecord | None:
        """Return a run; None if it is not kept."""
        return next((run for run in self.runs() if run.name == name), None)

    def jobs(self) -> list[str]:
        """Return the names of all jobs of which something is kept."""
        return [name for _, name, _ in self._names.load()]

    def starts(self, run: str) -> Iterator[Start]:
        """Yield the attempts that began in a run, in the order recorded."""
        for session, _ in self._sessions_of(run):
            for _, begun in self._begun(session):
                yield begun.start

    def ends(self, run: str) -> Iterator[End]:
        """Yield what came of attempts and jobs in a run, in the order recorded."""
        for session, _ in self._sessions_of(run):
            for _, _, end in self._ended(session):
                yield end

    def values(self, run: str) -> dict[str, dict[str, str]]:
        """Return what jobs gave to others in a run, by job and name."""
        given: dict[str, dict[str, str]] = {}
        for session, _ in self._sessions_of(run):
            for number, body, _ in chain.from_iterable(self._facts(Table.GIVEN, session)):
                job, values = self._form(Table.GIVEN, number, forms.to_given, body, self._names)
                given.setdefault(job, {}).update(values)
        return given

    def attempts(self, job: str, limit: int = 50) -> list[AttemptRecord]:
        """Return attempts of a job in all runs that are kept, the newest first.

        Args:
            job: its name.
            limit: so many at most.
        """
        number = next((n for n, name, _ in self._names.load() if name == job), 0)
        learned = self._knowledge().jobs.get(number)
        if learned is None:
            return []
        return list(islice(self._chain(job, learned), max(limit, 0)))

    def _chain(self, job: str, learned: Learned) -> Iterator[AttemptRecord]:
        """Yield attempts: each one names the one before, which may have been removed."""
        start, end = learned.start, learned.end
        sessions = {number: (run, session) for number, run, session in self._sessions()}
        ranges = {n: self._rows.total(Table.STARTED, n) for n in sessions}
        while start:
            home = next((n for n, t in ranges.items() if t.first <= start < t.first + t.rows), 0)
            if not home:
                older = [n for n in sessions if ranges[n].first < start]
                for number in reversed(older):
                    run, session = sessions[number]
                    there = self._attempts_in(number, run, session)
                    yield from reversed([found for found in there if found.start.job == job])
                return
            run, session = sessions[home]
            begun = self._form(Table.STARTED, start, forms.to_start,
                               self._one(Table.STARTED, start), self._names)  # fmt: skip
            ended = end and self._form(Table.ENDED, end, forms.to_end,
                                       self._one(Table.ENDED, end), self._names)  # fmt: skip
            yield AttemptRecord(run, session.host, begun.start, ended or None)
            if begun.before[0] >= start:
                raise self._rows.damaged(f"row {start} of started is not after the one before")
            start, end = begun.before

    def _attempts_in(self, number: int, run: str, session: Session) -> Iterator[AttemptRecord]:
        ends = {(end.job, end.attempt): end for _, _, end in self._ended(number) if end.attempt}
        for _, begun in self._begun(number):
            start = begun.start
            yield AttemptRecord(run, session.host, start, ends.get((start.job, start.attempt)))

    def attempts_of(self, run: str) -> Iterator[AttemptRecord]:
        """Yield the attempts of a run in the order in which they began."""
        for number, session in self._sessions_of(run):
            yield from self._attempts_in(number, run, session)

    def durations(self) -> dict[str, float]:
        """Return how long jobs take: the median of their last 5 good attempts, in seconds."""
        known = self._knowledge().jobs
        return {
            self._names[job]: _median(learned.durations)
            for job, learned in known.items()
            if learned.durations
        }

    def bad(self) -> set[str]:
        """Return the jobs that failed or were skipped when they were last to run."""
        known = self._knowledge().jobs
        return {self._names[job] for job, learned in known.items() if learned.bad}

    def products(self, names: Iterable[str] | None = None) -> dict[str, Product]:
        """Return what the last good attempts of jobs were made of and made, by job.

        Args:
            names: only of these.
        """
        wanted = None if names is None else set(names)
        found = {}
        for number, body, _ in self._rows.whole(Table.PRODUCT):
            job = self._names[number]
            if wanted is None or job in wanted:
                found[job] = self._form(Table.PRODUCT, number, forms.to_product, job, body)
        return found

    def files(self) -> dict[str, FileEntry]:
        """Return the digests of files that are known, by path."""
        rows = self._rows.whole(Table.FILE)
        entries = (self._form(Table.FILE, number, forms.to_file, body) for number, body, _ in rows)
        return {entry.path: entry for entry in entries}
