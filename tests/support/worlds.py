"""One way to run jobs each, with the same three kinds of job: the suite runs on all of them."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from treadle.engine import NEVER, Outcome
from treadle.executors import ProcessExecutor
from treadle.job import Job, ProcessJob
from treadle.job.scheduler import Scheduler
from treadle.status import ReturnValue
from treadle.testing import Behaviour, FakeExecutor, MockClock


class World(ABC):
    """Where jobs run. The data of a vertex is `"quick"`, `"fails"` or `"hangs"`."""

    timeout = 0.1

    @abstractmethod
    def job(self, uid: Any, data: Any, notify_end: Any) -> Job:
        """A job that does what its data says."""

    def options(self) -> dict[str, Any]:
        """What the scheduler needs besides."""
        return {}

    def scheduler(self, collect: Callable[[Job], object], **options: Any) -> Scheduler:
        return Scheduler(Scheduler.simple_provider(self.job), collect, **self.options(), **options)

    def alive(self, job: Job) -> bool:
        """Whether anything of the job is left."""
        return bool(job.handle is not None and job.handle.is_alive())


class _Waiting(Job):
    def run(self) -> None:
        if self.data == "fails":
            raise RuntimeError("fails, as it should")
        told = threading.Event()
        while self.data == "hangs" and not self.interrupted:
            told.wait(0.005)  # as jobs do that work in small steps


class Threads(World):
    """Jobs that override `run`."""

    def job(self, uid: Any, data: Any, notify_end: Any) -> Job:
        return _Waiting(uid, data, notify_end)


class OwnStart(World):
    """Jobs that override `start` and look after everything themselves."""

    class _Own(_Waiting):
        def start(self, slot: int) -> None:
            self.slot = slot
            self.handle = threading.Thread(target=self._work)
            self.handle.start()

        def _work(self) -> None:
            self.record_start_time()
            try:
                self.run()
            except RuntimeError as error:
                self.exception = error
            self.record_stop_time()
            self.notify_end(self.uid)

    def job(self, uid: Any, data: Any, notify_end: Any) -> Job:
        return self._Own(uid, data, notify_end)


class Processes(World):
    """Jobs that run a program, in the warden."""

    timeout = 0.3

    class _Program(ProcessJob):
        commands: ClassVar = {"quick": ["true"], "fails": ["false"], "hangs": ["sleep", "600"]}

        @property
        def cmdline(self) -> list[str]:
            return list(self.commands[self.data])

    def job(self, uid: Any, data: Any, notify_end: Any) -> Job:
        return self._Program(uid, data, notify_end)

    def alive(self, job: Job) -> bool:
        assert isinstance(job, ProcessJob)
        return super().alive(job) or bool(job.proc_handle and job.proc_handle.is_running())


class ProcessesHere(Processes):
    """The same without a warden."""

    def options(self) -> dict[str, Any]:
        return {"executor": ProcessExecutor()}


class Fake(World):
    """The testing kit's executor, in virtual time."""

    class _Planned(Job):
        def run(self) -> None:
            raise AssertionError("a fake executor runs nothing")

        @property
        def status(self) -> ReturnValue:
            return ReturnValue.failure if self.exception else ReturnValue.success

    def __init__(self) -> None:
        self.clock = MockClock()
        self.executor = FakeExecutor(self.clock, self._plan)
        self.data: dict[Any, str] = {}

    def _plan(self, uid: Any, attempt: int) -> Behaviour:
        plans = {
            "quick": Behaviour(0.01),
            "fails": Behaviour(0.01, error=RuntimeError("fails, as it should")),
            "hangs": Behaviour(NEVER, outcome=Outcome.SIGNALLED),
        }
        return plans[self.data[uid]]

    def job(self, uid: Any, data: Any, notify_end: Any) -> Job:
        self.data[uid] = data
        return self._Planned(uid, data, notify_end)

    def options(self) -> dict[str, Any]:
        return {"clock": self.clock, "executor": self.executor}

    def alive(self, job: Job) -> bool:
        return job.uid in self.executor.running


WORLDS: tuple[type[World], ...] = (Threads, OwnStart, Processes, ProcessesHere, Fake)
