"""What is decided from what has come of other jobs."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans import Facts, job, plan
from treadle.report import JobEnded, JobRetried, JobSkipped
from treadle.report.reasons import Ending
from treadle.runner.book import Book
from treadle.workflow.conditions import Condition
from treadle.workflow.plan import PlannedJob, Retry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GOOD, BAD = Ending("exited", 0), Ending("exited", 1)


def book(*jobs: PlannedJob, keep_going: int = 0) -> tuple[Book, Facts]:
    facts = Facts()
    made = plan(*jobs)
    return Book(made, list(made.jobs), facts.take, keep_going=keep_going), facts


def end(of: Book, name: str, ending: Ending, attempt: int = 1, **words: Any) -> float | None:
    return of.ended(name, attempt, ending, **{"began": 1.0, "now": 3.0, **words})


def test_what_needs_a_failure_is_skipped_and_names_where_it_began() -> None:
    of, facts = book(
        job("a", "x"), job("b", "x", needs=("a",)), job("c", "x", needs=("b",))
    )  # fmt: skip
    end(of, "a", BAD)
    for name in ("b", "c"):
        why = of.verdict(name, {})
        assert why
        of.skip(name, why)
    assert facts.of(JobSkipped) == [JobSkipped("b", "a", "a"), JobSkipped("c", "b", "a")]
    assert (of.failed, of.skipped, of.left()) == (["a"], ["b", "c"], ())


def test_a_job_that_follows_a_failure_runs_when_there_is_one() -> None:
    of, _ = book(job("a", "x"), job("mail", "x", needs=("a",), on={"a": "failure"}))
    end(of, "a", BAD)
    assert of.verdict("mail", {}) == ""


def test_a_job_that_follows_a_failure_is_unwanted_when_there_is_none() -> None:
    of, facts = book(
        job("a", "x"),
        job("mail", "x", needs=("a",), on={"a": "failure"}),
        job("after", "x", needs=("mail",)),
    )
    end(of, "a", GOOD)
    of.skip("mail", of.verdict("mail", {}))
    assert facts.of(JobSkipped) == [JobSkipped("mail", "", "", "'a' did not fail")]
    assert of.unwanted == ["mail"]
    assert of.verdict("after", {}) == ""


def test_a_skipped_job_has_not_failed() -> None:
    of, _ = book(
        job("a", "x"),
        job("b", "x", needs=("a",)),
        job("mail", "x", needs=("b",), on={"b": "failure"}),
        job("either", "x", needs=("b",), on={"b": "end"}),
    )
    end(of, "a", BAD)
    of.skip("b", of.verdict("b", {}))
    assert of.verdict("mail", {}) == "'b' did not fail"
    assert of.verdict("either", {}) == ""


def test_always_asks_for_nothing_but_when() -> None:
    never = Condition(env={"NO": True})
    of, _ = book(
        job("a", "x"),
        job("tidy", "x", needs=("a",), always=True),
        job("not", "x", needs=("a",), always=True, when=never),
    )
    end(of, "a", BAD)
    assert of.verdict("tidy", {}) == ""
    assert of.verdict("not", {}) == "only when NO is set"
    assert of.verdict("not", {"NO": "1"}) == ""


def test_when_looks_at_the_variables_of_the_job_first(folder: Path) -> None:
    when = Condition(env={"CI": ("1",)}, exists=("there",))
    of, _ = book(job("a", "x", env={"CI": "1"}, when=when, cwd=folder))
    assert of.verdict("a", {"CI": "0"}) == "only when 'there' exists"
    (folder / "there").touch()
    assert of.verdict("a", {"CI": "0"}) == ""


@pytest.mark.parametrize(
    ("may", "ending", "allowed"),
    [
        (True, BAD, True),
        (True, Ending("timed_out", -15), True),
        (True, Ending("interrupted", -2), False),
        ((2, 3), Ending("exited", 3), True),
        ((2, 3), Ending("exited", 4), False),
        ((2, 3), Ending("timed_out", 3), False),
        (False, BAD, False),
    ],
)
def test_an_allowed_failure_is_as_good_as_a_success(
    may: bool | tuple[int, ...], ending: Ending, allowed: bool
) -> None:
    of, facts = book(
        job("a", "x", allow_failure=may, timeout=9.0),
        job("b", "x", needs=("a",)),
        job("mail", "x", needs=("a",), on={"a": "failure"}),
        keep_going=1,
    )
    end(of, "a", ending)
    (told,) = facts.of(JobEnded)
    assert (told.allowed, told.good) == (allowed, False)
    assert (of.allowed, of.failed) == ((["a"], []) if allowed else ([], ["a"]))
    assert of.draining is not allowed
    assert (of.verdict("b", {}) == "") is allowed
    assert (of.verdict("mail", {}) == "") is not allowed


# -- attempts ------------------------------------------------------------------------------


def test_a_failure_is_tried_again_and_the_pause_grows() -> None:
    of, facts = book(job("a", "x", retry=Retry(retries=3, delay=2, factor=3, most=10)))
    assert [end(of, "a", BAD, n) for n in (1, 2, 3, 4)] == [2.0, 6.0, 10.0, None]
    assert [(told.attempt, told.delay) for told in facts.of(JobRetried)] == [
        (1, 2.0), (2, 6.0), (3, 10.0),
    ]  # fmt: skip
    assert (of.failed, of.flaky) == (["a"], [])
    (told,) = facts.of(JobEnded)
    assert (told.attempt, told.duration, told.detail) == (4, 2.0, "exit 1")


def test_a_job_that_was_good_only_later_is_flaky() -> None:
    of, _ = book(job("a", "x", retry=Retry(retries=1)), job("b", "x"))
    end(of, "a", BAD)
    end(of, "a", GOOD, 2)
    end(of, "b", GOOD)
    assert (of.good, of.flaky) == (["a", "b"], ["a"])


def test_a_lost_attempt_is_no_fault_of_the_job() -> None:
    of, _ = book(job("a", "x", retry=Retry(retries=1, delay=5)))
    lost = Ending("lost")
    assert [end(of, "a", lost, 1), end(of, "a", lost, 2)] == [0.0, 0.0]
    assert end(of, "a", BAD, 3) == 5.0
    assert end(of, "a", GOOD, 4) is None
    assert of.flaky == ["a"]


@pytest.mark.parametrize("how", ["interrupted", "stuck"])
def test_what_was_stopped_from_outside_is_not_tried_again(how: str) -> None:
    of, _ = book(job("a", "x", retry=Retry(retries=3)))
    assert end(of, "a", Ending(how)) is None
    assert of.failed == ["a"]


def test_what_would_come_to_the_same_is_not_tried_again() -> None:
    of, _ = book(job("a", "x", retry=Retry(retries=3)))
    assert end(of, "a", Ending("spawn_failed", final=True)) is None


def test_no_attempt_begins_after_the_total_timeout() -> None:
    of, _ = book(job("a", "x", retry=Retry(retries=9, delay=1, factor=1), total_timeout=10))
    assert end(of, "a", BAD, 1, began=0.0, now=8.9) == 1.0
    assert end(of, "a", BAD, 2, began=9.9, now=9.0, first_began=0.0) is None


def test_jitter_adds_to_the_pause() -> None:
    retry = Retry(retries=1, delay=10, jitter=0.5)
    made = plan(job("a", "x", retry=retry))
    of = Book(made, ["a"], lambda _: None, random=Random(3))
    assert end(of, "a", BAD) == 10 + Random(3).uniform(0, 5.0)


def test_once_nothing_more_is_started_nothing_is_tried_again_but_what_cleans_up() -> None:
    more = Retry(retries=1)
    of, facts = book(
        job("a", "x"), job("b", "x", retry=more), job("tidy", "x", retry=more, always=True),
        keep_going=1,
    )  # fmt: skip
    end(of, "a", BAD)
    assert of.draining
    assert end(of, "b", BAD) is None
    assert end(of, "tidy", BAD) == 0.0
    assert [told.name for told in facts.of(JobEnded)] == ["a", "b"]


def test_a_job_whose_next_attempt_never_comes_has_failed() -> None:
    of, facts = book(job("a", "x", retry=Retry(retries=5, delay=60)), job("b", "x", needs=("a",)))
    end(of, "a", BAD)
    of.abandon()
    assert (of.failed, of.left()) == (["a"], ("b",))
    assert [told.attempt for told in facts.of(JobEnded)] == [1]
    of.abandon()
    assert of.failed == ["a"]


def test_secrets_are_hidden_in_what_is_told() -> None:
    of, facts = book(job("a", "x"))
    ending = Ending("exited", raised=ValueError("no hunter2"))
    end(of, "a", ending, mask=lambda text: text.replace("hunter2", "*******"))
    assert facts.of(JobEnded)[0].detail == "ValueError: no *******"


# -- a run that was cut short ---------------------------------------------------------------


def _drained() -> Book:
    of, _ = book(
        job("a", "x"),
        job("b", "x"),
        job("mail", "x", needs=("a",), on={"a": "failure"}),
        job("more", "x", needs=("mail", "a"), on={"a": "failure"}),
        job("late", "x", needs=("b",), on={"b": "failure"}),
        job("tidy", "x", needs=("b",), always=True),
        keep_going=1,
    )
    end(of, "a", BAD)
    of.abandon()
    return of


def test_what_is_to_run_all_the_same_is_named_in_order() -> None:
    assert _drained().remaining(stopped=False) == ["mail", "more", "tidy"]


def test_a_run_that_was_stopped_from_outside_only_cleans_up() -> None:
    assert _drained().remaining(stopped=True) == ["tidy"]


# -- against a naive oracle --------------------------------------------------------------------

NEVER = Condition(env={"NOT_SET_ANYWHERE": True})


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[PlannedJob], dict[str, bool]]:
    """Return jobs, each after its needs, and which of them end well."""
    names = [f"j{n}" for n in range(draw(st.integers(1, 8)))]
    jobs, ends = [], {}
    for position, name in enumerate(names):
        needs = draw(st.lists(st.sampled_from(names[:position]), unique=True)) if position else []
        kinds = {need: draw(st.sampled_from(["", "", "failure", "end"])) for need in needs}
        jobs.append(
            job(
                name,
                "x",
                needs=tuple(needs),
                on={need: kind for need, kind in kinds.items() if kind},
                always=draw(st.integers(0, 5)) == 0,
                allow_failure=draw(st.integers(0, 4)) == 0,
                when=NEVER if draw(st.integers(0, 5)) == 0 else None,
            )
        )
        ends[name] = draw(st.booleans())
    return jobs, ends


def naive(jobs: Sequence[PlannedJob], ends: Mapping[str, bool]) -> dict[str, str]:
    """Say what comes of each job, by the words of the documentation."""
    state: dict[str, str] = {}
    for one in jobs:
        plain = [state[n] for n in one.needs if n not in one.on]
        must_fail = [state[n] for n in one.needs if one.on.get(n) == "failure"]
        if not one.always and ("failed" in plain or "skipped" in plain):
            state[one.name] = "skipped"
        elif (
            not one.always and any(what != "failed" for what in must_fail)
        ) or one.when is not None:
            state[one.name] = "unwanted"
        elif ends[one.name]:
            state[one.name] = "good"
        else:
            state[one.name] = "allowed" if one.allow_failure else "failed"
    return state


def play(of: Book, names: Sequence[str], ends: Mapping[str, bool]) -> None:
    for name in names:
        if why := of.verdict(name, {}):
            of.skip(name, why)
        else:
            end(of, name, GOOD if ends[name] else BAD)


def states(of: Book) -> dict[str, str]:
    kinds = ("good", "allowed", "failed", "skipped", "unwanted")
    found = [(name, kind) for kind in kinds for name in getattr(of, kind)]
    assert len(dict(found)) == len(found), "a job is two things"
    return dict(found)


@given(graphs())
def test_it_decides_as_the_documentation_says(
    drawn: tuple[list[PlannedJob], dict[str, bool]],
) -> None:
    jobs, ends = drawn
    of, _ = book(*jobs)
    play(of, [one.name for one in jobs], ends)
    assert states(of) == naive(jobs, ends)
    assert of.left() == ()


@given(graphs(), st.booleans())
def test_a_run_that_was_cut_short_runs_all_that_it_owes(
    drawn: tuple[list[PlannedJob], dict[str, bool]], stopped: bool
) -> None:
    jobs, ends = drawn
    of, _ = book(*jobs, keep_going=1)
    for one in jobs:
        if not of.draining:
            play(of, [one.name], ends)
    of.abandon()
    over = set(states(of))
    play(of, of.remaining(stopped=stopped), ends)
    found = states(of)
    for one in jobs:
        follows = "failure" in one.on.values()
        if one.always:
            assert found[one.name] in ({"unwanted"} if one.when else {"good", "allowed", "failed"})
        elif one.name not in over and one.name in found:
            assert follows
            assert not stopped
        elif one.name not in found and follows and not stopped:
            assert any(need not in found for need in one.needs)
