from __future__ import annotations

import threading
from datetime import UTC
from typing import Any

import pytest

from kinds import Nothing
from treadle.job import EmptyJob, Job, JobTimingInfo, ProcessJob, ReturnValue, Run, logger


def test_only_run_is_abstract() -> None:
    assert Job.__abstractmethods__ == {"run"}
    assert ProcessJob.__abstractmethods__ == {"cmdline"}
    assert EmptyJob.__abstractmethods__ == frozenset()
    with pytest.raises(TypeError, match="abstract"):
        Job("a", None, print)  # type: ignore[abstract]  # the point


def test_a_new_job_has_the_seeds_attributes() -> None:
    data = object()
    job = Nothing("a", data, print)

    assert job.data is data
    assert job.notify_end is print
    assert job.lock is Job.lock
    expected: dict[str, Any] = {
        "uid": "a",
        "slot": 1,
        "handle": None,
        "thread": None,
        "should_skip": False,
        "interrupted": False,
        "queue_name": "default",
        "tokens": 1,
        "priority": 0,
    }
    assert {name: getattr(job, name) for name in expected} == expected
    assert job.status is ReturnValue.success
    assert job.timing_info == (None, None, 0.0)


def test_each_job_has_a_greater_index_than_the_one_before() -> None:
    first, second, third = (Nothing(uid, None, print) for uid in "abc")

    assert second.index == first.index + 1
    assert third.index == second.index + 1


def test_all_jobs_share_one_reentrant_lock() -> None:
    assert Nothing("a", None, print).lock is EmptyJob("b", None, print, ReturnValue.skip).lock
    with Job.lock, Job.lock:
        assert Job.lock._is_owned()
    assert not Job.lock._is_owned()


def test_the_lock_keeps_other_threads_out() -> None:
    got: list[bool] = []
    with Job.lock:
        thread = threading.Thread(target=lambda: got.append(Job.lock.acquire(blocking=False)))
        thread.start()
        thread.join()
    assert got == [False]


def test_a_job_starts_without_a_scheduler() -> None:
    ended: list[Any] = []
    job = Nothing("a", None, ended.append)

    job.start(7)
    job.handle.join()

    assert ended == ["a"]
    assert job.slot == 7
    assert (job.handle.name, job.handle.daemon, job.handle.is_alive()) == ("a", False, False)


def test_the_slot_is_set_before_the_thread_runs() -> None:
    seen: list[tuple[int, str]] = []

    class Looks(Job):
        def run(self) -> None:
            seen.append((self.slot, threading.current_thread().name))

    job = Looks("a", None, print)
    job.notify_end = seen.append
    job.start(3)
    job.handle.join()

    assert seen == [(3, "a"), "a"]


def test_times_are_known_from_start_to_stop() -> None:
    running, go_on = threading.Event(), threading.Event()

    class Waits(Job):
        def run(self) -> None:
            running.set()
            go_on.wait(10)

    job = Waits("a", None, lambda uid: None)
    job.start(0)
    assert running.wait(10)
    early, later = job.timing_info, job.timing_info
    go_on.set()
    job.handle.join()
    final = job.timing_info

    assert early.start_time is not None
    assert early.start_time.tzinfo is UTC
    assert early.stop_time is None
    assert 0 <= early.duration <= later.duration <= final.duration
    assert final.start_time == early.start_time
    assert final.stop_time is not None
    assert final.duration == job.timing_info.duration
    assert isinstance(final, JobTimingInfo)
    assert JobTimingInfo._fields == ("start_time", "stop_time", "duration")


def test_record_start_and_stop_can_be_called_by_hand() -> None:
    job = Nothing("a", None, print)

    job.record_start_time()
    started = job.timing_info
    job.record_stop_time()

    assert started.stop_time is None
    assert job.timing_info.start_time == started.start_time
    assert job.timing_info.stop_time is not None


def test_interrupt_is_true_the_first_time_and_stops_nothing() -> None:
    job = Nothing("a", None, print)

    assert [job.interrupt(), job.interrupt()] == [True, False]
    assert job.interrupted


def test_an_interrupted_job_is_started_and_does_not_run() -> None:
    ran: list[str] = []
    ended: list[Any] = []

    class Runs(Job):
        def run(self) -> None:
            ran.append("run")

    job = Runs("a", None, ended.append)
    job.interrupt()
    job.start(0)
    job.handle.join()

    assert ran == []
    assert ended == ["a"]
    assert job.timing_info.stop_time is not None


def test_the_end_is_notified_also_when_run_raises(caplog: pytest.LogCaptureFixture) -> None:
    ended: list[Any] = []
    problem = RuntimeError("boom")

    class Raises(Job):
        def run(self) -> None:
            raise problem

    job = Raises("a", None, ended.append)
    job.start(0)
    job.handle.join()

    assert ended == ["a"]
    assert job.exception is problem
    assert job.timing_info.stop_time is not None


def test_on_start_and_on_finish_do_nothing_by_themselves() -> None:
    job = Nothing("a", None, print)
    before = dict(vars(job))

    job.on_start(None)  # type: ignore[arg-type]  # not looked at
    job.on_finish(None)  # type: ignore[arg-type]  # not looked at

    assert vars(job) == before


@pytest.mark.parametrize("status", ReturnValue)
def test_an_empty_job_has_the_status_it_was_made_with(status: ReturnValue) -> None:
    job = EmptyJob("a", None, print, status)

    assert job.status is status
    assert job.should_skip


def test_an_empty_job_can_be_started_all_the_same() -> None:
    ended: list[Any] = []
    job = EmptyJob("a", None, ended.append, ReturnValue.skip)

    job.start(0)
    job.handle.join()

    assert ended == ["a"]
    assert job.status is ReturnValue.skip


def test_return_values_are_the_seeds_exit_codes() -> None:
    assert {member.name: int(member) for member in ReturnValue} == {
        "success": 0,
        "failure": 1,
        "notready": 75,
        "force_fail": 123,
        "unknown": 124,
        "skip": 125,
        "unchanged": 126,
    }


def test_the_module_has_the_names_that_clients_import() -> None:
    import treadle.anod.status
    import treadle.process

    assert ReturnValue is treadle.anod.status.ReturnValue
    assert Run is treadle.process.Run
    assert logger.name == "treadle.job"
