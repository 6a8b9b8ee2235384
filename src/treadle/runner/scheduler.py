"""The scheduler of a run: it can be told to start nothing more, to wait, and to end."""

from __future__ import annotations

import math
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
from treadle.runner.recording import RETRY, Recording

if TYPE_CHECKING:
    from treadle.dag import DAG
    from treadle.engine import Outcome

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
        recording: Recording | None = None,
        goes_ahead: bool = True,
    ) -> None:
        super().__init__(
            provide, collect, queues, job_timeout=None, order=order, max_active=max_active
        )
        self._book = book
        self._last = last
        self._deadline = deadline
        self._load = load
        self._recording = recording
        self._goes_ahead = goes_ahead
        self._holds = load is not None or recording is not None
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
        if not self._draining and self._is_recorded():
            super().enqueue()

    def _is_recorded(self) -> bool:
        """Whether all is recorded that lets a job run."""
        recording = self._recording
        return recording is None or not self._run_of().offers or recording.flush()

    def wait(self) -> None:
        """See `Scheduler`; facts that are not recorded yet are, when their time has come."""
        recording = self._recording
        if recording is not None and recording.due is not None:
            if recording.due <= SYSTEM.monotonic():
                recording.flush()
            driver = self._run_of()
            if not driver.live:
                recording.end_patience()
            if recording.due is not None:
                driver.held_until = min(driver.held_until or math.inf, recording.due)
        super().wait()

    def launch(self) -> None:
        """See `Scheduler`; does nothing when nothing more is to be started."""
        if not self._draining:
            super().launch()
        else:
            self._run_of().held_until = None

    def _hold_until(self, now: float) -> float | None:
        recording = self._recording
        if recording is not None and recording.full is not None and not recording.flush():
            return now + RETRY
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
