"""Errors that the seed lost, or that lost jobs (e3-defects/d06, d07, d08, d17, d29, d42, d45)."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

import pytest

from kinds import Nothing, UntilInterrupted
from treadle.dag import DAG
from treadle.errors import JobError, SchedulerError
from treadle.job import Job, ProcessJob, ReturnValue
from treadle.job.scheduler import Scheduler
from treadle.job.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable


def test_d06_an_unknown_queue_is_an_error_that_names_it_and_nothing_is_left_running(
    run: Callable[..., Scheduler], jobs: dict[str, Any], collected: list[str]
) -> None:
    class Wrong(Nothing):
        def __init__(self, uid: Any, data: Any, notify_end: Any) -> None:
            super().__init__(uid, data, notify_end)
            self.queue_name = "nope"

    with pytest.raises(JobError) as caught:
        run(
            "quick long bad:quick",
            {"quick": Nothing, "long": UntilInterrupted, "bad": Wrong},
            tokens=2,
        )

    assert str(caught.value) == (
        "job 'bad' wants queue 'nope', which does not exist; there are: 'default'"
    )
    assert collected == ["quick", "long"]
    assert not jobs["long"].handle.is_alive()


def test_d06_a_job_left_on_default_says_which_queues_there_are(
    run: Callable[..., Scheduler],
) -> None:
    with pytest.raises(JobError) as caught:
        run("a", Nothing, queues={"x": 1, "y": 1})

    assert str(caught.value) == (
        "job 'a' wants queue 'default', which does not exist; there are: 'x', 'y'"
    )


class Boom(Exception):
    pass


@pytest.mark.parametrize("where", ["provider", "collect", "on_start", "on_finish"])
def test_d07_when_a_callback_raises_what_runs_is_stopped_collected_and_finished_once(
    where: str, dag: Callable[[str], DAG], spawning: Callable[..., Any]
) -> None:
    spawned = threading.Event()
    sleeps: Any = spawning("exec sleep 60", lambda job: spawned.set())
    jobs: dict[Any, Any] = {}
    events: list[str] = []

    def raise_in(name: str, uid: object) -> None:
        if name == where and uid == "next":
            raise Boom

    class Quick(Job):
        def run(self) -> None:
            assert spawned.wait(20)

        def on_start(self, scheduler: Scheduler) -> None:
            raise_in("on_start", self.uid)

        def on_finish(self, scheduler: Scheduler) -> None:
            raise_in("on_finish", self.uid)

    class Long(sleeps):  # type: ignore[misc]  # Any
        def on_finish(self, scheduler: Scheduler) -> None:
            events.append("on_finish long")

    def provider(uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
        raise_in("provider", uid)
        jobs[uid] = (Long if uid == "long" else Quick)(uid, data, notify_end)
        return jobs[uid]  # type: ignore[no-any-return]  # of these classes

    def collect(job: Job) -> None:
        raise_in("collect", job.uid)
        events.append(f"collect {job.uid}")

    scheduler = Scheduler(provider, collect, tokens=2)
    with pytest.raises(Boom):
        scheduler.run(dag("long quick next:quick"))

    assert [event for event in events if "long" in event] == ["collect long", "on_finish long"]
    assert jobs["long"].interrupted
    assert jobs["long"].proc_handle.status == -9
    assert not jobs["long"].proc_handle.is_running()
    assert (scheduler.active_jobs, scheduler.tokens) == ([], {"default": 2})
    assert scheduler.stop_time is None


def test_d07_a_job_whose_on_start_raised_is_not_a_success(dag: Callable[[str], DAG]) -> None:
    saved: list[tuple[Any, Any]] = []

    class NoPort(Job):
        def on_start(self, scheduler: Scheduler) -> None:
            raise Boom

        def run(self) -> None:
            raise AssertionError

    class Saves(Walk):
        def create_job(self, uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
            return NoPort(uid, data, notify_end)

        def compute_fingerprint(self, uid: Any, data: Any, is_prediction: bool = False) -> Any:
            return "print"

        def save_fingerprint(self, uid: Any, fingerprint: Any) -> None:
            saved.append((uid, fingerprint))

    with pytest.raises(Boom):
        Saves(dag("a"))

    # With a fingerprint saved, the next walk would skip what has never run.
    assert saved == [("a", None)]


def test_d08_a_run_that_raises_is_a_failure_logged_once_and_the_rest_is_offered(
    run: Callable[..., Scheduler],
    jobs: dict[str, Any],
    collected: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    problem = Boom()

    class Raises(Job):
        def run(self) -> None:
            raise problem

    run("a b:a", {"a": Raises, "b": Nothing})

    assert collected == ["a", "b"]
    assert jobs["a"].status is ReturnValue.failure
    assert jobs["a"].exception is problem
    assert jobs["b"].status is ReturnValue.success
    (record,) = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.ERROR, "job a raised")
    assert record.exc_info is not None
    assert record.exc_info[1] is problem


def test_d08_the_next_attempt_starts_without_the_exception_of_the_last(
    run: Callable[..., Scheduler], jobs: dict[str, Any]
) -> None:
    class RaisesOnce(Job):
        def run(self) -> None:
            if self.attempt == 1:
                raise Boom

    run("a", RaisesOnce, lambda job: job.status is ReturnValue.failure)

    assert jobs["a"].attempt == 2
    assert jobs["a"].exception is None
    assert jobs["a"].status is ReturnValue.success


def test_d17_a_spawn_error_does_not_outlive_its_attempt(
    run: Callable[..., Scheduler], jobs: dict[str, Any]
) -> None:
    seen: list[tuple[int, str, int | None]] = []

    class BetterNextTime(ProcessJob):
        @property
        def cmdline(self) -> list[str]:
            return ["/no/such/program"] if self.attempt == 1 else ["true"]

    def collect(job: ProcessJob) -> bool:
        handle = job.proc_handle
        seen.append((job.attempt, job.status.name, handle.status if handle else None))
        return job.attempt == 1

    run("a", BetterNextTime, collect)

    assert seen == [(1, "failure", None), (2, "success", 0)]


@pytest.mark.parametrize(("command", "code"), [("exit 2", 2), ("kill -9 $$", -9)])
def test_d29_an_exit_code_without_a_meaning_is_logged_once_without_a_traceback(
    command: str, code: int, spawning: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    job = spawning(command)("a", None, print)
    job.run()

    assert [job.status for _ in range(3)] == [ReturnValue.failure] * 3
    assert caplog.messages == [f"job a returned an unknown status {code}"]
    assert caplog.records[0].exc_info is None


def test_d45_when_a_job_cannot_be_started_the_others_are_stopped_and_its_slot_is_given_back(
    run: Callable[..., Scheduler], jobs: dict[str, Any], collected: list[str]
) -> None:
    problem = RuntimeError("can't start new thread")

    class Fails(Job):
        def start(self, slot: int) -> None:
            raise problem

        def run(self) -> None:
            raise AssertionError

    with pytest.raises(RuntimeError) as caught:
        run("a b c", {"a": UntilInterrupted, "b": Fails, "c": Nothing}, tokens=2)

    assert caught.value is problem
    assert jobs["a"].interrupted
    assert not jobs["a"].handle.is_alive()
    assert collected.count("a") == 1
    assert "c" not in collected

    scheduler: Scheduler = jobs["scheduler"]
    assert (scheduler.active_jobs, scheduler.tokens) == ([], {"default": 2})
    assert sorted(scheduler.slots) == [0, 1]


def test_a_provider_that_returns_no_job_is_an_error_that_shows_what_it_returned(
    dag: Callable[[str], DAG],
) -> None:
    with pytest.raises(JobError, match=r"returned None for 'a'; it must return a Job"):
        Scheduler(lambda *arguments: None).run(dag("a"))  # type: ignore[arg-type]  # the point


@pytest.mark.parametrize("priority", [None, "high", (1,), float("nan")])
def test_a_priority_that_cannot_be_compared_is_an_error_that_names_the_job(
    priority: object, run: Callable[..., Scheduler]
) -> None:
    class Odd(Nothing):
        pass

    Odd.priority = priority  # type: ignore[assignment,method-assign]  # the point
    with pytest.raises(JobError, match="job 'a' has priority"):
        run("a", Odd)


def test_a_scheduler_that_runs_already_says_so(run: Callable[..., Scheduler]) -> None:
    def collect(job: Job) -> None:
        with pytest.raises(SchedulerError, match="under way"):
            jobs[0].run(DAG())

    jobs: list[Scheduler] = []

    class Known(Scheduler):
        def init_state(self, dag: DAG) -> None:
            jobs.append(self)
            super().init_state(dag)

    run("a", Nothing, collect, scheduler_class=Known)
    assert len(jobs) == 1
