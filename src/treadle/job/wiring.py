"""What a run is made of: its clock, its threads, its executors."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from treadle.clock import Clock
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
from treadle.process.tree import CENSUS

if TYPE_CHECKING:
    from treadle.engine import JobSpec
    from treadle.job.spec import SpecReader

_START = StartExecutor()
_BASES: dict[type, Executor] = {ProcessJob: ProcessExecutor(), Job: ThreadExecutor()}


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
        self._executor = executor
        self._specs = specs
        self._chosen: dict[type, Executor] = {}

    def _prepare(self) -> None:
        Job.lock.use(self._lock)

    def executor(self, job: Job) -> Executor:
        """The executor of the job, by its class."""
        chosen = self._chosen.get(job.__class__)
        if chosen is None:
            chosen = self._executor or choose(job.__class__, _BASES, _START)
            self._chosen[job.__class__] = chosen
        return chosen

    def spec(self, job: Job) -> JobSpec:
        """What the job asks for; see `SpecReader.read`."""
        return self._specs.read(job, self.executor(job))

    def close(self, wait: bool) -> None:
        """Let the threads go."""
        self.threads.close(wait)

    def sweep(self) -> None:
        """Kill what the processes of the run left behind, whichever way they were run."""
        if any(issubclass(kind, ProcessJob) for kind in self._chosen):
            CENSUS.sweep()
