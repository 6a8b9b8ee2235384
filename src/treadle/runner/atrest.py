"""A run in which nothing is to be run: every job has a seal that is not broken."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from treadle.runner.execution import Execution
from treadle.runner.incremental.kinds import is_gathering
from treadle.workflow.graph import in_order

if TYPE_CHECKING:
    from treadle.runner.kept import Kept
    from treadle.runner.past import Past
    from treadle.runner.precedence import Order
    from treadle.workflow import Plan


def is_at_rest(plan: Plan, chosen: Sequence[str], kept: Kept) -> bool:
    """Tell whether all that is to be done is to say that nothing has changed."""
    sealed, jobs = kept.unbroken, plan.jobs
    rest = [jobs[name] for name in chosen if name not in sealed] if sealed else ()
    if not sealed or any(not is_gathering(job) or job.when or job.on for job in rest):
        return False
    return all(jobs[name].when is None and not jobs[name].on for name in sealed)


class AtRest(Execution):
    """One run in which nothing is run; see `Execution`. The scheduler is not even loaded."""

    def _settle(self, kept: Kept, past: Past | None) -> Collection[str]:
        del past
        if len(kept.unbroken) < len(self.chosen):
            self.recording = self._recording(kept)
        return {name: None for name in self.chosen if name in kept.unbroken}

    def run_jobs(self, needs: Mapping[str, Sequence[str]], order: Order, *, last: bool) -> None:
        """See `Execution`; what is left only gathers other jobs."""
        del order, last
        for name in in_order(needs):
            self.book.gathered(name)
