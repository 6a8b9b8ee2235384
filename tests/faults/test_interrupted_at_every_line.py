"""C08: KeyboardInterrupt at every line of the driver, and a second one at every line of the stop.

A trace function raises it at the n-th line that the run() thread executes in the
modules of the driver, for every n. Whatever the line: run() raises it, nothing is
left alive, no job is collected or finished twice, every job that began is
finished, and the same scheduler then runs to the end.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from types import FrameType
from typing import Any

import pytest

from treadle.dag import DAG
from treadle.job import Job
from treadle.job.scheduler import Scheduler

_TRACED = (
    "treadle/job/scheduler.py",
    "treadle/job/running.py",
    "treadle/job/driver.py",
    "treadle/job/live.py",
    "treadle/job/windup.py",
    "treadle/job/wiring.py",
    "treadle/job/spec.py",
    "treadle/job/ticket.py",
    "treadle/executors/threads.py",
)


class Injection:
    """Raises at the n-th traced line from the moment it is armed."""

    traced: tuple[str, ...] = _TRACED

    def __init__(self, at: int) -> None:
        self.left = at
        self.where = ""

    def arm(self) -> None:
        """Begin to count; frames that are on the stack already count too."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            frame.f_trace = self.local
            frame = frame.f_back
        sys.settrace(self.trace)

    def disarm(self) -> None:
        sys.settrace(None)

    def trace(self, frame: FrameType, event: str, arg: Any) -> Any:
        return self.local if frame.f_code.co_filename.endswith(self.traced) else None

    def local(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event == "line" and frame.f_code.co_filename.endswith(self.traced):
            self.left -= 1
            if self.left == 0:
                self.where = f"{frame.f_code.co_filename}:{frame.f_lineno}"
                sys.settrace(None)
                raise KeyboardInterrupt(self.where)
        return self.local


class Stage:
    """Three jobs, two of them at once; `b` runs until it is interrupted, if the test wants."""

    def __init__(self, hanging: bool, first: Injection | None = None) -> None:
        self.counts: Counter[tuple[str, object]] = Counter()
        self.hanging = hanging
        self.began: set[object] = set()
        self.handles: list[Any] = []
        self.on_hang = first
        stage = self

        class Quick(Job):
            def __init__(self, *args: Any) -> None:
                super().__init__(*args)
                self.told = threading.Event()

            def on_start(self, scheduler: Scheduler) -> None:
                stage.counts["on_start", self.uid] += 1

            def run(self) -> None:
                stage.began.add(self.uid)
                if stage.hanging and self.uid == "b":
                    self.told.wait(20)

            def start(self, slot: int) -> None:
                super().start(slot)
                stage.handles.append(self.handle)

            def interrupt(self) -> bool:
                self.told.set()
                return super().interrupt()

            def on_finish(self, scheduler: Scheduler) -> None:
                stage.counts["on_finish", self.uid] += 1

        self.dag = DAG()
        self.dag.add_vertex("a")
        self.dag.add_vertex("b")
        self.dag.add_vertex("c", predecessors=["a"])
        self.scheduler = Scheduler(Scheduler.simple_provider(Quick), self.collect, tokens=2)

    def collect(self, job: Job) -> None:
        self.counts["collect", job.uid] += 1
        if self.on_hang is not None and job.uid == "a":
            self.on_hang.arm()
            raise KeyboardInterrupt("the first one")

    def check(self, where: str) -> None:
        alive = [thread.name for thread in threading.enumerate() if thread.name in "abc"]
        assert not alive, f"{where}: {alive} still run"
        assert not any(handle.is_alive() for handle in self.handles), where
        twice = {key: n for key, n in self.counts.items() if n > 1}
        assert not twice, f"{where}: {twice}"
        for uid in self.began:
            assert self.counts["on_start", uid] == 1, f"{where}: {uid} began without on_start"

    def runs_again(self, where: str) -> None:
        self.counts.clear()
        self.hanging = False
        self.on_hang = None
        self.scheduler.run(self.dag)
        assert self.counts == Counter(
            {(what, uid): 1 for what in ("on_start", "collect", "on_finish") for uid in "abc"}
        ), where
        assert self.scheduler.tokens == {"default": 2}
        assert sorted(self.scheduler.slots) == [0, 1]


def _run(stage: Stage, injection: Injection, armed: bool) -> bool:
    """Run; True if the interrupt came."""
    if armed:
        injection.arm()
    try:
        stage.scheduler.run(stage.dag)
    except KeyboardInterrupt:
        pass
    finally:
        injection.disarm()
    return injection.left <= 0


@pytest.mark.proof
@pytest.mark.timeout(300)
def test_C08_an_interrupt_at_any_line_leaves_nothing_behind() -> None:
    at, beyond = 0, 0
    # The number of lines varies a little with the threads: go on until no run has so many.
    while beyond < 5:
        at += 1
        stage, injection = Stage(hanging=False), Injection(at)
        came = _run(stage, injection, armed=True)
        beyond = 0 if came else beyond + 1
        where = f"line {at}, {injection.where}"
        stage.check(where)
        stage.runs_again(where)
    assert at > 200, "the scenario is too short to mean anything"


@pytest.mark.proof
@pytest.mark.timeout(300)
def test_C08_a_second_interrupt_at_any_line_of_the_stop_leaves_nothing_behind() -> None:
    at, beyond = 0, 0
    while beyond < 5:
        at += 1
        injection = Injection(at)
        stage = Stage(hanging=True, first=injection)
        came = _run(stage, injection, armed=False)
        beyond = 0 if came else beyond + 1
        where = f"line {at} of the stop, {injection.where}"
        stage.check(where)
        stage.runs_again(where)
    assert at > 50, "the scenario is too short to mean anything"
