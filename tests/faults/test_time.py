"""D02, D04: deadlines under load, timeouts that are none; D03 and D05 are in tests/engine."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinds import Nothing
from treadle.dag import DAG
from treadle.engine import NEVER
from treadle.errors import JobError, SchedulerError
from treadle.job import Job
from treadle.job.scheduler import Scheduler
from treadle.testing import Behaviour, FakeExecutor, MockClock


def test_D02_deadlines_fire_on_time_while_a_thousand_jobs_a_second_end() -> None:
    """50 jobs hang with a deadline each, 3,000 others end a thousandth of a second apart."""
    clock = MockClock()
    executor = FakeExecutor(
        clock, lambda uid, _: Behaviour(NEVER if str(uid).startswith("slow") else 0.001)
    )
    dag = DAG()
    for number in range(50):
        dag.add_vertex(f"slow{number}", 0.05 * (number + 1))
    for number in range(3000):
        dag.add_vertex(number, None, [number - 1] if number else [])

    def provider(uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
        job = Nothing(uid, data, notify_end)
        job.timeout = data
        return job

    Scheduler(provider, tokens=60, job_timeout=None, clock=clock, executor=executor).run(dag)

    fired = {uid: at for at, what, uid in executor.log if what == "interrupt"}
    assert len(fired) == 50
    for uid, at in fired.items():
        assert dag[uid] <= at <= dag[uid] + 0.1


@pytest.mark.parametrize("timeout", [None, math.inf])
def test_D04_none_and_infinity_are_no_timeout(timeout: float | None) -> None:
    clock = MockClock()
    executor = FakeExecutor(clock, lambda *_: Behaviour(1e9))
    dag = DAG()
    dag.add_vertex("a")
    scheduler = Scheduler(
        Scheduler.simple_provider(Nothing), job_timeout=timeout, clock=clock, executor=executor
    )
    # Silence is looked after every 10 s: too often to simulate 30 years of it.
    clock.call_at(1e4, lambda: clock.advance(1e9))
    scheduler.run(dag)

    assert [what for _, what, _ in executor.log] == ["start"]


@pytest.mark.parametrize("timeout", [0, 0.0, -1, -math.inf, math.nan, "60", object()])
def test_D04_what_is_no_timeout_is_refused_by_the_scheduler(timeout: Any) -> None:
    with pytest.raises(SchedulerError, match=r"job_timeout is .*; it must be above 0 seconds"):
        Scheduler(Scheduler.simple_provider(Nothing), job_timeout=timeout)


@pytest.mark.parametrize("timeout", [0, -1, math.nan, "60"])
def test_D04_what_is_no_timeout_is_refused_by_the_job(timeout: Any) -> None:
    class Odd(Nothing):
        pass

    Odd.timeout = timeout
    dag = DAG()
    dag.add_vertex("a")
    with pytest.raises(JobError, match="job 'a' has timeout"):
        Scheduler(Scheduler.simple_provider(Odd)).run(dag)


@given(seconds=st.floats(min_value=0.01, max_value=1e6))
def test_D04_a_timeout_is_never_early_and_not_late(seconds: float) -> None:
    clock = MockClock()
    executor = FakeExecutor(clock, lambda *_: Behaviour(NEVER))
    dag = DAG()
    dag.add_vertex("a")
    # A patrol comes every 10 s; a thousand of them are enough to show it.
    seconds = min(seconds, 1e4)
    Scheduler(
        Scheduler.simple_provider(Nothing), job_timeout=seconds, clock=clock, executor=executor
    ).run(dag)

    ((at, _, _),) = [entry for entry in executor.log if entry[1] == "interrupt"]
    assert seconds <= at <= seconds + 1e-6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tokens": -1}, "queue 'default' has -1 tokens; it must be a number from 0"),
        ({"tokens": math.nan}, "queue 'default' has nan tokens"),
        ({"queues": {"x": math.inf}}, "queue 'x' has inf tokens"),
        ({"queues": {"x": "2"}}, "queue 'x' has '2' tokens"),
        ({"lookahead": 0}, "lookahead is 0; it must be 1 or more, or None"),
        ({"max_attempts": 0}, "max_attempts is 0"),
        ({"max_active": 0}, "max_active is 0"),
        ({"requeue_delay": -1}, "requeue_delay is -1; it must be 0 s or more"),
        ({"requeue_delay": math.nan}, "requeue_delay is nan"),
        ({"ageing": 0}, "ageing is 0; it must be above 0 s, or None"),
        ({"order": "random"}, "order is 'random'; it must be one of declaration, critical-path"),
    ],
)
def test_settings_out_of_range_are_refused_at_once(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SchedulerError) as caught:
        Scheduler(Scheduler.simple_provider(Nothing), **options)

    assert str(caught.value).startswith(message)
