"""A run from Python: the same as on the command line, with facts and a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from treadle.errors import WorkflowError
from treadle.report import JobEnded, JobSkipped, JobStarted, RunEnded, RunStarted
from treadle.runner import run
from treadle.workflow import Workflow

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
    workflow = Workflow()
    workflow.add("a", run=["true"])
    workflow.add("bad", run="exit 9", needs=["a"])
    workflow.add("c", run="true", needs=["bad"])
    workflow.add("d", run="true", needs=["c"])
    result = run(workflow, tokens=1)
    assert (result.good, result.failed, result.skipped) == (("a",), ("bad",), ("c", "d"))
    assert not result.success
    assert run(workflow, targets=["a"]).success


def test_the_facts_come_in_order() -> None:
    workflow = Workflow()
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

    workflow = Workflow()
    workflow.add("a", run="true")
    with pytest.raises(ZeroDivisionError):
        run(workflow, views=[Broken()])


def test_mistakes_of_a_workflow_are_raised_before_anything_starts(tmp_path: Path) -> None:
    workflow = Workflow()
    workflow.add("a", run="touch a", needs=["b"])
    with pytest.raises(WorkflowError, match="job 'a' needs 'b', which does not exist"):
        run(workflow)
    assert list(tmp_path.iterdir()) == []


def test_a_higher_priority_goes_first_then_the_longer_path_then_the_order() -> None:
    workflow = Workflow()
    workflow.add("plain", run="true")
    workflow.add("long", run="true")
    workflow.add("first", run="true", priority=1)
    workflow.add("after", run="true", needs=["long"])
    assert run(workflow, tokens=1).good == ("first", "long", "plain", "after")
