"""Remove runs: as many stay as are asked for, and no more attempts than are good to have."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from treadle.store import forms
from treadle.store.changes import Changes
from treadle.store.records import RunRecord, Session
from treadle.store.rows import Rows
from treadle.store.tables import CUT, FACTS, Table, Tally

MOST = 1_000_000
"""Attempts in all runs together; the newest two stay, however many they have."""

IDLE = 100_000
"""Names of jobs that nothing refers to any more, before they are looked for."""

_ALWAYS = 2  # runs
_STEP = 20_000  # rows that one transaction removes


class Retention:
    """What may go from a store.

    Args:
        rows: of the store.
        changes: to it.
    """

    def __init__(self, rows: Rows, changes: Changes) -> None:
        self._rows = rows
        self._changes = changes

    def drop_runs(
        self,
        runs: Sequence[RunRecord],
        sessions: Sequence[tuple[int, str, Session]],
        keep: int,
        current: str,
    ) -> list[str]:
        """Drop the runs that may go, the newest first in `runs`; their facts are cut later."""
        sizes: dict[str, int] = {}
        for number, name, _ in sessions:
            sizes[name] = sizes.get(name, 0) + self._changes.tally(Table.ENDED, number).rows
        kept, attempts = 0, 0
        gone = set()
        for run in runs:
            kept, attempts = kept + 1, attempts + sizes[run.name]
            too_many = kept > max(keep, 1) or (attempts > MOST and kept > _ALWAYS)
            if too_many and run.name != current:
                gone.add(run.name)
        self._drop([number for number, name, _ in sessions if name in gone])
        return [run.name for run in reversed(runs) if run.name in gone]

    def _drop(self, numbers: Collection[int]) -> None:
        for table in (Table.SESSION, Table.FINISH):
            checks = self._rows.checks(table) if numbers else {}
            for number in numbers:
                if number in checks:
                    self._changes.drop(table, number, checks[number])
        for number in numbers:
            self._changes.drop_facts(number)

    def cut_facts(self, sessions: Iterable[int]) -> None:
        """Remove facts of which no session is left, some at a time."""
        kept = list(sessions)
        for table in FACTS:
            low = 1
            ranges = [self._changes.tally(table, session) for session in kept]
            for tally in [*ranges, Tally(self._changes.tally(table).first)]:
                for start in range(self._first(table, low, tally.first), tally.first, _STEP):
                    last = min(start + _STEP, tally.first) - 1
                    self._rows.connection.execute(CUT[table], (start, last))
                low = max(low, tally.first + tally.rows)

    def _first(self, table: Table, low: int, end: int) -> int:
        """Return the first id that is there, from `low` on; at most `end`."""
        found = self._rows.next_id(table, low)
        return end if found is None else min(found, end)

    def may_have_idle_jobs(self, sessions: Iterable[int]) -> bool:
        """Whether there are so many names that it is worth a look which of them are used."""
        tally = self._changes.tally
        used = sum(tally(Table.ENDED, session).rows for session in sessions)
        return tally(Table.JOB).rows > used + tally(Table.PRODUCT).rows + IDLE

    def used_jobs(self, sessions: Iterable[int]) -> set[int]:
        """Return the jobs that facts name."""
        used: set[int] = set()
        for session in sessions:
            for table in FACTS:
                for found in self._rows.facts(table, session):
                    # A job that is unchanged has a product.
                    used.update(body[0] for _, body, _ in found if not forms.is_same(body))
        return used
