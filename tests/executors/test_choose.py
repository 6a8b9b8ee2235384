"""The executor is chosen by what a class overrides."""

from __future__ import annotations

from typing import Any

import pytest

from treadle.executors import Executor, ProcessExecutor, StartExecutor, ThreadExecutor, choose
from treadle.job import EmptyJob, FunctionJob, Job, ProcessJob

START: Executor = StartExecutor()
BASES: dict[type, Executor] = {ProcessJob: ProcessExecutor(), Job: ThreadExecutor()}


class Runs(Job):
    def run(self) -> None:
        pass


class Starts(Runs):
    def start(self, slot: int) -> None:
        super().start(slot)


class Program(ProcessJob):
    cmdline = ["true"]  # noqa: RUF012 -- as clients write it


class ProgramThatRuns(Program):
    def run(self) -> None:
        super().run()


class Mixin:
    def start(self, slot: int) -> None:
        raise NotImplementedError


class Mixed(Mixin, Runs):
    pass


@pytest.mark.parametrize(
    ("job_class", "expected"),
    [
        (Runs, BASES[Job]),
        (FunctionJob, BASES[Job]),
        (EmptyJob, BASES[Job]),
        (Starts, START),
        (Mixed, START),
        (Program, BASES[ProcessJob]),
        (ProgramThatRuns, BASES[Job]),
        (int, START),
    ],
)
def test_a_class_gets_the_executor_of_what_it_leaves_alone(job_class: Any, expected: Any) -> None:
    assert choose(job_class, BASES, START) is expected
