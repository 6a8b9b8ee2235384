"""What a run is made of: its clock, its threads, its executors."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, cast

from treadle.clock import SYSTEM, Clock
from treadle.engine import Outcome
from treadle.executors import (
    Executor,
    ProcessExecutor,
    StartExecutor,
    ThreadCache,
    ThreadExecutor,
    choose,
)
from treadle.job.base import Job
from treadle.job.process import ProcessJob
from treadle.job.ticket import Inbox, LimitMessage, Message
from treadle.process.available import available
from treadle.process.tree import CENSUS

if TYPE_CHECKING:
    from treadle.engine import JobSpec
    from treadle.executors.warden import WardenExecutor
    from treadle.job.spec import SpecReader

_START = StartExecutor()
_THREADS = ThreadExecutor()
_PROCESSES = ProcessExecutor()


class Wiring:
    """The parts of one run.

    Args:
        clock: what time it is, and how to wait.
        executor: for all jobs; None to choose by the class of each job.
        reuse_threads: let a thread run one job after another.
        specs: reads what a job asks for.
        lock: what `Job.lock` is in the threads of the run.
    """

    def __init__(
        self,
        clock: Clock,
        executor: Executor | None,
        reuse_threads: bool,
        specs: SpecReader,
        lock: threading.RLock,
    ) -> None:
        self.clock = clock
        self._lock = lock
        self.threads = ThreadCache(self._prepare, reuse_threads)
        self.inbox = Inbox()
        self._warden = self._make_warden()
        self._bases: dict[type, Executor] = {
            ProcessJob: self._warden or _PROCESSES,
            Job: _THREADS,
        }
        self._executor = executor
        self._specs = specs
        self._chosen: dict[type, Executor] = {}

    def _make_warden(self) -> WardenExecutor | None:
        # The warden lives in real time, whatever the clock says.
        if self.clock is not SYSTEM or not available():
            return None
        # Loaded when processes are first wanted: it takes a while.
        from treadle.executors.warden import WardenExecutor  # noqa: PLC0415

        return WardenExecutor(self._over_limit)

    def _over_limit(self, job: Job, outcome: Outcome) -> None:
        self.inbox.post(LimitMessage(job.uid, job.attempt, outcome))

    def receive(self, timeout: float) -> Message:
        """Take the next message; wait `timeout` seconds at most.

        Raises:
            queue.Empty: none came in time.
        """
        warden = self._warden
        if warden is not None and warden.active:
            return cast(Message, warden.receive(self.inbox, timeout))
        return self.clock.receive(self.inbox.messages, timeout)

    def _prepare(self) -> None:
        Job.lock.use(self._lock)

    def executor(self, job: Job) -> Executor:
        """The executor of the job, by its class."""
        chosen = self._chosen.get(job.__class__)
        if chosen is None:
            chosen = self._executor or choose(job.__class__, self._bases, _START)
            self._chosen[job.__class__] = chosen
        return chosen

    def spec(self, job: Job) -> JobSpec:
        """What the job asks for; see `SpecReader.read`."""
        return self._specs.read(job, self.executor(job))

    def close(self, wait: bool) -> None:
        """Let the threads go, and the warden."""
        try:
            self.threads.close(wait)
        finally:
            try:
                if self._warden is not None:
                    self._warden.close()
            finally:
                self.inbox.close()

    def sweep(self) -> None:
        """Kill what the processes of the run left behind, whichever way they were run."""
        # The warden leaves nothing behind.
        own = [kind for kind, executor in self._chosen.items() if executor is not self._warden]
        if any(issubclass(kind, ProcessJob) for kind in own):
            CENSUS.sweep()
