"""C08 for process jobs: KeyboardInterrupt at every line between the driver and the warden.

As in `test_interrupted_at_every_line`, with programs for jobs and the scheduler's end of
the warden traced as well. Whatever the line: `run` raises it or ends, no process is left
(guard and warden among them), nothing is collected twice, and the same scheduler then
runs to the end. In a program that leaves the signals to treadle no exception comes there;
this is for hosts with handlers of their own.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from programs import Program, until
from treadle.dag import DAG
from treadle.job import Job
from treadle.job.scheduler import Scheduler
from treadle.status import ReturnValue

from .test_interrupted_at_every_line import Injection

TRACED = (
    "treadle/job/driver.py",
    "treadle/job/windup.py",
    "treadle/executors/warden.py",
    "treadle/process/launch.py",
    "treadle/process/link.py",
    "treadle/process/pair.py",
    "treadle/process/remote.py",
)


class Deep(Injection):
    """Raises in other modules."""

    traced = TRACED


def _children() -> set[str]:
    found: set[str] = set()
    for thread in os.listdir("/proc/self/task"):
        found.update(Path(f"/proc/self/task/{thread}/children").read_text().split())
    return found


class Stage:
    """Two programs side by side and one after; `b` runs until it is killed, if wanted."""

    def __init__(self, hanging: bool) -> None:
        self.counts: Counter[tuple[str, object]] = Counter()
        self.arm: Deep | None = None
        stage = self

        class Counted(Program):
            options: dict[str, Any] = {}  # noqa: RUF012 -- the same for all

            @property
            def cmdline(self) -> list[str]:
                return ["sleep", "600"] if hanging and self.uid == "b" else ["true"]

            def on_start(self, scheduler: Any) -> None:
                stage.counts["on_start", self.uid] += 1

            def on_finish(self, scheduler: Any) -> None:
                stage.counts["on_finish", self.uid] += 1

        self.dag = DAG()
        self.dag.add_vertex("a")
        self.dag.add_vertex("b")
        self.dag.add_vertex("c", predecessors=["a"])
        self.scheduler = Scheduler(Scheduler.simple_provider(Counted), self.collect, tokens=2)

    def collect(self, job: Job) -> None:
        self.counts["collect", job.uid] += 1
        if self.arm is not None and job.uid == "a":
            self.arm.arm()
            raise KeyboardInterrupt("the first one")

    def check(self, where: str, before: set[str]) -> None:
        until(lambda: _children() <= before, f"{where}: the end of all processes")
        twice = {key: n for key, n in self.counts.items() if n > 1}
        assert not twice, f"{where}: {twice}"


def _run(stage: Stage, injection: Deep, armed: bool) -> bool:
    if armed:
        injection.arm()
    try:
        stage.scheduler.run(stage.dag)
    except KeyboardInterrupt:
        pass
    finally:
        injection.disarm()
    return injection.left <= 0


# What an exception tears out of somebody's hands is closed when it is collected as garbage.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.proof
@pytest.mark.timeout(600)
@pytest.mark.parametrize("stop", [False, True], ids=["the run", "the stop"])
def test_C08_an_interrupt_at_any_line_leaves_no_process_behind(stop: bool) -> None:
    before = _children()
    at, beyond = 0, 0
    while beyond < 3:
        at += 1
        stage, injection = Stage(hanging=stop), Deep(at)
        stage.arm = injection if stop else None
        came = _run(stage, injection, armed=not stop)
        beyond = 0 if came else beyond + 1
        stage.check(f"line {at}, {injection.where}", before)
    assert at > 100, "the scenario is too short to mean anything"


def test_a_run_after_an_interrupted_one_has_a_warden_of_its_own() -> None:
    stage = Stage(hanging=True)
    stage.arm = Deep(10**9)
    assert not _run(stage, stage.arm, armed=False)
    again = Stage(hanging=False)
    jobs: list[Job] = []
    again.scheduler.collect = jobs.append
    again.scheduler.run(again.dag)

    assert [job.status for job in jobs] == [ReturnValue.success] * 3
