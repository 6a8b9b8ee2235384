"""What the seed got wrong about time (e3-defects/d01, d02, d03, d09, d48, d49, d50, d59)."""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from treadle.clock import SYSTEM
from treadle.engine import Outcome
from treadle.job import Job, ReturnValue
from treadle.job.scheduler import Scheduler
from treadle.testing import MockClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path


class Timed(Job):
    """Takes as many seconds of virtual time as its data says; ends at once when interrupted."""

    clock: MockClock
    seconds: dict[Any, list[float]]
    obeys = True

    def start(self, slot: int) -> None:
        number, left = self.attempt, self.seconds.get(self.uid, [1.0])
        self.clock.call_later(left[min(number, len(left)) - 1], lambda: self.end(number))

    def end(self, number: int) -> None:
        if number == self.attempt and self.outcome is None:
            self.notify_end(self.uid)

    def interrupt(self) -> bool:
        if self.obeys:
            self.clock.call_later(0, partial(self.end, self.attempt))
        return super().interrupt()

    def run(self) -> None:
        raise AssertionError


class Stubborn(Timed):
    obeys = False


@pytest.fixture
def timed() -> tuple[MockClock, dict[Any, list[float]]]:
    """The clock of `Timed` jobs, and how long each attempt of each job takes."""
    Timed.clock, Timed.seconds = MockClock(), {}
    return Timed.clock, Timed.seconds


def test_d01_every_deadline_counts_not_only_the_oldest_job(
    run: Callable[..., Scheduler], timed: Any
) -> None:
    clock, seconds = timed
    seconds.update(a=[8], b=[30])
    ends: list[tuple[Any, float, bool]] = []

    run(
        "a b",
        {"a": Stubborn, "b": Timed},
        lambda job: ends.append((job.uid, clock.monotonic(), job.interrupted)),
        tokens=2,
        job_timeout=1,
        clock=clock,
    )

    assert ends == [("b", 1.0, True), ("a", 8.0, True)]


def test_d02_a_stream_of_ends_does_not_put_off_a_timeout(
    run: Callable[..., Scheduler], timed: Any
) -> None:
    clock, seconds = timed
    short = [f"s{i}" for i in range(160)]
    seconds.update(slow=[60], **{uid: [0.05] for uid in short})
    ends: dict[Any, float] = {}

    run(
        f"slow {' '.join(short)}",
        Timed,
        lambda job: ends.update({job.uid: clock.monotonic()}),
        tokens=2,
        job_timeout=1,
        clock=clock,
    )

    assert ends["slow"] == 1.0
    assert len([end for end in ends.values() if end > 1.0]) > 100


def test_d03_each_attempt_has_its_whole_timeout_and_no_more(
    run: Callable[..., Scheduler], timed: Any, collected: list[str]
) -> None:
    clock, seconds = timed
    others = [f"k{i}" for i in range(20)]
    seconds.update(a=[0.5, 15.0], **{uid: [0.9] for uid in others})
    ends: list[tuple[float, Outcome]] = []

    def collect(job: Job) -> bool:
        if job.uid == "a":
            ends.append((clock.monotonic(), job.outcome or Outcome.LOST))
        return job.uid == "a" and len(ends) == 1

    class First(Timed):
        priority = 1

    classes = {"a": First, **dict.fromkeys(others, Timed)}
    run(f"a {' '.join(others)}", classes, collect, tokens=2, job_timeout=1, clock=clock)

    assert ends == [(0.5, Outcome.EXITED), (1.5, Outcome.TIMED_OUT)]


def test_d03_the_duration_of_an_attempt_is_its_own(run: Callable[..., Scheduler]) -> None:
    infos: list[tuple[bool, bool, bool]] = []

    class Looks(Job):
        def run(self) -> None:
            info = self.timing_info
            infos.append((info.start_time is None, info.stop_time is None, info.duration >= 0))

    run("a", Looks, lambda job: job.attempt == 1)

    assert infos == [(False, True, True)] * 2


