"""The end of a run: what it says of a longer one, and that the critical path is the longest."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.report import Fact, JobEnded, JobRetried, RunEnded, RunStarted
from treadle.report.critical import CriticalPath, critical_path
from treadle.report.summary import Record, figures, flaky, shortened
from treadle.report.text import width
from treadle.status import ReturnValue

OK, BAD = ReturnValue.success, ReturnValue.failure


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, list[str]], dict[str, float]]:
    names = [f"j{i}" for i in range(draw(st.integers(0, 7)))]
    needs = {
        name: draw(st.lists(st.sampled_from(names[:i]), unique=True)) if i else []
        for i, name in enumerate(names)
    }
    ran = draw(st.lists(st.sampled_from(names), unique=True)) if names else []
    return needs, {name: float(draw(st.integers(0, 9))) for name in ran}


def paths(needs: dict[str, list[str]], end: str, ran: dict[str, float]) -> list[list[str]]:
    before = [need for need in needs[end] if need in ran]
    return [[end]] + [[*path, end] for need in before for path in paths(needs, need, ran)]


@given(graphs())
def test_the_critical_path_is_the_longest_of_all_paths(
    graph: tuple[dict[str, list[str]], dict[str, float]],
) -> None:
    needs, ran = graph
    every = [path for name in ran for path in paths(needs, name, ran)]
    longest = max((sum(ran[name] for name in path) for path in every), default=None)
    found = critical_path(needs, ran)
    if found is None:
        assert longest is None
        return
    assert found.duration == longest == sum(ran[name] for name in found.jobs)
    assert list(found.jobs) in every


def test_a_chain_of_many_jobs_needs_no_recursion() -> None:
    needs = {f"j{i}": [f"j{i - 1}"] if i else [] for i in range(10_000)}
    backwards = dict.fromkeys(reversed(needs), 1.0)
    for ran in (dict.fromkeys(needs, 1.0), backwards):
        path = critical_path(needs, ran)
        assert path is not None
        assert (path.duration, path.jobs) == (10_000.0, tuple(needs))


def record(*facts: Fact, needs: dict[str, list[str]] | None = None) -> Record:
    kept = Record()
    kept.take(RunStarted("r", "f", len(facts), {}, Path("logs"), needs or {}))
    for fact in facts:
        kept.take(fact)
    return kept


def ended(name: str, duration: float, attempt: int = 1, status: ReturnValue = OK) -> JobEnded:
    return JobEnded(name, attempt, status, "exited", duration)


def test_a_longer_run_is_summed_up() -> None:
    kept = record(*(ended(f"j{i}", float(i)) for i in range(8)), needs={"j7": ["j6"], "j6": ["j1"]})
    assert list(figures(kept, RunEnded(14.0), 60)) == [
        ("work", "28.0s in 14.0s, speed-up 2.0"),
        ("slowest jobs", " 7.00s  j7"),
        ("", " 6.00s  j6"),
        ("", " 5.00s  j5"),
        ("", " 4.00s  j4"),
        ("", " 3.00s  j3"),
        ("critical path", "14.0s (100% of the run): j1 → j6 → j7"),
    ]


@pytest.mark.parametrize(
    ("jobs", "duration", "worth"),
    [(3, 4.0, False), (10, 4.0, False), (11, 0.1, True), (3, 5.1, True), (2, 99.0, False)],
)
def test_a_tiny_run_ends_with_one_line(jobs: int, duration: float, worth: bool) -> None:
    kept = record(*(ended(f"j{i}", 0.1) for i in range(jobs)))
    assert kept.is_worth_more(RunEnded(duration)) is worth


def test_a_job_that_passed_on_a_later_attempt_is_flaky_unless_it_was_lost() -> None:
    kept = record(
        JobRetried("a", 1, 1.0, "exit 1", "exited"),
        JobRetried("a", 2, 1.0, "exit 1", "exited"),
        ended("a", 1.0, 3),
        JobRetried("lost", 1, 1.0, "lost: x", "lost"),
        ended("lost", 1.0, 2),
        JobRetried("bad", 1, 1.0, "exit 1", "exited"),
        ended("bad", 1.0, 2, BAD),
    )
    assert list(flaky(kept)) == ["a (3 attempts)"]
    assert kept.seconds == {"a": 3.0, "lost": 2.0, "bad": 2.0}


def test_many_flaky_jobs_are_counted() -> None:
    facts = [
        fact
        for i in range(7)
        for fact in (JobRetried(f"j{i}", 1, 1.0, "x", "exited"), ended(f"j{i}", 1.0, 2))
    ]
    assert next(flaky(record(*facts))).endswith("j4 (2 attempts) and 2 more")


@given(
    st.lists(st.text("ab日", min_size=1, max_size=9), min_size=2, max_size=20), st.integers(30, 90)
)
def test_a_path_is_shortened_in_its_middle(names: list[str], columns: int) -> None:
    text = shortened(names, columns)
    assert text.startswith(names[0])
    assert text.endswith(names[-1])
    if width(" → ".join(names)) <= columns:
        assert text == " → ".join(names)
    else:
        assert "more" in text or len(names) == 2
        assert width(text) <= columns + width(names[0]) + width(names[-1])


def test_nothing_ran_has_no_path() -> None:
    assert critical_path({"a": []}, {}) is None
    assert critical_path({}, {"a": 2.0}) == CriticalPath(2.0, ("a",))
