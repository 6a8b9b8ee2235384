"""A run from Python: the same as on the command line, with facts and a result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from treadle.engine import Outcome
from treadle.errors import WorkflowError
from treadle.process.available import available
from treadle.report import (
    JobEnded,
    JobRetried,
    JobSkipped,
    JobStarted,
    RunEnded,
    RunStarted,
)
from treadle.report.reasons import Ending
from treadle.runner import run
from treadle.runner.job import WorkflowJob
from treadle.workflow import Declaration, Defaults

if TYPE_CHECKING:
    from pathlib import Path

    from treadle.report import Fact


class Facts:
    def __init__(self) -> None:
        self.seen: list[Fact] = []

    def take(self, fact: Fact) -> None:
        self.seen.append(fact)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_run_tells_what_came_of_each_job() -> None:
    workflow = Declaration()
    workflow.add("a", run=["true"])
    workflow.add("bad", run="exit 9", needs=["a"])
    workflow.add("c", run="true", needs=["bad"])
    workflow.add("d", run="true", needs=["c"])
    result = run(workflow, tokens=1)
    assert (result.good, result.failed, result.skipped) == (("a",), ("bad",), ("c", "d"))
    assert not result.success
    assert run(workflow, targets=["a"]).success


def test_the_facts_come_in_order() -> None:
    workflow = Declaration()
    workflow.add("bad", run="exit 9")
    workflow.add("c", run="true", needs=["bad"])
    facts = Facts()
    run(workflow, views=[facts])
    assert [type(fact) for fact in facts.seen] == [
        RunStarted, JobStarted, JobEnded, JobSkipped, RunEnded,
    ]  # fmt: skip
    ended = facts.seen[2]
    assert isinstance(ended, JobEnded)
    assert (ended.outcome, ended.detail, ended.good) == ("exited", "exit 9", False)
    assert facts.seen[3] == JobSkipped("c", "bad", "bad")


def test_a_view_that_raises_stops_the_run_and_is_heard() -> None:
    class Broken:
        def take(self, fact: Fact) -> None:
            if isinstance(fact, JobStarted):
                raise ZeroDivisionError

    workflow = Declaration()
    workflow.add("a", run="true")
    with pytest.raises(ZeroDivisionError):
        run(workflow, views=[Broken()])


def test_mistakes_of_a_workflow_are_raised_before_anything_starts(tmp_path: Path) -> None:
    workflow = Declaration()
    workflow.add("a", run="touch a", needs=["b"])
    with pytest.raises(WorkflowError, match="job 'a' needs 'b', which does not exist"):
        run(workflow)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"queues": {"q": 0}}, "'queues' of the workflow has 'q' = 0"),
        ({"defaults": Defaults(umask=22)}, "'umask' of \\[defaults\\] is 22"),  # type: ignore[arg-type]  # the mistake
        ({"defaults": Defaults(limits={"memory": 3})}, "'memory' of 'limits' of \\[defaults"),  # type: ignore[arg-type]  # the mistake
    ],
)
def test_what_is_not_said_through_add_is_checked_too(words: Any, message: str) -> None:
    workflow = Declaration(**words)
    workflow.add("a", run="true")
    with pytest.raises(WorkflowError, match=message):
        run(workflow)


def test_a_higher_priority_goes_first_then_the_longer_path_then_the_order() -> None:
    workflow = Declaration()
    workflow.add("plain", run="true")
    workflow.add("long", run="true")
    workflow.add("first", run="true", priority=1)
    workflow.add("after", run="true", needs=["long"])
    assert run(workflow, tokens=1).good == ("first", "long", "plain", "after")


def _lose(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Make the first attempts of each job lost; only the runner's view of them differs."""
    true_ending = WorkflowJob.ending

    def ending(job: WorkflowJob, outcome: Outcome | None = None) -> Ending:
        lost = Ending("lost", loss="the warden ended")
        return lost if job.attempt <= times else true_ending(job, outcome)

    monkeypatch.setattr(WorkflowJob, "ending", ending)


def test_a_job_that_was_lost_is_run_again_and_that_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _lose(monkeypatch, 2)
    workflow = Declaration()
    workflow.add("a", run="echo $TREADLE_ATTEMPT >> attempts")
    workflow.add("b", run="test -e attempts", needs=["a"])
    facts = Facts()
    result = run(workflow, targets=["a"], views=[facts])

    assert result.success
    assert (tmp_path / "attempts").read_text() == "1\n2\n3\n"
    told = [fact for fact in facts.seen if isinstance(fact, JobRetried)]
    assert [(fact.name, fact.attempt, fact.detail) for fact in told] == [
        ("a", 1, "lost: the warden ended"),
        ("a", 2, "lost: the warden ended"),
    ]
    assert sorted(log.name for log in result.logs.iterdir()) == ["a.1.log", "a.2.log", "a.3.log"]


def test_a_job_that_is_lost_three_times_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    _lose(monkeypatch, 9)
    workflow = Declaration()
    workflow.add("a", run=["true"])
    workflow.add("b", run=["true"], needs=["a"])
    facts = Facts()
    result = run(workflow, views=[facts])

    assert (result.failed, result.skipped) == (("a",), ("b",))
    (ended,) = (fact for fact in facts.seen if isinstance(fact, JobEnded))
    assert (ended.attempt, ended.outcome, ended.detail) == (3, "lost", "lost: the warden ended")


def test_nothing_is_run_again_once_nothing_more_is_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _lose(monkeypatch, 9)
    workflow = Declaration()
    workflow.add("a", run=["true"])
    workflow.add("b", run=["true"])
    result = run(workflow, tokens=2, keep_going=1)

    assert len(result.failed) + len(result.left) == 2
    assert result.failed


@pytest.mark.skipif(not available(), reason="what is left is counted by the warden")
def test_what_a_job_leaves_behind_is_killed_and_counted_or_a_failure() -> None:
    workflow = Declaration()
    left = "sleep 600 & exit 0"
    workflow.add("kill", run=left)
    workflow.add("fail", run=left, leak="fail")
    facts = Facts()
    result = run(workflow, views=[facts])

    assert (result.good, result.failed) == (("kill",), ("fail",))
    ended = {fact.name: fact for fact in facts.seen if isinstance(fact, JobEnded)}
    assert (ended["kill"].leaked, ended["kill"].detail) == (1, "")
    assert (ended["fail"].leaked, ended["fail"].detail) == (1, "left 1 process behind")
