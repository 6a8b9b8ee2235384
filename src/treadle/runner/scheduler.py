"""The scheduler of a run: it can be told to start nothing more, to wait, and to end."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from treadle.clock import SYSTEM
from treadle.errors import RunInterrupted
from treadle.job import Job
from treadle.job.scheduler import Scheduler
from treadle.runner.book import Book
from treadle.runner.job import WorkflowJob

if TYPE_CHECKING:
    from treadle.dag import DAG
    from treadle.engine import Outcome
    from treadle.job.ledger import Ledger

_ASK_LOAD = 1.0  # seconds; the kernel computes it each 5 s


class DeadlinePassed(RunInterrupted):
    """The time of the run is up."""


class RunScheduler(Scheduler):
    """Runs jobs of a plan.

    Args:
        provide: makes the jobs.
        collect: takes their ends.
        queues: tokens of each.
        book: says whether anything more is to be started.
        order: which of the ready jobs goes first.
        max_active: jobs at a time.
        deadline: the instant at which the run is stopped.
        load: nothing is started while the load average is above this, and something runs.
        last: what is cut short elsewhere is brought to its end here: the book is not asked.
        recording: takes the facts to the store; what follows from them waits for that.
        goes_ahead: the next job may be started before the last one is collected.
    """

    # They only count and tell: an exception in the middle of a line would harm the line.
    _callbacks_are_quick = True

    def __init__(
        self,
        provide: Callable[..., Job],
        collect: Callable[[Job], bool],
        queues: dict[str, int],
        *,
        book: Book,
        order: str | Mapping[Any, float],
        max_active: int | None,
        deadline: float | None = None,
        load: float | None = None,
        last: bool = False,
        recording: Ledger | None = None,
        goes_ahead: bool = True,
    ) -> None:
        super().__init__(
            provide, collect, queues, job_timeout=None, order=order, max_active=max_active
        )
        self._book = book
        self._last = last
        self._deadline = deadline
        self._load = load
        self._ledger = recording
        self._goes_ahead = goes_ahead
        self._holds = load is not None
        self._alarm: threading.Timer | None = None

    # -- not going on --------------------------------------------------------------------

    @property
    def _draining(self) -> bool:
        return self._book.draining and not self._last

    def _may_go_ahead(self, job: Job, outcome: Outcome) -> bool:
        # After a failure it may be that nothing more is to be started.
        if job.__class__ is not WorkflowJob or self._draining:
            return False
        return job.is_idle or job.end(outcome).is_good(job.planned)

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do."""
        if self._draining:
            return not self.active_jobs
        return super().is_finished

    def enqueue(self) -> None:
        """See `Scheduler`; does nothing when nothing more is to be started."""
        if not self._draining:
            super().enqueue()

    def launch(self) -> None:
        """See `Scheduler`; does nothing when nothing more is to be started."""
        if not self._draining:
            super().launch()

    def _hold_until(self, now: float) -> float | None:
        # With nothing running the load is not ours, and might never fall.
        if self._load is None or not self.active_jobs:
            return None
        return now + _ASK_LOAD if os.getloadavg()[0] > self._load else None

    # -- the deadline --------------------------------------------------------------------

    def init_state(self, dag: DAG) -> None:
        """See `Scheduler`; from here on the deadline is heard."""
        super().init_state(dag)
        if self._deadline is not None:
            left = max(0.0, self._deadline - SYSTEM.monotonic())
            self._alarm = threading.Timer(left, self._halt, [DeadlinePassed("its time was up")])
            self._alarm.daemon = True
            self._alarm.start()

    def run(self, dag: DAG) -> None:
        """See `Scheduler`.

        Raises:
            DeadlinePassed: the time of the run is up.
        """
        try:
            super().run(dag)
        finally:
            self._disarm()

    def _stop(self, error: BaseException) -> list[BaseException]:
        # It is being stopped already: the deadline is not to make that harder.
        self._disarm()
        return super()._stop(error)

    def _disarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()

    # -- attempts ------------------------------------------------------------------------

    def slot_of(self, job: Job) -> int:
        """Return the slot of a job that is about to be started."""
        attempt = self._run_of().engine.active.get(job.uid)
        return attempt.slot if attempt is not None else job.slot

    def shorten(self, job: Job, seconds: float) -> None:
        """Give an attempt that is about to be started this much time, and no more."""
        attempt = self._run_of().engine.active[job.uid]
        attempt.spec = attempt.spec._replace(timeout=seconds)
