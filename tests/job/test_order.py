"""In which order ready jobs start when the caller gives the ranks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinds import Nothing
from treadle.dag import DAG
from treadle.errors import SchedulerError
from treadle.job.scheduler import Scheduler
from treadle.testing import FakeExecutor, MockClock


def _started(uids: str, order: Mapping[Any, float], priorities: Mapping[str, float]) -> str:
    class Prior(Nothing):
        @property
        def priority(self) -> float:
            return priorities.get(str(self.uid), 0)

    dag, clock = DAG(), MockClock()
    for uid in uids:
        dag.add_vertex(uid)
    executor = FakeExecutor(clock)
    provider = Scheduler.simple_provider(Prior)
    Scheduler(provider, order=order, clock=clock, executor=executor).run(dag)
    return "".join(str(uid) for _, what, uid in executor.log if what == "start")


def test_the_greater_rank_starts_first_and_who_has_none_has_0() -> None:
    assert _started("abcde", {"c": 2, "a": -1, "e": 0.5}, {}) == "cebda"


def test_priority_comes_before_rank() -> None:
    assert _started("abc", {"a": 9, "b": 5}, {"c": 1}) == "cab"


def test_ranks_of_jobs_that_are_not_there_change_nothing() -> None:
    assert _started("ab", {"ghost": 3, 7: 1}, {}) == "ab"


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(-2, 2)))
def test_given_ranks_sort_as_a_plain_list_would(ranks: dict[str, float]) -> None:
    expected = sorted("abcdef", key=lambda uid: -ranks.get(uid, 0))

    assert _started("abcdef", ranks, {}) == "".join(expected)


@pytest.mark.parametrize("order", ["critical_path", 3, None, ["a"]])
def test_an_order_that_is_none_is_refused(order: Any) -> None:
    with pytest.raises(SchedulerError, match=r"it must be one of declaration, critical-path, or a"):
        Scheduler(Scheduler.simple_provider(Nothing), order=order)


@pytest.mark.parametrize("rank", ["1", None, float("nan")])
def test_F05_a_rank_that_cannot_be_compared_is_refused(rank: Any) -> None:
    with pytest.raises(SchedulerError, match="order gives job 'b' the rank"):
        Scheduler(Scheduler.simple_provider(Nothing), order={"a": 1, "b": rank})


def test_with_lookahead_all_that_fits_starts_at_once() -> None:
    clock = MockClock()
    dag = DAG()
    for uid in "abcd":
        dag.add_vertex(uid)
    scheduler = Scheduler(
        Scheduler.simple_provider(Nothing),
        tokens=4,
        lookahead=1,
        clock=clock,
        executor=FakeExecutor(clock),
    )
    scheduler.run(dag)

    assert (clock.monotonic(), scheduler.max_active_jobs) == (1.0, 4)