def test_d09_no_timeout_is_no_timeout(run: Callable[..., Scheduler], timed: Any) -> None:
    clock, seconds = timed
    seconds["a"] = [2 * 86_400.0]

    def collect(job: Job) -> None:
        assert (job.interrupted, job.outcome) == (False, Outcome.EXITED)

    scheduler = run("a", Timed, collect, job_timeout=None, clock=clock)

    assert scheduler.is_finished
    assert clock.monotonic() == 2 * 86_400


def test_d48_a_grace_gives_a_process_the_time_to_clean_up(
    run: Callable[..., Scheduler],
    jobs: dict[str, Any],
    overdue: Callable[..., dict[str, Any]],
    spawning: Callable[..., Any],
    tmp_path: Path,
) -> None:
    os.mkfifo(tmp_path / "ready")
    cleans = spawning(
        f"cd {tmp_path}; trap 'echo clean > cleaned; exit 3' TERM; echo > ready; "
        "while :; do sleep 0.05; done"
    )
    cleans.grace = 3600
    once = iter([True])

    def ready(scheduler: Scheduler) -> bool:
        return next(once, False) and bool((tmp_path / "ready").read_text())

    run("a", cleans, **overdue(ready))

    assert (tmp_path / "cleaned").read_text() == "clean\n"
    assert jobs["a"].proc_handle.status == 3
    assert jobs["a"].outcome is Outcome.TIMED_OUT


def test_d49_the_status_of_a_killed_process_is_never_lost(
    run: Callable[..., Scheduler],
    jobs: dict[str, Any],
    overdue: Callable[..., dict[str, Any]],
    spawning: Callable[..., Any],
) -> None:
    spawned = threading.Semaphore(0)
    once = iter([True])

    def ready(scheduler: Scheduler) -> bool:
        return next(once, False) and all(spawned.acquire(timeout=20) for _ in "abcdefgh")

    sleeps = spawning("exec sleep 60", lambda job: spawned.release())
    run("a b c d e f g h", sleeps, tokens=8, **overdue(ready))

    ended = [jobs[uid] for uid in "abcdefgh"]
    assert [job.proc_handle.status for job in ended] == [-9] * 8
    assert {job.status for job in ended} == {ReturnValue.failure}
    assert {job.outcome for job in ended} == {Outcome.TIMED_OUT}


def test_d50_jobs_that_are_due_together_are_interrupted_together(
    run: Callable[..., Scheduler], timed: Any
) -> None:
    clock, seconds = timed
    uids = [f"j{i}" for i in range(50)]
    seconds.update({uid: [60.0] for uid in uids})
    events: list[tuple[str, float]] = []

    class Notes(Timed):
        def interrupt(self) -> bool:
            events.append(("interrupt", clock.monotonic()))
            return super().interrupt()

    def collect(job: Job) -> None:
        events.append(("collect", clock.monotonic()))

    run(" ".join(uids), Notes, collect, tokens=50, job_timeout=1, clock=clock)

    assert events == [("interrupt", 1.0)] * 50 + [("collect", 1.0)] * 50


@pytest.mark.parametrize("hours", [1, -1])
def test_d59_a_step_of_the_wall_clock_neither_stops_nor_protects_a_job(
    hours: int, run: Callable[..., Scheduler], timed: Any
) -> None:
    class Stepping(MockClock):
        def wall(self) -> datetime:
            return super().wall() + timedelta(hours=hours * self.monotonic())

    _, seconds = timed
    clock = Timed.clock = Stepping()
    seconds.update(a=[3000.0], b=[4000.0])
    ends: dict[Any, tuple[float, bool]] = {}

    def collect(job: Job) -> None:
        ends[job.uid] = (clock.monotonic(), job.interrupted)

    run("a b", Timed, collect, tokens=2, job_timeout=3600, clock=clock)

    assert ends == {"a": (3000.0, False), "b": (3600.0, True)}


def test_d59_a_duration_does_not_come_from_the_wall_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Looks(Job):
        def run(self) -> None:
            # One hour back, as when summer time ends.
            monkeypatch.setattr(SYSTEM, "stamp", lambda: original() - 3600)

    original = SYSTEM.stamp
    job = Looks("a", None, lambda uid: None)
    job.start(0)
    job.handle.join()

    started, stopped, duration = job.timing_info
    assert started is not None
    assert stopped is not None
    assert stopped < started
    assert 0 <= duration < 60
