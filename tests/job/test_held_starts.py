"""Starts that the scheduler holds back for a while: nothing else may be held up by that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kinds import Nothing
from treadle.dag import DAG
from treadle.engine import Outcome
from treadle.errors import RunInterrupted, StalledError
from treadle.job import Job
from treadle.job.scheduler import Scheduler
from treadle.testing import Behaviour, FakeExecutor, MockClock

Hold = Callable[[float], float | None]


class Held(Scheduler):
    """Holds starts back as it is told, and notes when it is asked."""

    _holds = True

    def __init__(
        self,
        hold: Hold,
        plan: Callable[[Any, int], Behaviour] = lambda _uid, _attempt: Behaviour(),
        collect: Callable[[Job], object] | None = None,
        **options: Any,
    ) -> None:
        self.clock = MockClock()
        self.fake = FakeExecutor(self.clock, plan)
        self.hold = hold
        self.asked: list[float] = []
        provider = Scheduler.simple_provider(Nothing)
        super().__init__(provider, collect, clock=self.clock, executor=self.fake, **options)

    def _hold_until(self, now: float) -> float | None:
        self.asked.append(now)
        return self.hold(now)

    @property
    def starts(self) -> list[tuple[float, Any]]:
        return [(at, uid) for at, what, uid in self.fake.log if what == "start"]


def _dag(uids: str) -> DAG:
    dag = DAG()
    for uid in uids:
        dag.add_vertex(uid)
    return dag


def _until(instant: float) -> Hold:
    return lambda now: instant if now < instant else None


def test_nothing_starts_before_the_instant_and_all_of_it_then() -> None:
    scheduler = Held(_until(30.0), tokens=2)

    scheduler.run(_dag("abc"))

    assert scheduler.starts == [(30.0, "a"), (30.0, "b"), (31.0, "c")]


def test_it_is_asked_before_each_start_and_never_when_nothing_waits() -> None:
    scheduler = Held(lambda _: None, tokens=2)

    scheduler.run(_dag("abc"))

    assert scheduler.asked == [0.0, 0.0, 0.0, 1.0]


def test_an_instant_that_has_come_holds_nothing_back() -> None:
    scheduler = Held(lambda now: now)

    scheduler.run(_dag("ab"))

    assert scheduler.starts == [(0.0, "a"), (1.0, "b")]


def test_starts_may_be_let_go_one_by_one() -> None:
    """As a limit on the load does: one start, then a look at what it did."""
    scheduler = Held(
        lambda now: 5.0 * len(scheduler.starts) if scheduler.starts else None, tokens=3
    )

    scheduler.run(_dag("abc"))

    assert scheduler.starts == [(0.0, "a"), (5.0, "b"), (10.0, "c")]


def test_an_end_while_starts_are_held_is_dealt_with_at_once() -> None:
    collected: list[tuple[float, Any]] = []
    scheduler = Held(
        lambda now: 8.0 if scheduler.starts and now < 8.0 else None,
        collect=lambda job: collected.append((scheduler.clock.monotonic(), job.uid)),
        tokens=2,
    )

    scheduler.run(_dag("ab"))

    assert collected == [(1.0, "a"), (9.0, "b")]
    # Whatever happens is a reason to ask again.
    assert scheduler.asked == [0.0, 0.0, 1.0, 8.0]


def test_a_timeout_while_starts_are_held_is_kept() -> None:
    outcomes: list[tuple[float, Any, Outcome | None]] = []
    scheduler = Held(
        lambda now: 50.0 if scheduler.starts and now < 50.0 else None,
        lambda uid, _: Behaviour(1e9) if uid == "a" else Behaviour(),
        lambda job: outcomes.append((scheduler.clock.monotonic(), job.uid, job.outcome)),
        tokens=2,
        job_timeout=7,
    )

    scheduler.run(_dag("ab"))

    assert outcomes == [(7.0, "a", Outcome.TIMED_OUT), (51.0, "b", Outcome.EXITED)]


def test_an_interrupt_ends_a_run_whose_starts_are_held() -> None:
    scheduler = Held(lambda now: now + 100.0)
    scheduler.clock.call_at(3.0, scheduler.interrupt)

    with pytest.raises(RunInterrupted):
        scheduler.run(_dag("ab"))

    assert scheduler.clock.monotonic() == 3.0
    assert scheduler.statistics().aborted == 2


def test_a_hold_that_is_renewed_again_and_again_is_no_stall() -> None:
    scheduler = Held(lambda now: now + 0.5 if now < 100.0 else None)

    scheduler.run(_dag("a"))

    assert scheduler.starts == [(100.0, "a")]


def test_a_stall_is_found_when_the_hold_is_over() -> None:
    scheduler = Held(
        lambda now: 40.0 if scheduler.starts and now < 40.0 else None,
        lambda _uid, _attempt: Behaviour(1e9, interruptible=1e9, killable=False),
        job_timeout=1,
    )

    with pytest.raises(StalledError, match="held by stuck jobs: 'a'"):
        scheduler.run(_dag("ab"))

    assert scheduler.clock.monotonic() == 40.0


def test_an_attempt_that_is_gone_is_found_however_often_the_hold_is_renewed() -> None:
    """Many short waits are one long silence: somebody looks after the attempts all the same."""
    outcomes: list[tuple[Any, Outcome | None]] = []
    scheduler = Held(
        lambda now: now + 1.0 if scheduler.starts and not outcomes else None,
        lambda uid, _: Behaviour(notices=0) if uid == "a" else Behaviour(),
        lambda job: outcomes.append((job.uid, job.outcome)),
        tokens=2,
    )

    scheduler.run(_dag("ab"))

    assert outcomes == [("a", Outcome.LOST), ("b", Outcome.EXITED)]


def test_a_start_in_the_place_of_one_that_has_ended_is_held_back_too() -> None:
    class Ahead(Held):
        _goes_ahead = True

        def _may_go_ahead(self, job: Job, outcome: Outcome) -> bool:
            del job, outcome
            return True

    scheduler = Ahead(lambda now: 6.0 if 0.0 < now < 6.0 else None)

    scheduler.run(_dag("ab"))

    assert scheduler.starts == [(0.0, "a"), (6.0, "b")]


def test_what_the_question_raises_ends_the_run() -> None:
    def broken(_: float) -> float:
        raise OSError("no load average here")

    scheduler = Held(broken)

    with pytest.raises(OSError, match="no load average here"):
        scheduler.run(_dag("a"))

    assert scheduler.statistics().aborted == 1


def test_a_plain_scheduler_is_not_asked() -> None:
    class Plain(Held):
        _holds = False

    scheduler = Plain(lambda _: 1e9)

    scheduler.run(_dag("a"))

    assert (scheduler.asked, scheduler.starts) == ([], [(0.0, "a")])
