"""The records of a store, as they come out of its rows: what reading and writing stand on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from treadle.errors import StoreError
from treadle.store import forms
from treadle.store.faults import DamagedError
from treadle.store.forms import Begun, FormError
from treadle.store.knowledge import Knowledge
from treadle.store.records import End, Session
from treadle.store.rows import Rows
from treadle.store.tables import FACTS, Table

T = TypeVar("T")


class Names(dict[int, str]):
    """Names of jobs by number. What is not known is looked up: a writer may have added it."""

    def __init__(self, rows: Rows) -> None:
        super().__init__()
        self._rows = rows

    def __missing__(self, number: int) -> str:
        self.load()
        if number not in self:
            raise self._rows.damaged(f"job {number} has no name")
        return self[number]

    def load(self) -> list[tuple[int, str, int]]:
        """Read all names; return numbers, names and checks."""
        found = self._rows.whole(Table.JOB)
        if not {str}.issuperset(type(name) for _, name, _ in found):
            raise self._rows.damaged("a row of job has another form")
        self.update((number, name) for number, name, _ in found)
        return found


def _unchanged(job: str, at: float) -> End:
    return End(job, 0, "unchanged", at)


class Recorded:
    """The records of a store.

    Args:
        rows: of the store.
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._names = Names(rows)

    def _form(self, table: Table, number: int, to: Callable[..., T], *what: Any) -> T:
        """Return what a function makes of the body of a row."""
        try:
            return to(*what)
        except FormError:
            name = table.name.lower()
            raise self._rows.damaged(f"row {number} of {name} has another form") from None

    def _sessions(self) -> list[tuple[int, str, Session]]:
        """Return all sessions, the first one first: ids, runs, what is known of them."""
        rows = self._rows
        with rows.at_once():
            sessions, finishes = rows.whole(Table.SESSION), rows.whole(Table.FINISH)
        ends = {number: self._form(Table.FINISH, number, forms.to_finish, body)
                for number, body, _ in finishes}  # fmt: skip
        found = []
        for number, body, _ in sessions:
            run, session = self._form(Table.SESSION, number, forms.to_session, body)
            found.append((number, run, session._replace(end=ends.get(number))))
        return found

    def _sessions_of(self, run: str) -> list[tuple[int, Session]]:
        return [(number, session) for number, name, session in self._sessions() if name == run]

    def _begun(self, session: int, beyond: int = 0) -> Iterator[tuple[int, Begun]]:
        names, to_start = self._names, forms.to_start
        for found in self._facts(Table.STARTED, session, beyond):
            number = 0
            try:
                for number, body, _ in found:
                    yield number, to_start(body, names)
            except FormError:
                raise self._rows.damaged(f"row {number} of started has another form") from None

    def _ended(self, session: int, beyond: int = 0) -> Iterator[tuple[int, int, End]]:
        names, to_end = self._names, forms.to_end
        for found in self._facts(Table.ENDED, session, beyond):
            number = 0
            try:
                for number, body, _ in found:
                    if forms.is_same(body):
                        jobs, at = forms.to_same(body)
                        yield from ((number, job, _unchanged(names[job], at)) for job in jobs)
                        continue
                    end = to_end(body, names)
                    yield number, body[0], end
            except FormError:
                raise self._rows.damaged(f"row {number} of ended has another form") from None

    def _facts(
        self, table: Table, session: int, beyond: int = 0
    ) -> Iterator[list[tuple[int, Any, int]]]:
        """Yield pieces of the facts of a session, which somebody may remove meanwhile."""
        try:
            yield from self._rows.facts(table, session, beyond)
        except DamagedError:
            if session not in {number for number, *_ in self._sessions()}:
                raise StoreError(f"'{self._rows.path}': the run was removed meanwhile") from None
            raise

    def _knowledge(self) -> Knowledge:
        """Return what is learned from all that is recorded."""
        rows = self._rows
        with rows.at_once():
            known = rows.whole(Table.LEARNED)
            begun, ended = self._marks()
        jobs = {number: self._form(Table.LEARNED, number, forms.to_learned, body)
                for number, body, _ in known}  # fmt: skip
        knowledge = Knowledge(jobs, self._attempt_of)
        for session in self._unlearned(begun, ended):
            for number, fact in self._begun(session, begun):
                knowledge.begin(number, fact.job, fact.start.attempt)
            for number, job, end in self._ended(session, ended):
                knowledge.end(number, job, end)
        return knowledge

    def _marks(self) -> tuple[int, int]:
        """Return the ids of the last start and the last end that something was learned of."""
        begun, ended = (self._rows.total(table).first - 1 for table in FACTS[:2])
        return begun, ended

    def _unlearned(self, begun: int, ended: int) -> list[int]:
        """Return the sessions that have facts beyond these ids."""
        found = []
        for session, *_ in self._sessions():
            marks = zip(FACTS, (begun, ended), strict=False)
            tallies = ((self._rows.total(table, session), mark) for table, mark in marks)
            if any(tally.first + tally.rows - 1 > mark for tally, mark in tallies):
                found.append(session)
        return found

    def _attempt_of(self, start: int) -> int:
        """Return the number of an attempt; 0 if it was removed."""
        body = self._rows.one(Table.STARTED, start)
        if body is None:
            return 0
        return self._form(Table.STARTED, start, forms.to_start, body, self._names).start.attempt

    def _one(self, table: Table, number: int) -> Any:
        found = self._rows.one(table, number)
        if found is None:
            raise self._rows.damaged(f"row {number} of {table.name.lower()} is missing")
        return found
