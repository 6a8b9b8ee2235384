"""Timeouts, Ctrl-C, exceptions out of callbacks; what is mended is in test_defects_*."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from kinds import Nothing, UntilInterrupted
from treadle.engine import Outcome
from treadle.job import Job, ProcessJob, ReturnValue
from treadle.job.scheduler import Scheduler

if TYPE_CHECKING:
    from collections.abc import Callable


class Sleeps(ProcessJob):
    cmdline: ClassVar[list[str]] = ["sleep", "60"]


def test_a_job_that_takes_too_long_is_interrupted_and_collected_like_any_other(
    run: Callable[..., Scheduler], jobs: dict[str, Any], collected: list[str]
) -> None:
    scheduler = run("a b:a", {"a": UntilInterrupted, "b": Nothing}, job_timeout=0.05)

    assert collected == ["a", "b"]
    assert (jobs["a"].interrupted, jobs["b"].interrupted) == (True, False)
    assert jobs["a"].outcome is Outcome.TIMED_OUT
    assert scheduler.stop_time is not None


def test_a_process_that_takes_too_long_is_killed(
    run: Callable[..., Scheduler], jobs: dict[str, Any]
) -> None:
    run("a", Sleeps, job_timeout=0.05)

    assert jobs["a"].proc_handle.status == -9
    assert jobs["a"].status is ReturnValue.failure
    assert not jobs["a"].proc_handle.is_running()


def test_a_keyboard_interrupt_raised_by_a_log_state_put_on_the_instance_stops_all(
    jobs: dict[str, Any], dag: Callable[[str], Any]
) -> None:
    events: list[str] = []

    class Notes(UntilInterrupted):
        def on_finish(self, scheduler: Scheduler) -> None:
            events.append(f"on_finish {self.uid}")

    def collect(job: Job) -> bool:
        events.append(f"collect {job.uid} interrupted {job.interrupted}")
        return True  # ignored: the run is over

    def log_state() -> None:
        raise KeyboardInterrupt

    scheduler = Scheduler(Scheduler.simple_provider(Notes), collect, tokens=2)
    scheduler.log_state = log_state  # type: ignore[method-assign]  # the point
    with pytest.raises(KeyboardInterrupt):
        scheduler.run(dag("a b c"))

    # Which of the two ends first is up to them; c was queued and gets nothing.
    assert sorted(events) == [
        "collect a interrupted True",
        "collect b interrupted True",
        "on_finish a",
        "on_finish b",
    ]
    assert [event.split()[0] for event in events] == ["collect", "on_finish"] * 2
    assert scheduler.stop_time is None


def test_a_job_that_ended_a_moment_before_the_interrupt_is_collected_as_interrupted(
    run: Callable[..., Scheduler], jobs: dict[str, Any], collected: list[str]
) -> None:
    class Interrupted(Scheduler):
        def log_state(self) -> None:
            for job in self.active_jobs:
                job.handle.join()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run("a b", Nothing, scheduler_class=Interrupted, tokens=2)

    assert sorted(collected) == ["a", "b"]
    assert all(jobs[uid].interrupted for uid in "ab")


class Boom(Exception):
    pass


@pytest.mark.parametrize("where", ["provider", "collect", "on_start", "on_finish", "priority"])
def test_what_a_callback_raises_comes_out_of_run_unchanged(
    where: str, dag: Callable[[str], Any]
) -> None:
    problem = Boom(where)

    def raise_in(name: str, uid: object) -> None:
        if name == where and uid == "b":
            raise problem

    class Raises(Job):
        @property
        def priority(self) -> float:
            raise_in("priority", self.uid)
            return 0

        def on_start(self, scheduler: Scheduler) -> None:
            raise_in("on_start", self.uid)

        def on_finish(self, scheduler: Scheduler) -> None:
            raise_in("on_finish", self.uid)

        def run(self) -> None:
            pass

    def provider(uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
        raise_in("provider", uid)
        return Raises(uid, data, notify_end)

    scheduler = Scheduler(provider, lambda job: raise_in("collect", job.uid))
    with pytest.raises(Boom) as caught:
        scheduler.run(dag("a b:a c:b"))

    assert caught.value is problem
    assert scheduler.stop_time is None
    assert any("job 'b'" in note for note in problem.__notes__)


def test_what_a_stage_raises_comes_out_of_run_unchanged(dag: Callable[[str], Any]) -> None:
    problem = Boom()

    class Raises(Scheduler):
        def launch(self) -> None:
            raise problem

    with pytest.raises(Boom) as caught:
        Raises(Scheduler.simple_provider(Nothing)).run(dag("a"))

    assert caught.value is problem
