"""Where the seed lost count: tokens, slots, ends (e3-defects/d12, d15, d15b, d16, d22, d55)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from kinds import Nothing
from treadle.dag import DAG
from treadle.errors import RunInterrupted
from treadle.job import Job
from treadle.job.scheduler import Scheduler

if TYPE_CHECKING:
    from collections.abc import Callable


def test_d12_jobs_without_tokens_run_all_at_once_each_with_a_slot_of_its_own(
    run: Callable[..., Scheduler],
) -> None:
    together = threading.Barrier(3)
    slots: list[int] = []

    class Free(Job):
        def __init__(self, uid: Any, data: Any, notify_end: Any) -> None:
            super().__init__(uid, data, notify_end)
            self.tokens = 0

        def run(self) -> None:
            slots.append(self.slot)
            together.wait(20)

    scheduler = run("a b c", Free, tokens=1)

    assert len(set(slots)) == 3
    assert scheduler.max_active_jobs == 3
    assert scheduler.tokens == {"default": 1}


class Interrupted(Scheduler):
    """Is interrupted in its first turn."""

    turns = 0

    def log_state(self) -> None:
        self.turns += 1
        if self.turns == 1:
            raise KeyboardInterrupt


def _reuse(scheduler: Scheduler, collected: list[str], dag: DAG) -> None:
    """A run after one that was cut short is like the first of a new scheduler."""
    collected.clear()
    scheduler.run(dag)

    assert collected == ["new1", "new2"]
    assert scheduler.max_active_jobs == 1
    assert scheduler.statistics().attempts == 2
    assert scheduler.statistics().aborted == 0
    assert scheduler.stop_time is not None


@pytest.mark.parametrize("tokens", [1, 2])
def test_d15_a_scheduler_is_as_new_after_an_interrupted_run(
    tokens: int,
    run: Callable[..., Scheduler],
    jobs: dict[str, Any],
    collected: list[str],
    dag: Callable[[str], DAG],
) -> None:
    with pytest.raises(KeyboardInterrupt):
        run("old1 old2 old3", Nothing, scheduler_class=Interrupted, tokens=tokens)
    scheduler: Scheduler = jobs["scheduler"]

    assert sorted(collected) == ["old1", "old2", "old3"][:tokens]
    assert scheduler.statistics().aborted == 3 - tokens
    assert scheduler.tokens == {"default": tokens}
    assert sorted(scheduler.slots) == list(range(tokens))
    _reuse(scheduler, collected, dag("new1 new2:new1"))


def test_d15b_what_was_queued_when_a_run_was_cut_short_does_not_run_in_the_next(
    run: Callable[..., Scheduler],
    jobs: dict[str, Any],
    collected: list[str],
    dag: Callable[[str], DAG],
) -> None:
    def collect(job: Job) -> None:
        if job.uid == "old1":
            raise RuntimeError

    with pytest.raises(RuntimeError):
        run("old1 old2 old3", Nothing, collect)

    _reuse(jobs["scheduler"], collected, dag("new1 new2:new1"))


def test_d15_a_run_that_cannot_begin_leaves_the_scheduler_as_it_was(
    run: Callable[..., Scheduler], collected: list[str], dag: Callable[[str], DAG]
) -> None:
    scheduler = run("a", Nothing)
    broken = DAG()
    broken.update_vertex("b", predecessors=["ghost"], enable_checks=False)

    with pytest.raises(Exception, match="invalid nodes"):
        scheduler.run(broken)

    _reuse(scheduler, collected, dag("new1 new2:new1"))


def test_d15_what_was_queued_counts_as_aborted_also_when_nothing_ran(
    run: Callable[..., Scheduler], jobs: dict[str, Any], collected: list[str]
) -> None:
    with pytest.raises(RunInterrupted):
        run("a b c d", Nothing, lambda job: jobs["scheduler"].interrupt())

    assert collected == ["a"]
    assert jobs["scheduler"].statistics().aborted == 3
    assert jobs["scheduler"].queued_jobs == 0


def test_d16_a_second_notification_is_ignored_and_counted(
    run: Callable[..., Scheduler], collected: list[str]
) -> None:
    class Twice(Job):
        def run(self) -> None:
            self.notify_end(self.uid)

    scheduler = run("a b c:a", {"a": Twice, "b": Nothing, "c": Nothing}, tokens=2)

    assert sorted(collected) == ["a", "b", "c"]
    assert scheduler.statistics().stray_notifications == 1


def test_d16_a_stale_notification_does_not_end_the_next_attempt(
    run: Callable[..., Scheduler], collected: list[str]
) -> None:
    seen: list[tuple[int, bool]] = []
    attempts: list[int] = []

    class Stale(Job):
        def run(self) -> None:
            if self.attempt == 1:
                self.notify_end(self.uid)
            attempts.append(self.attempt)

    def collect(job: Job) -> bool:
        seen.append((len(attempts), job.handle.is_alive()))
        return job.attempt == 1

    scheduler = run("a", Stale, collect)

    assert seen == [(1, False), (2, False)]
    assert scheduler.statistics().stray_notifications == 1


def test_d16_a_notification_of_a_job_that_does_not_run_is_ignored_and_counted(
    run: Callable[..., Scheduler], jobs: dict[str, Any], collected: list[str]
) -> None:
    class NotifiesForOthers(Job):
        def run(self) -> None:
            for uid in ("b", "nobody", self.uid):
                self.notify_end(uid)

    scheduler = run("a b:a", {"a": NotifiesForOthers, "b": Nothing})

    assert collected == ["a", "b"]
    assert scheduler.statistics().stray_notifications == 3


@pytest.mark.parametrize("linked", [False, True])
def test_d22_a_vertex_added_during_the_run_is_not_run_and_a_warning_says_so(
    linked: bool,
    run: Callable[..., Scheduler],
    jobs: dict[str, Any],
    collected: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def collect(job: Job) -> None:
        if job.uid == "a":
            dag = jobs["scheduler"].dag
            dag.add_vertex("new", predecessors=["a"] if linked else [])

    scheduler = run("a b:a", Nothing, collect)

    assert collected == ["a", "b"]
    assert scheduler.is_finished
    assert caplog.messages == ["the graph was changed while it ran: what was added was not run"]


@pytest.mark.parametrize("changed", [0, 1, 3, 100])
def test_d55_the_tokens_released_are_those_that_were_taken(
    changed: int, run: Callable[..., Scheduler]
) -> None:
    class Changes(Job):
        def __init__(self, uid: Any, data: Any, notify_end: Any) -> None:
            super().__init__(uid, data, notify_end)
            self.tokens = 2
            self.queue_name = "x"

        def run(self) -> None:
            self.tokens = changed
            self.queue_name = "y"

    scheduler = run("a b c d e f", Changes, queues={"x": 3, "y": 1})

    assert scheduler.tokens == {"x": 3, "y": 1}
    assert scheduler.max_active_jobs == 1
