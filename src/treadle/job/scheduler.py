"""Run the jobs of a graph in parallel, in order, within the tokens of their queues."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from treadle.clock import SYSTEM, Clock
from treadle.engine import Engine, JobSpec, VertexID
from treadle.errors import RunInterrupted, SchedulerError
from treadle.job.base import Job, NotifyEndType
from treadle.job.driver import Driver
from treadle.job.options import (
    EngineOptions,
    checked_delay,
    checked_queues,
    checked_store,
    checked_timeout,
)
from treadle.job.running import Running
from treadle.job.spec import SpecReader
from treadle.job.views import Views
from treadle.job.wiring import Wiring

if TYPE_CHECKING:
    from treadle.dag import DAG
    from treadle.executors import Executor
    from treadle.store.store import Store

logger = logging.getLogger("treadle.job.scheduler")

JobProviderCallback = Callable[[VertexID, Any, frozenset[Any], NotifyEndType], Job]
"""Makes the job of a vertex: called with its id, its data, the ids of its predecessors, and what
the job is to call with its id when it has ended."""

CollectCallback = Callable[[Job], object]
"""Takes a job that has ended; the job runs again if what this returns is true."""

DEFAULT_JOB_MAX_DURATION = 24 * 3600
"""Seconds that an attempt may take unless somebody says otherwise."""


class Scheduler(Running, Views):
    """Runs the jobs of a graph.

    `run` goes through stages, each of which may be overridden: `init_state`, then
    `enqueue`, `launch`, `log_state`, `wait` until `is_finished`. All callbacks are
    called on the thread that called `run`, one at a time.

    Args:
        job_provider: makes the job of a vertex, when all that it needs has ended.
        collect: takes each job that has ended; a true result runs the job again.
        queues: the tokens of each queue, by name; queues are served in this order. A job
            may take tokens of several (`Job.further_tokens`), all at once or none.
        tokens: the tokens of the queue `default`, when no queues are given.
        job_timeout: seconds after which an attempt is interrupted; None for never.
        order: among ready jobs of equal priority, `"declaration"` starts first what was
            ready first, `"critical-path"` what has the longest path of jobs after it, and
            a mapping from ids to numbers what has the greater number (0 if it has none).
        lookahead: ask the provider for at most so many jobs before they can start; None
            asks for each job as soon as it is ready.
        max_active: at most so many jobs are active, whatever the queues would allow.
        max_attempts: a job that has run so often is not run again, whatever `collect` says.
        requeue_delay: seconds before a job is queued again, for jobs that do not say.
        ageing: seconds of waiting that weigh as much as one unit of priority; None lets
            a job of higher priority always start first.
        reuse_threads: let a thread run one job after another.
        clock: what time it is (`treadle.testing.MockClock` for a virtual one).
        executor: runs all jobs, whatever their class.
        store: where each run is recorded (`treadle.Store`): every attempt, its end before
            anything that follows from it. The ids of jobs must then be texts. None records
            nothing.
        resume: go on with the last run in the store, if that was cut short. A vertex whose
            good end is recorded is not provided; in its place `collect` takes an `EmptyJob`
            whose status is `unchanged`. All others run, and `attempt` goes on counting.
            Nothing is compared: that graph, commands and files are what they were is up to
            the program.

    Attributes:
        start_time: when the last run began, in UTC.
        stop_time: when it ended; None if it did not end normally.
        max_active_jobs: how many jobs were active at the same time, at most.

    Raises:
        SchedulerError: a parameter is out of range.
    """

    def __init__(
        self,
        job_provider: JobProviderCallback,
        collect: CollectCallback | None = None,
        queues: dict[str, int] | None = None,
        tokens: int = 1,
        job_timeout: float | None = DEFAULT_JOB_MAX_DURATION,
        *,
        order: str | Mapping[VertexID, float] = "declaration",
        lookahead: int | None = None,
        max_active: int | None = None,
        max_attempts: int | None = None,
        requeue_delay: float = 0.0,
        ageing: float | None = None,
        reuse_threads: bool = True,
        clock: Clock = SYSTEM,
        executor: Executor | None = None,
        store: Store | None = None,
        resume: bool = False,
    ) -> None:
        checked_delay(requeue_delay)
        checked_store(store, resume)
        checked_timeout(job_timeout)
        self._tokens = checked_queues(queues, tokens)
        self._options = EngineOptions(order, lookahead, max_active, max_attempts, ageing).check()
        self.job_provider = job_provider
        self.collect = collect
        self.job_timeout = job_timeout
        self.requeue_delay = requeue_delay
        self.dag: DAG | None = None
        self.start_time: datetime | None = None
        self.stop_time: datetime | None = None
        self.max_active_jobs = 0
        self._reuse_threads = reuse_threads
        self._clock = clock
        self._executor = executor
        self._store = store
        self._resume = resume
        self._driver: Driver | None = None
        self._lock = threading.RLock()
        self._running = False

    # -- callbacks -------------------------------------------------------------------

    @classmethod
    def simple_provider(cls, job_class: Callable[[Any, Any, Any], Job]) -> JobProviderCallback:
        """A provider that makes `job_class(uid, data, notify_end)` for each vertex."""

        def provider(
            uid: VertexID, data: Any, predecessors: frozenset[Any], notify_end: NotifyEndType
        ) -> Job:
            del predecessors
            return job_class(uid, data, notify_end)

        return provider

    def safe_job_provider(
        self,
        uid: VertexID,
        data: Any,
        predecessors: frozenset[Any],
        notify_end: NotifyEndType,
    ) -> Job:
        """Call the provider, under `Job.lock`."""
        with self._lock:
            return self.job_provider(uid, data, predecessors, notify_end)

    def safe_collect(self, job: Job) -> bool:
        """Call `collect`, under `Job.lock`; True if the job is to run again."""
        if self.collect is None:
            return False
        with self._lock:
            return bool(self.collect(job))

    # -- stages ----------------------------------------------------------------------

    @property
    def is_finished(self) -> bool:
        """Whether every job was handed out and none is queued or active."""
        driver = self._driver
        return driver is not None and not driver.offers and driver.engine.finished

    def init_state(self, dag: DAG) -> None:
        """Make everything ready for a run; called by `run`.

        Raises:
            DAGError: the graph has a cycle or names a vertex that it does not hold.
        """
        dag.check()
        specs = SpecReader(checked_timeout(self.job_timeout), self._refusal)
        wiring = Wiring(self._clock, self._executor, self._reuse_threads, specs, self._lock)
        self._driver = Driver(self, dag, self._engine(dag), wiring)
        self._dag_version = getattr(dag, "_version", None)
        self.dag = dag
        self.max_active_jobs = 0
        self.start_time = self._clock.wall()
        self.stop_time = None

    def _engine(self, dag: DAG) -> Engine:
        return self._options.engine(dag, self._tokens)

    def _refusal(self, spec: JobSpec) -> str | None:
        return self._run_of().engine.queues.refusal(spec)

    def _run_of(self) -> Driver:
        if self._driver is None:
            raise SchedulerError("this needs a run that is under way: call run(dag) first")
        return self._driver

    def enqueue(self) -> None:
        """Ask the provider for each job that is ready; queue it or skip it."""
        self._run_of().enqueue()

    def push(self, job: Job) -> None:
        """Queue a job, also one that is not in the graph (then `collect` may call this).

        Raises:
            JobError: it can never run as it is, or is queued or active already.
        """
        driver = self._driver or self._run_of()
        driver.push(job)

    def launch(self) -> None:
        """Start queued jobs, as far as there are tokens."""
        self._run_of().launch()

    def log_state(self) -> None:
        """Log where the run is, at debug level."""
        if logger.isEnabledFor(logging.DEBUG):
            active = ", ".join(str(job.uid) for job in self.active_jobs)
            logger.debug(
                "queued: %d, active: [%s], free: %s", self.queued_jobs, active, self.tokens
            )

    def wait(self) -> None:
        """Wait for the end of a job; collect all that have ended."""
        self._run_of().wait()

    # -- the run -----------------------------------------------------------------------

    def run(self, dag: DAG) -> None:
        """Run all jobs of the graph.

        Returns or raises when nothing that it started is alive. What a callback
        raises stops the run: all active jobs are interrupted together, awaited,
        collected and finished, then it is raised. The same holds for
        KeyboardInterrupt, for `interrupt`, and for SIGTERM, SIGHUP and SIGQUIT where
        nobody handles them.

        Raises:
            DAGError: the graph has a cycle or is incomplete; nothing was started.
            JobError: a job can never run as it is.
            StalledError: stuck jobs hold the tokens that all others wait for.
            RunInterrupted: `interrupt` was called.
            Terminated: SIGTERM, SIGHUP or SIGQUIT arrived.
            StoreBusyError: another process writes the store; nothing was started.
            StoreError: the store cannot be used, or does not take more.
            SchedulerError: this scheduler is running already.
        """
        self._run_through(dag)

    def _open_journal(self, dag: DAG) -> None:
        if self._store is None:
            return
        from treadle.job.journal import Journal, check_id  # noqa: PLC0415 -- only with a store

        for uid in dag.vertex_data:
            check_id(uid)
        journal = Journal(self._store.write(), self._clock.monotonic)
        self._run_of().record_in(journal)
        journal.begin(dag.vertex_data, self._tokens, resume=self._resume)

    def _work(self) -> None:
        driver = self._run_of()
        with Job.lock.using(self._lock):
            while not self.is_finished:
                self.enqueue()
                offers = len(driver.offers)
                self.launch()
                if len(driver.offers) > offers:
                    # With `lookahead`, each start lets the provider be asked for one more.
                    continue
                self.log_state()
                self.max_active_jobs = max(self.max_active_jobs, len(driver.live))
                self.wait()
        if driver.live:
            # A subclass says that it is finished: then so is what still runs.
            self._finish_early()
        self.stop_time = self._clock.wall()
        if getattr(driver.dag, "_version", None) != self._dag_version:
            logger.warning("the graph was changed while it ran: what was added was not run")

    def _finish_early(self) -> None:
        interrupts = self._stop(RunInterrupted("is_finished became true"))
        if interrupts:
            raise interrupts[0]

    # -- from outside --------------------------------------------------------------------

    def interrupt(self) -> None:
        """Stop the run, from any thread or callback; `run` then raises `RunInterrupted`.

        Called again, it stops harder: processes are killed, threads given up. Does
        nothing when no run is under way.
        """
        self._halt(RunInterrupted("the run was interrupted"))
