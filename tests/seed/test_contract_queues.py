"""Tokens, slots, queues, priorities and requeues."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from kinds import Nothing
from treadle.job import Job
from treadle.job.scheduler import Scheduler

if TYPE_CHECKING:
    from collections.abc import Callable


class Meets(Job):
    """Ends when as many jobs as the barrier wants run at the same time."""

    barrier: threading.Barrier

    def run(self) -> None:
        self.barrier.wait(10)


def test_slots_are_numbered_from_zero_and_the_highest_is_given_first(
    run: Callable[..., Scheduler],
) -> None:
    slots: list[int] = []

    class Sees(Meets):
        barrier = threading.Barrier(3)

        def start(self, slot: int) -> None:
            slots.append(slot)
            super().start(slot)

    scheduler = run("a b c", Sees, tokens=3)

    assert slots == [2, 1, 0]
    assert (scheduler.n_tokens, scheduler.max_active_jobs) == (3, 3)


def test_the_slot_that_was_freed_last_is_given_next(
    run: Callable[..., Scheduler], jobs: dict[str, Any]
) -> None:
    ends: dict[Any, threading.Event] = {uid: threading.Event() for uid in "abcd"}
    slots: list[tuple[Any, int]] = []

    class Waits(Job):
        def run(self) -> None:
            slots.append((self.uid, self.slot))
            ends[self.uid].wait(10)

    class InOrder(Scheduler):
        def log_state(self) -> None:
            # Every time that all tokens are taken, the oldest job may end.
            if len(self.active_jobs) == 2 or not self.queued_jobs:
                ends[str(self.active_jobs[0].uid)].set()

    run("a b c d", Waits, scheduler_class=InOrder, tokens=2)

    assert dict(slots) == {"a": 1, "b": 0, "c": 1, "d": 0}


def test_never_do_active_jobs_have_more_tokens_than_there_are(
    run: Callable[..., Scheduler],
) -> None:
    wants = {"a": 2, "b": 1, "c": 3, "d": 1, "e": 1, "f": 2}
    taken: list[int] = []

    class Wants(Job):
        def __init__(self, uid: str, data: Any, notify_end: Any) -> None:
            super().__init__(uid, data, notify_end)
            self.tokens = wants[uid]

        def run(self) -> None:
            pass

    class Counts(Scheduler):
        def log_state(self) -> None:
            taken.append(sum(wants[str(job.uid)] for job in self.active_jobs))
            assert self.tokens == {"default": 3 - taken[-1]}

    scheduler = run("a b c d e f", Wants, scheduler_class=Counts, tokens=3)

    assert max(taken) == 3
    assert scheduler.tokens == {"default": 3}
    assert sorted(scheduler.slots) == [0, 1, 2]


def test_a_job_of_several_tokens_takes_one_slot(run: Callable[..., Scheduler]) -> None:
    free: list[list[int]] = []

    class Two(Job):
        def __init__(self, uid: str, data: Any, notify_end: Any) -> None:
            super().__init__(uid, data, notify_end)
            self.tokens = 2

        def run(self) -> None:
            pass

    class Looks(Scheduler):
        def log_state(self) -> None:
            free.append(sorted(self.slots))

    run("a", Two, scheduler_class=Looks, tokens=2)

    assert free == [[0]]


class Sorted(Nothing):
    """Takes the queue that its uid begins with."""

    def __init__(self, uid: str, data: Any, notify_end: Any) -> None:
        super().__init__(uid, data, notify_end)
        self.queue_name = uid[0]


def test_each_queue_has_its_own_tokens_and_tokens_is_ignored(
    run: Callable[..., Scheduler],
) -> None:
    class Together(Sorted, Meets):
        barrier = threading.Barrier(3)

    class Looks(Scheduler):
        def log_state(self) -> None:
            seen.append((self.tokens, [job.uid for job in self.active_jobs]))

    seen: list[Any] = []
    queues = {"x": 1, "y": 2}
    scheduler = run("x1 y1 y2", Together, scheduler_class=Looks, queues=queues, tokens=99)

    assert scheduler.n_tokens == 3
    assert list(scheduler.queues) == ["x", "y"]
    assert seen[0] == ({"x": 0, "y": 0}, ["x1", "y1", "y2"])
    assert scheduler.max_active_jobs == 3


def test_queues_are_served_in_their_order(run: Callable[..., Scheduler]) -> None:
    started: list[Any] = []

    class Notes(Sorted):
        def on_start(self, scheduler: Scheduler) -> None:
            started.append(self.uid)

    run("x1 y1 x2 y2", Notes, queues={"y": 2, "x": 2})

    assert started == ["y1", "y2", "x1", "x2"]


@pytest.mark.parametrize("queues", [None, {}])
def test_without_queues_there_is_one_named_default(queues: dict[str, int] | None) -> None:
    scheduler = Scheduler(Scheduler.simple_provider(Nothing), queues=queues, tokens=4)

    assert (scheduler.queues, scheduler.tokens) == ({"default": []}, {"default": 4})


def test_higher_priorities_first_and_equals_in_the_order_they_were_pushed(
    run: Callable[..., Scheduler], collected: list[str]
) -> None:
    priorities: dict[Any, float] = {"1": 5, "2": 5.5, "3": 9, "4": 5, "6": -1}

    class Ranked(Nothing):
        @property
        def priority(self) -> float:
            return priorities.get(self.uid, 0)

    run("0 1 2 3 4 5 6", Ranked)

    assert collected == ["3", "2", "1", "4", "0", "5", "6"]


def test_the_priority_is_read_once_for_each_push(
    run: Callable[..., Scheduler], collected: list[str]
) -> None:
    read: list[Any] = []

    class Counted(Nothing):
        @property
        def priority(self) -> float:
            read.append(self.uid)
            return -len(read)

    run("a b c", Counted, lambda job: job.uid == "b" and collected.count("b") == 1)

    assert read == ["a", "b", "c", "b"]
    assert collected == ["a", "b", "c", "b"]


def test_a_requeued_job_is_the_same_object_behind_its_equals(
    run: Callable[..., Scheduler], jobs: dict[str, Any], collected: list[str]
) -> None:
    seen: list[Job] = []

    def collect(job: Job) -> bool:
        seen.append(job)
        return job.uid == "a" and collected.count("a") < 3

    scheduler = run("a b c d:a", Nothing, collect)

    assert collected == ["a", "b", "c", "a", "a", "d"]
    assert {job for job in seen if job.uid == "a"} == {jobs["a"]}
    assert jobs["a"].attempt == 3
    assert scheduler.max_active_jobs == 1


def test_a_requeued_job_gets_a_new_slot_and_a_new_handle_and_finishes_each_time(
    run: Callable[..., Scheduler], collected: list[str]
) -> None:
    handles: list[object] = []
    finished: list[Any] = []
    threads: list[str] = []

    class Again(Job):
        def run(self) -> None:
            threads.append(threading.current_thread().name)

        def on_finish(self, scheduler: Scheduler) -> None:
            handles.append(self.handle)
            finished.append(self.uid)

    run("a", Again, lambda job: len(collected) < 3)

    assert finished == ["a"] * 3
    assert threads == ["a"] * 3
    assert len(set(map(id, handles))) == 3


def test_dependents_wait_until_collect_is_content(
    run: Callable[..., Scheduler], collected: list[str]
) -> None:
    run("a b:a", Nothing, lambda job: job.uid == "a" and len(collected) < 4, tokens=2)

    assert collected == ["a", "a", "a", "a", "b"]


def test_the_queues_show_the_jobs_that_wait_in_their_order(
    run: Callable[..., Scheduler], jobs: dict[str, Any]
) -> None:
    class Ranked(Nothing):
        @property
        def priority(self) -> float:
            return int(str(self.uid))

    shown: list[Any] = []

    class Looks(Scheduler):
        def launch(self) -> None:
            shown.append([self.queues["default"], self.queued_jobs, self.global_queue_index])
            super().launch()

    run("1 3 2", Ranked, scheduler_class=Looks)

    first = [(-3, 2, jobs["3"]), (-2, 3, jobs["2"]), (-1, 1, jobs["1"])]
    assert [sorted(shown[0][0]), *shown[0][1:]] == [first, 3, 4]
