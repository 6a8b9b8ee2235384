"""Runs that end early, and what runs all the same."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plans import Facts, job, plan, played
from treadle.errors import SchedulerError
from treadle.executors import warden
from treadle.process.available import available
from treadle.report import Fact, JobEnded, JobSkipped, JobStarted, RunEnded
from treadle.runner import RunResult, run
from treadle.workflow.conditions import Condition
from treadle.workflow.plan import PlannedJob, Retry, RunSettings

FOREVER = "touch begun; exec sleep 600"


class Doing(Facts):
    """A view that does something when a fact has come."""

    def __init__(self, when: Callable[[Fact], bool], do: Callable[[], object]) -> None:
        super().__init__()
        self.when = when
        self.do = do

    def take(self, fact: Fact) -> None:
        super().take(fact)
        if self.when(fact):
            self.do()


def starts(name: str) -> Callable[[Fact], bool]:
    return lambda fact: isinstance(fact, JobStarted) and fact.name == name


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def interrupted(at: str, *jobs: PlannedJob, **words: Any) -> tuple[RunResult, Facts]:
    """Run jobs and press Ctrl-C when one begins."""
    view = Doing(starts(at), press)
    return run(plan(*jobs), views=[view], **{"tokens": 1, **words}), view


# -- after failures ----------------------------------------------------------------------------


def test_a_job_that_follows_a_failure_runs_although_nothing_more_is_started(folder: Path) -> None:
    result, _ = played(
        job("bad", "exit 3"),
        job("mail", "touch mailed", needs=("bad",), on={"bad": "failure"}),
        job("other", "true"),
        job("tidy", "touch tidied", needs=("other",), always=True),
        keep_going=1,
    )
    assert (folder / "mailed").exists()
    assert (folder / "tidied").exists()
    assert (result.failed, result.left) == (("bad",), ("other",))
    assert result.good == ("mail", "tidy")
    assert not result.success


def test_without_a_failure_nothing_follows_it(folder: Path) -> None:
    result, facts = played(
        job("fine", "true"),
        job("mail", "touch mailed", needs=("fine",), on={"fine": "failure"}),
        job("after", "true", needs=("mail",)),
    )
    assert not (folder / "mailed").exists()
    assert (result.unwanted, result.good) == (("mail",), ("fine", "after"))
    assert result.success
    assert facts.of(JobSkipped) == [JobSkipped("mail", "", "", "'fine' did not fail")]
    assert result.statuses["mail"].detail == "'fine' did not fail"


def test_a_job_that_always_runs_waits_for_what_it_needs(folder: Path) -> None:
    result, _ = played(
        job("bad", "exit 3"),
        job("never", "true", needs=("bad",)),
        job("tidy", "test ! -e late", needs=("never", "slow"), always=True),
        job("slow", "touch late; rm late"),
        job("also", "touch tidied", needs=("tidy",), always=True),
        tokens=4,
    )
    assert (result.skipped, result.left) == (("never",), ())
    assert result.good == ("slow", "tidy", "also")
    assert (folder / "tidied").exists()


def test_a_job_that_always_runs_and_fails_fails_the_run() -> None:
    result, _ = played(job("a", "true"), job("tidy", "exit 1", needs=("a",), always=True))
    assert result.failed == ("tidy",)
    assert not result.success


def test_cleaning_up_is_tried_again_too() -> None:
    result, _ = played(
        job("bad", "exit 1"),
        job(
            "tidy", "test $TREADLE_ATTEMPT = 2", always=True, needs=("bad",), retry=Retry(retries=1)
        ),
        keep_going=1,
    )
    assert result.flaky == ("tidy",)


def test_a_failure_that_is_allowed_fails_nothing() -> None:
    result, facts = played(
        job("lint", "exit 2", allow_failure=(2,)), job("b", "true", needs=("lint",)), keep_going=1
    )
    assert result.success
    assert (result.allowed, result.good) == (("lint",), ("b",))
    assert [told.allowed for told in facts.of(JobEnded)] == [True, False]


def test_a_job_that_is_not_wanted_here_is_skipped_and_nothing_has_failed() -> None:
    result, _ = played(
        job("a", "exit 1", when=Condition(missing=("/",))), job("b", "true", needs=("a",))
    )
    assert (result.unwanted, result.good, result.success) == (("a",), ("b",), True)


def test_a_job_that_only_gathers_others_has_conditions_too() -> None:
    result, _ = played(
        job("bad", "exit 1"),
        job("all", needs=("bad",)),
        job("either", needs=("bad",), on={"bad": "end"}),
    )
    assert (result.skipped, result.good) == (("all",), ("either",))


# -- Ctrl-C --------------------------------------------------------------------------------------


def test_an_interrupt_leaves_what_always_runs_to_be_run(folder: Path) -> None:
    result, facts = interrupted(
        "long",
        job("long", FOREVER, grace=60.0),
        job("next", "true", needs=("long",)),
        job("mail", "touch mailed", needs=("long",), on={"long": "failure"}),
        job("tidy", "touch tidied", needs=("next",), always=True),
    )
    assert result.signum == signal.SIGINT
    assert (result.failed, result.good) == (("long",), ("tidy",))
    assert result.left == ("next", "mail")
    assert (folder / "tidied").exists()
    assert not (folder / "mailed").exists()
    assert [told.outcome for told in facts.of(JobEnded)] == ["interrupted", "exited"]
    assert facts.of(RunEnded)[0].signum == signal.SIGINT


def test_another_interrupt_stops_the_cleaning_up(folder: Path) -> None:
    def both(fact: Fact) -> bool:
        return isinstance(fact, JobStarted) and fact.name in ("long", "tidy")

    view = Doing(both, press)
    jobs = plan(
        job("long", FOREVER),
        job("tidy", FOREVER, needs=("long",), always=True),
        job("more", "touch more", needs=("tidy",), always=True),
    )
    result = run(jobs, views=[view], tokens=1)
    assert result.failed == ("long", "tidy")
    assert (result.left, result.signum) == (("more",), signal.SIGINT)
    assert not (folder / "more").exists()


def test_a_job_between_two_attempts_has_failed_when_the_run_is_interrupted() -> None:
    def retried(fact: Fact) -> bool:
        return isinstance(fact, JobEnded) and fact.name == "b"

    view = Doing(retried, press)
    jobs = plan(job("a", "exit 7", retry=Retry(retries=1, delay=500)), job("b", "true"))
    result = run(jobs, views=[view], tokens=1)
    assert (result.failed, result.good, result.left) == (("a",), ("b",), ())
    assert result.statuses["a"].detail == "exit 7"


# -- the deadline --------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_run_is_stopped_at_its_deadline_and_cleans_up(folder: Path) -> None:
    result, facts = played(
        job("long", "trap 'touch asked; exit 1' TERM; touch begun; sleep 600 & wait"),
        job("next", "true", needs=("long",)),
        job("tidy", "touch tidied; test ! $TREADLE_DEADLINE", needs=("long",), always=True),
        deadline=0.5,
    )
    assert (result.cause, result.signum, result.success) == ("deadline", 0, False)
    assert result.detail == "its time was up after 0.50s"
    assert (result.failed, result.good, result.left) == (("long",), ("tidy",), ("next",))
    assert (folder / "tidied").exists()
    assert (folder / "asked").exists() or not (folder / "begun").exists()
    assert result.statuses["long"].outcome == "interrupted"
    (ended,) = facts.of(RunEnded)
    assert (ended.cause, ended.left) == ("deadline", 1)


def test_the_deadline_of_the_workflow_holds_unless_another_is_given() -> None:
    jobs = [job("long", "exec sleep 600")]
    assert run(plan(*jobs, settings=RunSettings(deadline=0.01))).cause == "deadline"
    short = plan(job("a", "true"), settings=RunSettings(deadline=0.000001))
    assert run(short, deadline=1000).success


def test_how_many_failures_are_too_many_may_be_said_by_the_workflow() -> None:
    jobs = plan(job("a", "exit 1"), job("b", "true"), settings=RunSettings(keep_going=1, jobs=1))
    assert run(jobs).left == ("b",)
    assert run(jobs, keep_going=0).left == ()


@pytest.mark.parametrize("words", [{"deadline": 0}, {"deadline": float("nan")}, {"load": -1}])
def test_a_deadline_and_a_load_are_above_nothing(words: Any, folder: Path) -> None:
    with pytest.raises(SchedulerError, match="must be above 0"):
        played(job("a", "touch a"), **words)
    assert list(folder.iterdir()) == []


# -- nothing can go on ---------------------------------------------------------------------------


@pytest.mark.skipif(not available(), reason="the warden is kept from killing")
@pytest.mark.parametrize("words", [{}, {"queue": "free", "further": {"one": 1}}])
def test_a_run_whose_tokens_are_held_by_a_stuck_job_ends_and_cleans_up(
    monkeypatch: pytest.MonkeyPatch, folder: Path, words: Any
) -> None:
    monkeypatch.setattr(warden.WardenExecutor, "kill_grace", 0.01)
    monkeypatch.setattr(warden, "kill_process", lambda _: None)
    monkeypatch.setattr(warden.WardenExecutor, "interrupt", lambda *_: None)
    facts = Facts()
    jobs = plan(
        job("stuck", "exec sleep 600", timeout=0.05, grace=0.01, queue="one", priority=1.0),
        job("waits", "true", **{"queue": "one", **words}),
        job("tidy", "touch tidied", queue="one", needs=("waits",), always=True),
        queues={"one": 1, "free": 5},
    )
    result = run(jobs, views=[facts], tokens=4)
    assert (result.cause, result.left) == ("stalled", ("waits",))
    assert "held by stuck jobs: 'stuck'" in result.detail
    assert (result.failed, result.good) == (("stuck",), ("tidy",))
    assert (folder / "tidied").exists()
    assert facts.of(RunEnded)[0].detail == result.detail
