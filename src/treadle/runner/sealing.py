"""Seals on what a run has left unchanged, for the next one; see `…incremental.seals`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from treadle.runner.incremental.kinds import is_gathering
from treadle.workflow.graph import in_order

if TYPE_CHECKING:
    from treadle.runner.book import Book
    from treadle.runner.incremental.freshness import Freshness
    from treadle.runner.incremental.seals import Seals
    from treadle.store.writer import Writer
    from treadle.workflow import Plan


class Sealing:
    """Puts seals on the jobs of one run.

    Args:
        plan: all jobs.
        chosen: names of those that are to run.
        seals: of the jobs.
        freshness: looks at them.
        pass_by: is told of jobs that have nothing to run.
    """

    def __init__(
        self,
        plan: Plan,
        chosen: Sequence[str],
        seals: Seals,
        freshness: Freshness,
        pass_by: Callable[[str], object],
    ) -> None:
        self.seals = seals
        self._plan = plan
        self._chosen = chosen
        self._freshness = freshness
        self._pass_by = pass_by

    def close(self, found: Collection[str], book: Book, writer: Writer) -> None:
        """Seal what ran and is unchanged now.

        Args:
            found: the jobs that did not run.
            book: says what came of the others.
            writer: the store.
        """
        jobs = self._plan.jobs
        ran = [name for name in self._chosen if name not in found]
        self.seals.drop(name for name in ran if not is_gathering(jobs[name]))
        self._freshness.look_afresh(found)
        fine, left = {*found}, {*ran}
        needs = {name: [need for need in jobs[name].needs if need in left] for name in ran}
        for name in in_order(needs):
            job = jobs[name]
            if job.when is not None or job.on or not fine.issuperset(job.needs):
                continue
            if is_gathering(job):
                self._pass_by(name)
            elif not book.is_fine(name) or not self._is_unchanged(name):
                continue
            fine.add(name)
        self.seals.close(writer)

    def _is_unchanged(self, name: str) -> bool:
        seal = self.seals.look(name)
        if not self._freshness.is_unchanged(name):
            return False
        self.seals.put_on(name, seal, self._freshness.files)
        return True
