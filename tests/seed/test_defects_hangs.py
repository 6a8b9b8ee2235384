"""Where the seed span or blocked for ever (e3-defects/d04, d05, d19, d20, d21, d27, d28, d42)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from kinds import Nothing, UntilInterrupted
from treadle.dag import DAG, DAGError
from treadle.errors import JobError
from treadle.job import Job, ProcessJob, ReturnValue
from treadle.job.scheduler import Scheduler
from treadle.job.walk import Walk
from treadle.testing import MockClock

if TYPE_CHECKING:
    from collections.abc import Callable


def test_d04_a_job_that_wants_more_tokens_than_its_queue_owns_is_an_error(
    run: Callable[..., Scheduler],
) -> None:
    class Greedy(Nothing):
        def __init__(self, uid: Any, data: Any, notify_end: Any) -> None:
            super().__init__(uid, data, notify_end)
            self.tokens = 3

    with pytest.raises(JobError) as caught:
        run("a", Greedy, tokens=2)

    assert str(caught.value) == (
        "job 'a' asks for 3 tokens of queue 'default', which has 2; "
        "ask for fewer or give the queue more"
    )


def _cyclic() -> DAG:
    dag = DAG()
    dag.add_vertex("a")
    dag.add_vertex("b", predecessors=["a"])
    dag.update_vertex("a", predecessors=["b"], enable_checks=False)
    return dag


def _incomplete() -> DAG:
    dag = DAG()
    dag.update_vertex("a", predecessors=["ghost"], enable_checks=False)
    return dag


def _incomplete_in_part() -> DAG:
    dag = _incomplete()
    dag.update_vertex("z", enable_checks=False)
    return dag


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (_cyclic, "cycle detected: a -> b -> a"),
        (_incomplete, "invalid nodes in predecessors of a"),
        (_incomplete_in_part, "invalid nodes in predecessors of a"),
    ],
)
def test_d05_a_graph_with_a_cycle_or_a_missing_vertex_is_an_error_before_anything_runs(
    graph: Callable[[], DAG], message: str
) -> None:
    asked: list[object] = []
    provider = Scheduler.simple_provider(Nothing)

    def provide(uid: Any, *others: Any) -> Job:
        asked.append(uid)
        return provider(uid, *others)

    with pytest.raises(DAGError, match=message):
        Scheduler(provide, tokens=2).run(graph())

    assert asked == []


def test_d19_max_attempts_limits_how_often_a_job_runs(
    run: Callable[..., Scheduler], collected: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    run("a b:a", Nothing, lambda job: job.uid == "a", max_attempts=3)

    assert collected == ["a", "a", "a", "b"]
    assert caplog.messages == ["job a is not run again after 3 attempts"]


def test_d19_requeue_delay_keeps_a_job_from_running_again_at_once(
    run: Callable[..., Scheduler], collected: list[str]
) -> None:
    clock = MockClock()
    started: list[tuple[Any, float]] = []

    class Notes(Job):
        def start(self, slot: int) -> None:
            started.append((self.uid, clock.monotonic()))
            clock.call_later(1, lambda: self.notify_end(self.uid))

        def run(self) -> None:
            raise AssertionError

    def collect(job: Job) -> bool:
        return job.uid == "a" and collected.count("a") < 3

    run("a b", Notes, collect, requeue_delay=10, clock=clock)

    # Meanwhile its token is free for others.
    assert started == [("a", 0.0), ("b", 1.0), ("a", 11.0), ("a", 22.0)]


def test_d20_a_job_requeued_after_a_timeout_runs_again(
    run: Callable[..., Scheduler],
    overdue: Callable[..., dict[str, Any]],
    collected: list[str],
) -> None:
    flags: list[tuple[int, bool]] = []
    began = threading.Semaphore(0)

    class SlowAtFirst(Job):
        def __init__(self, uid: Any, data: Any, notify_end: Any) -> None:
            super().__init__(uid, data, notify_end)
            self.told = threading.Event()

        def run(self) -> None:
            flags.append((self.attempt, self.interrupted))
            began.release()
            if self.attempt < 3:
                assert self.told.wait(20)

        def interrupt(self) -> bool:
            self.told.set()
            return super().interrupt()

    def collect(job: SlowAtFirst) -> bool:
        job.told.clear()
        return job.interrupted

    def slow(scheduler: Scheduler) -> bool:
        fresh = any(job.attempt < 3 and not job.interrupted for job in scheduler.active_jobs)
        return fresh and began.acquire(timeout=20)

    run("a", SlowAtFirst, collect, **overdue(slow))

    assert flags == [(1, False), (2, False), (3, False)]
    assert collected == ["a"] * 3


def test_d21_a_job_with_another_uid_than_its_vertex_is_an_error_that_names_both(
    dag: Callable[[str], DAG],
) -> None:
    def provider(uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
        return Nothing(f"job-{uid}", data, notify_end)

    with pytest.raises(JobError) as caught:
        Scheduler(provider).run(dag("a b:a"))

    assert str(caught.value) == (
        "the provider returned job 'job-a' for vertex 'a'; a job's uid must be its vertex's"
    )


@pytest.mark.parametrize("callback", ["provider", "collect", "run"])
def test_d27_a_scheduler_may_run_inside_of_a_callback_or_a_job(
    callback: str, dag: Callable[[str], DAG]
) -> None:
    inner: list[object] = []

    def nested(where: str) -> None:
        if where == callback:
            provider = Scheduler.simple_provider(Nothing)
            Scheduler(provider, lambda job: inner.append(job.uid)).run(dag("inner"))

    class Nests(Job):
        def run(self) -> None:
            nested("run")

    def provider(uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
        nested("provider")
        return Nests(uid, data, notify_end)

    Scheduler(provider, lambda job: nested("collect")).run(dag("outer"))

    assert inner == ["inner"]


def test_d28_collect_may_join_the_thread_of_an_interrupted_job(
    run: Callable[..., Scheduler], collected: list[str]
) -> None:
    class Interrupted(Scheduler):
        def log_state(self) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(
            "a b",
            UntilInterrupted,
            lambda job: job.handle.join(),
            scheduler_class=Interrupted,
            tokens=2,
        )

    assert sorted(collected) == ["a", "b"]


def test_d42_options_that_cannot_be_read_are_a_failure_not_a_reason_to_try_again(
    dag: Callable[[str], DAG], caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[object] = []

    class Raises(ProcessJob):
        cmdline = property(lambda self: ["true"])

        @property
        def cmd_options(self) -> dict[str, Any]:
            raise OSError("cannot create output file")

    class Again(Walk):
        def create_job(self, uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
            return Raises(uid, data, notify_end)

        def request_requeue(self, job: Job) -> bool:
            asked.append(job)
            return True

    assert Again(dag("a")).job_status == {"a": ReturnValue.failure}
    assert asked == []
    assert "job a could not be started" in caplog.messages
