"""What a job is: the class that users derive from."""

from __future__ import annotations

import itertools
import logging
from abc import ABCMeta, abstractmethod
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from treadle.clock import SYSTEM
from treadle.engine.model import Outcome
from treadle.executors.threads import JobThread, ThreadCache
from treadle.job.lock import JobLock
from treadle.job.ticket import Ticket
from treadle.status import ReturnValue

if TYPE_CHECKING:
    from treadle.engine import VertexID
    from treadle.job.scheduler import Scheduler

logger = logging.getLogger("treadle.job")

NotifyEndType = Callable[[Any], object]


class JobTimingInfo(NamedTuple):
    """When a job ran.

    Attributes:
        start_time: in UTC; None if it was never started.
        stop_time: in UTC; None while it runs.
        duration: seconds, not affected by changes of the clock; grows while it runs.
    """

    start_time: datetime | None
    stop_time: datetime | None
    duration: float


class Job(metaclass=ABCMeta):
    """One unit of work; derived classes say in `run` what it is.

    Args:
        uid: the job's id, unique in its graph.
        data: whatever the graph holds for it.
        notify_end: to be called with `uid` when the job has ended; `start` sees to it.

    Attributes:
        lock: held while the provider or `collect` runs, and while a process is spawned.
        slot: the number of the attempt among those that are active.
        handle: what the attempt runs in, with `is_alive()` and `join()`.
        should_skip: the scheduler collects the job without starting it.
        interrupted: the attempt was told to end.
        queue_name: the queue whose tokens it takes.
        tokens: how many it takes.
        further_tokens: tokens of further queues, by name, that it takes together with its own.
        timeout: seconds that an attempt may take; None for the scheduler's `job_timeout`.
        grace: seconds from an interrupt to a kill; None for what fits its kind.
        requeue_delay: seconds before it is queued again; None for the scheduler's `requeue_delay`.
        exception: what `run` raised in this attempt.
        outcome: how the last attempt ended (`treadle.engine.Outcome`); None before.
        attempt: the number of the attempt, from 1; 0 before the first.
    """

    lock: ClassVar[JobLock] = JobLock()
    index_counter: ClassVar[itertools.count[int]] = itertools.count()

    further_tokens: Mapping[str, float] = MappingProxyType({})
    timeout: float | None = None
    grace: float | None = None
    requeue_delay: float | None = None
    exception: BaseException | None = None
    outcome: Outcome | None = None
    attempt: int = 0

    _threads: ThreadCache | None = None
    _polite = 0
    _started_at: float | None = None
    _stopped_at: float | None = None
    _began = 0.0
    _took = 0.0

    def __init__(self, uid: VertexID, data: Any, notify_end: NotifyEndType) -> None:
        self.uid = uid
        self.data = data
        self.notify_end = notify_end
        self.slot = 1
        self.handle: JobThread | Any = None
        self.thread: None = None
        self.should_skip = False
        self.interrupted = False
        self.queue_name = "default"
        self.tokens: float = 1
        self.index = next(Job.index_counter)

    @property
    def priority(self) -> float:
        """Higher starts first. Read once each time the job is queued."""
        return 0

    @property
    def status(self) -> ReturnValue:
        """A failure if `run` raised, never began or did not end; else a success."""
        never_began = self.interrupted and not self._ran
        never_ended = self.outcome is Outcome.STUCK
        failed = self.exception is not None or never_began or never_ended
        return ReturnValue.failure if failed else ReturnValue.success

    _ran = False

    def record_start_time(self) -> None:
        """Note that the attempt begins now."""
        self._stopped_at = None
        self._began = SYSTEM.monotonic()
        self._started_at = SYSTEM.stamp()

    def record_stop_time(self) -> None:
        """Note that the attempt ends now."""
        self._took = SYSTEM.monotonic() - self._began
        self._stopped_at = SYSTEM.stamp()

    @property
    def timing_info(self) -> JobTimingInfo:
        """When the attempt began and ended, and how long it took."""
        if self._started_at is None:
            return JobTimingInfo(None, None, 0.0)
        started = datetime.fromtimestamp(self._started_at, UTC)
        if self._stopped_at is None:
            return JobTimingInfo(started, None, SYSTEM.monotonic() - self._began)
        return JobTimingInfo(started, datetime.fromtimestamp(self._stopped_at, UTC), self._took)

    @abstractmethod
    def run(self) -> None:
        """Do the work."""

    def start(self, slot: int) -> None:
        """Begin an attempt in a thread, and return at once.

        A class that overrides this sees to it itself that the job's times are
        recorded and that `notify_end` is called once, at the end.
        """
        self.slot = slot
        self.handle = JobThread(self._attempt, str(self.uid))
        (self._threads or ThreadCache(reuse=False)).start(self.handle)

    def _attempt(self) -> None:
        handle, notify = self.handle, self.notify_end
        if isinstance(notify, Ticket):
            notify = notify.stamped()
        try:
            self._timed_run()
        finally:
            # In this order: who is told of the end does not find the thread alive.
            handle.finish()
            notify(self.uid)

    def _timed_run(self) -> None:
        self.record_start_time()
        try:
            if not self.interrupted:
                self._ran = True
                self.run()
        except BaseException as error:
            self.exception = error
            logger.exception("job %s raised", self.uid)
        finally:
            self.record_stop_time()

    def _renew(self) -> None:
        """Forget the last attempt: another one is to come."""
        self.interrupted = False
        self.exception = None
        self.outcome = None
        self.handle = None
        self._started_at = self._stopped_at = None
        self._ran = False

    def interrupt(self) -> bool:
        """Tell the attempt to end; True if it was not told before.

        This sets the flag `interrupted`, which `run` may look at; it stops nothing.
        """
        before, self.interrupted = self.interrupted, True
        return not before

    def on_start(self, scheduler: Scheduler) -> None:  # noqa: B027 -- a hook, empty unless overridden
        """Called right before the job is started."""

    def on_finish(self, scheduler: Scheduler) -> None:  # noqa: B027 -- a hook, empty unless overridden
        """Called after the job was collected, also if it was skipped."""


class EmptyJob(Job):
    """A job that is collected and never started.

    Args:
        status: its status.
    """

    def __init__(
        self, uid: VertexID, data: Any, notify_end: NotifyEndType, status: ReturnValue
    ) -> None:
        super().__init__(uid, data, notify_end)
        self.should_skip = True
        self._status = status

    def run(self) -> None:
        """Do nothing."""

    @property
    def status(self) -> ReturnValue:
        """The status it was made with."""
        return self._status


class FunctionJob(Job):
    """A job whose data is what to call; `result` is what that returned.

    Example:
        >>> from treadle import DAG, FunctionJob, Scheduler
        >>> dag = DAG()
        >>> dag.add_vertex("greet", lambda: "hello")
        >>> done = []
        >>> Scheduler(Scheduler.simple_provider(FunctionJob), done.append).run(dag)
        >>> done[0].result
        'hello'
    """

    result: Any = None

    def run(self) -> None:
        """Call it."""
        self.result = self.data()
