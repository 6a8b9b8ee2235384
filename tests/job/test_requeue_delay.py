"""When a job that is to run again is queued again: its own word, else the scheduler's."""

from __future__ import annotations

from typing import Any

import pytest

from kinds import Nothing
from treadle.dag import DAG
from treadle.errors import JobError, SchedulerError
from treadle.job import Job
from treadle.job.scheduler import Scheduler
from treadle.testing import FakeExecutor, MockClock


def _starts(delays: dict[str, Any], collect: Any, **options: Any) -> list[tuple[float, Any]]:
    class Delayed(Nothing):
        def __init__(self, uid: Any, data: Any, notify_end: Any) -> None:
            super().__init__(uid, data, notify_end)
            self.requeue_delay = data

    dag, clock = DAG(), MockClock()
    for uid, delay in delays.items():
        dag.add_vertex(uid, delay)
    executor = FakeExecutor(clock)
    provider = Scheduler.simple_provider(Delayed)
    Scheduler(provider, collect, tokens=len(delays), clock=clock, executor=executor, **options).run(
        dag
    )
    return [(at, uid) for at, what, uid in executor.log if what == "start"]


def _once(job: Job) -> bool:
    return job.attempt < 2


def test_a_job_says_itself_how_long_it_waits_before_it_runs_again() -> None:
    starts = _starts({"a": 3.0, "b": None, "c": 0}, _once, requeue_delay=7.0)

    assert starts[3:] == [(1.0, "c"), (4.0, "a"), (8.0, "b")]


def test_the_delay_is_read_each_time_so_that_it_may_grow() -> None:
    def back_off(job: Job) -> bool:
        job.requeue_delay = 10.0**job.attempt
        return job.attempt < 4

    assert [at for at, _ in _starts({"a": None}, back_off)] == [0.0, 11.0, 112.0, 1113.0]


@pytest.mark.parametrize(
    ("delay", "message"),
    [
        (-1, "has requeue_delay -1; the least is 0"),
        ("1", "has requeue_delay '1', which is not a number"),
        (float("nan"), "has requeue_delay nan: NaN cannot be compared"),
        (float("inf"), "has requeue_delay inf: it would wait for ever"),
    ],
)
def test_a_delay_that_is_none_ends_the_run_and_the_job_is_collected_once(
    delay: Any, message: str
) -> None:
    collected: list[Any] = []

    def collect(job: Job) -> bool:
        collected.append(job.uid)
        return True

    with pytest.raises(JobError, match=f"job 'a' {message}"):
        _starts({"a": delay}, collect)

    assert collected == ["a"]


@pytest.mark.parametrize("delay", [-1, float("nan"), float("inf"), "1", None])
def test_the_delay_of_a_scheduler_is_checked_when_it_is_made(delay: Any) -> None:
    with pytest.raises(SchedulerError, match=f"requeue_delay is {delay!r}; it must be 0 s or more"):
        Scheduler(Scheduler.simple_provider(Nothing), requeue_delay=delay)
