"""Which of the ready jobs starts first, and when none does."""

from __future__ import annotations

import os

import pytest

from plans import Facts, job, plan, played
from treadle.report import JobEnded, Remark, RunStarted
from treadle.runner import run


def test_the_longest_path_by_what_jobs_took_the_last_time_goes_first() -> None:
    jobs = plan(job("a", "true"), job("b", "true"), job("c", "true", needs=("a",)))
    assert run(jobs, tokens=1, expected={"a": 1.0, "b": 9.0, "c": 2.0}).good == ("b", "a", "c")
    assert run(jobs, tokens=1, expected={"a": 1.0, "b": 2.0}).good == ("a", "b", "c")
    assert run(jobs, tokens=1, expected={}).good == ("a", "b", "c")


def test_a_shuffled_order_is_that_of_its_seed() -> None:
    names = [f"j{number}" for number in range(8)]
    jobs = plan(*(job(name, "true") for name in names))
    first, facts = run(jobs, tokens=1, shuffle=7), Facts()
    again = run(jobs, tokens=1, shuffle=7, views=[facts])
    other = run(jobs, tokens=1, shuffle=8)
    assert first.good == again.good != tuple(names)
    assert sorted(other.good) == names
    assert other.good != first.good
    assert (again.seed, run(jobs, tokens=1).seed) == (7, None)
    assert Remark("the order of ready jobs is shuffled, with seed 7") in facts.seen


def test_a_shuffled_order_is_still_an_order() -> None:
    jobs = plan(*(job(f"j{n}", "true", needs=(f"j{n - 1}",) if n else ()) for n in range(5)))
    for seed in range(3):
        assert run(jobs, shuffle=seed).good == tuple(f"j{n}" for n in range(5))


def test_nothing_is_started_beside_others_while_the_load_is_high(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (9.0, 0.0, 0.0))
    alone = "mkdir running && rmdir running"
    result, _ = played(*(job(f"j{n}", alone) for n in range(4)), tokens=4, load=8.5)
    assert result.success


@pytest.mark.proof
def test_the_load_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    loads = [9.0, 9.0, 1.0]
    monkeypatch.setattr(os, "getloadavg", lambda: (loads.pop(0) if loads[1:] else 1.0, 0.0, 0.0))
    # Each waits for the other: they have to run at the same time.
    meet = "touch {0}; while ! test -e {1}; do sleep 0.01; done"
    result, _ = played(
        job("a", meet.format("a", "b"), timeout=60.0),
        job("b", meet.format("b", "a"), timeout=60.0),
        tokens=2,
        load=5.0,
    )
    assert result.success
    assert loads == [1.0]


def test_views_are_told_who_needs_whom_and_what_to_expect() -> None:
    _, facts = played(
        job("a", "true"), job("b", "true", needs=("a",)), expected={"a": 2.0, "gone": 3.0}
    )
    (told,) = facts.of(RunStarted)
    assert told.needs == {"a": (), "b": ("a",)}
    assert told.expected == {"a": 2.0}
    assert [fact.code for fact in facts.of(JobEnded)] == [0, 0]
