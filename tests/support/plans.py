"""Plans made by hand, and what a run tells of them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from treadle.runner import RunResult, run
from treadle.workflow.plan import Plan, PlannedJob

if TYPE_CHECKING:
    from treadle.report import Fact

F = TypeVar("F")


def job(name: str, run: str | tuple[str, ...] = (), **words: Any) -> PlannedJob:
    """Return a job; a text is for a shell."""
    said: dict[str, Any] = {
        "family": name, "needs": (), "queue": "default", "tokens": 1, "priority": 0.0,
        "timeout": math.inf, "grace": 5.0, "env": {}, "cwd": Path.cwd(), "description": "",
    }  # fmt: skip
    argv = ("/bin/sh", "-c", run) if isinstance(run, str) else run
    return PlannedJob(name=name, argv=argv, **{**said, **words})


def plan(*jobs: PlannedJob, **words: Any) -> Plan:
    """Return the plan of some jobs, in the working directory."""
    said: dict[str, Any] = {"families": {}, "queues": {}, "folder": Path.cwd(), "label": "plan"}
    return Plan(jobs={one.name: one for one in jobs}, **{**said, **words})


class Facts:
    """A view that keeps what it is told."""

    def __init__(self) -> None:
        self.seen: list[Fact] = []

    def take(self, fact: Fact) -> None:
        """Keep a fact."""
        self.seen.append(fact)

    def of(self, kind: type[F]) -> list[F]:
        """Return those of a kind."""
        return [fact for fact in self.seen if isinstance(fact, kind)]


def played(*jobs: PlannedJob, **words: Any) -> tuple[RunResult, Facts]:
    """Run jobs one at a time, unless `tokens` says otherwise."""
    facts = Facts()
    return run(plan(*jobs), views=[facts], **{"tokens": 1, **words}), facts
