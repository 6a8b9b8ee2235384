"""Jobs that are Python functions, for a scheduler: in threads, on an event loop, in processes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from treadle.clock import SYSTEM
from treadle.engine import Outcome
from treadle.errors import ProcessError
from treadle.job import Job
from treadle.report.reasons import Ending
from treadle.runner.binding import keywords
from treadle.runner.failure import GOOD, ending_of, given_up, stripped, traceback_of
from treadle.runner.looked import Looked

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from treadle.job.base import NotifyEndType
    from treadle.job.scheduler import Scheduler
    from treadle.process.conditions import Usage
    from treadle.runner.mixed import Mixed
    from treadle.workflow.plan import Call, PlannedJob


class FunctionJob(Looked, Job):
    """A call in a thread; see `treadle.runner.runjob.RunJob` for what a run asks of it.

    Args:
        uid: its name.
        data: what the workflow says of it.
        notify_end: see `Job`.
        of: the run.

    Attributes:
        raised: what the function raised.
    """

    first_began: float | None = None
    values: dict[str, str] | None = None
    usage: Usage | None = None
    raised: BaseException | None = None
    value: Any = None
    log: str | None = None
    _has_value = False
    _end: Ending | None = None

    def __init__(self, uid: str, data: PlannedJob, notify_end: NotifyEndType, of: Mixed) -> None:
        super().__init__(uid, data, notify_end)
        assert data.call is not None
        self.name = uid
        self.planned = data
        self.call: Call = data.call
        self.of = of
        sizes = of.queues
        self.queue_name = data.queue
        self.tokens = min(data.tokens, sizes[data.queue])
        self.further_tokens = {name: min(n, sizes[name]) for name, n in data.further.items()}
        self.timeout = min(data.timeout, data.total_timeout or math.inf)
        self.grace = data.grace
        # Taken here, on the thread that drives the run, where nothing changes them.
        self.arguments: dict[str, Any] = {}
        self._offered(of.upkeep)

    @property
    def priority(self) -> float:
        """As the workflow says."""
        return self.planned.priority

    @property
    def began(self) -> float:
        """When the attempt began; if it never did, when it ended."""
        return self._began if self._started_at is not None else SYSTEM.monotonic()

    @property
    def over(self) -> float:
        """When the attempt ended."""
        return self.began + self._took if self._stopped_at is not None else SYSTEM.monotonic()

    def on_start(self, scheduler: Scheduler) -> None:  # noqa: ARG002 -- the seed's signature
        """Tell that the attempt begins, if it does."""
        if self.is_idle:
            return
        if self.first_began is None:
            self.first_began = SYSTEM.monotonic() - self.of.spent(self.name)
        self.of.started(self)

    @property
    def is_called(self) -> bool:
        """Whether the function is called in this attempt."""
        return not self.is_idle and not (self.look is not None and self.look.fault)

    def run(self) -> None:
        """Call the function."""
        if not self.is_called:
            return
        try:
            self._returned(self.call.function(**self._keywords()))
        except BaseException as error:  # noqa: BLE001 -- whatever it is, it is the job's
            self.raised = stripped(error)

    def _keywords(self) -> dict[str, Any]:
        return keywords(self.of.plan.jobs, self.planned, self.of.book.results)

    def _returned(self, value: Any) -> None:
        self.value = value
        self._has_value = True

    def end(self) -> Ending:
        """Return how the attempt ended, and keep its value or what it raised."""
        if self._end is None:
            self._end = self.of.finished(self, self._ending())
            book, error = self.of.book, self._end.raised or self._end.error
            if self._end.is_good(self.planned):
                book.results[self.name] = self.value
            elif error is not None:
                book.errors[self.name] = error
                self._keep(error)
        return self._end

    def _ending(self) -> Ending:
        if self.look is not None and self.look.fault:
            return Ending("spawn_failed", error=ProcessError(self.look.fault), final=True)
        outcome = self.outcome or Outcome.LOST
        if outcome is Outcome.STUCK:
            took = SYSTEM.monotonic() - self.began
            limit = math.inf if self.timeout is None else self.timeout
            cause = Outcome.TIMED_OUT if took >= limit else None
            return given_up(self.planned, cause, self.timeout)
        if outcome in (Outcome.LOST, Outcome.SPAWN_FAILED, Outcome.SIGNALLED):
            return Ending(str(outcome))
        if outcome is not Outcome.TIMED_OUT and self._has_value:
            # It may have been asked to end, and could not hear that: it did what it is for.
            return GOOD
        if outcome is Outcome.INTERRUPTED:
            return Ending("interrupted")
        return ending_of(self.planned, outcome, self.raised, self.timeout)

    def _keep(self, error: BaseException) -> None:
        """Write the traceback where the output of a command would be."""
        self.log = self._log_name()
        try:
            with open(self.log, "a", encoding="utf-8", errors="replace") as file:
                file.write(traceback_of(error))
        except OSError:
            self.log = None

    def _log_name(self) -> str:
        return f"{self.of.stem(self.name)}.{self.number}.log"

    def _renew(self) -> None:
        super()._renew()
        self._end = self.raised = self.value = self.log = self.usage = None
        self._has_value = False
        self._look_again(self.requeue_delay or 0.0)
        total, first = self.planned.total_timeout, self.first_began
        if total is not None and first is not None:
            left = total - (SYSTEM.monotonic() - first)
            self.timeout = max(min(self.planned.timeout, left), 1e-3)


class CoroutineJob(FunctionJob):
    """A call of a coroutine function: a task on the event loop of the run."""

    _task: asyncio.Task[Any] | None = None
    _notify: Callable[[Any], object]
    _loop: asyncio.AbstractEventLoop

    def start(self, slot: int) -> None:
        """Begin an attempt on the loop, and return at once."""
        self.slot = slot
        notify: Any = self.notify_end
        self._notify = notify.stamped() if hasattr(notify, "stamped") else notify
        self.record_start_time()
        self._loop = self.of.loop
        self._loop.call_soon_threadsafe(self._begin)

    def _begin(self) -> None:
        if self.interrupted or not self.is_called:
            self._over()
            return
        try:
            self._task = self._loop.create_task(
                self.call.function(**self._keywords()), name=self.name
            )
        except BaseException as error:  # noqa: BLE001 -- whatever it is, it is the job's
            self.raised = stripped(error)
            self._over()
            return
        self._task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        if not task.cancelled():
            self.raised = task.exception()
            if self.raised is None:
                self._returned(task.result())
        elif not self.interrupted:
            self.raised = InterruptedError("the coroutine was cancelled, and not by treadle")
        self._over()

    def _over(self) -> None:
        self.record_stop_time()
        self._task = None
        self._notify(self.uid)

    def interrupt(self) -> bool:
        """Cancel the coroutine; True if it was not told before."""
        first = super().interrupt()
        if first:
            self._loop.call_soon_threadsafe(self._cancel)
        return first

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _renew(self) -> None:
        super()._renew()
        self._task = None
