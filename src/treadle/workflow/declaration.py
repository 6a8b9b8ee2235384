"""What one file says, or a program instead of it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from treadle.errors import WorkflowError
from treadle.workflow.model import Defaults, JobSpec
from treadle.workflow.origin import Mistakes, Origin
from treadle.workflow.plan import Call
from treadle.workflow.tables import CacheTable, RunTable, StoreTable
from treadle.workflow.words import Path as Place
from treadle.workflow.words import take


@dataclass(slots=True)
class Declaration:
    """Jobs by name, the queues they wait in, and what they have in common.

    Attributes:
        name: what the workflow is called.
        jobs: what is said of each job, or family of jobs.
        queues: the tokens of each queue.
        defaults: what jobs do not say.
        env: environment of all jobs.
        settings: how the whole is run.
        store: what is kept of runs.
        cache: how outputs are kept; None if they are not.
        calls: the functions of those jobs that are functions.
        included: what other files say, by the prefix that their jobs get.
        folder: where relative paths start; None for the working directory.
        origin: where it comes from, for messages.
    """

    name: str = ""
    jobs: dict[str, JobSpec] = field(default_factory=dict)
    queues: dict[str, int | str] = field(default_factory=dict)
    defaults: Defaults = field(default_factory=Defaults)
    env: dict[str, str | int | float] = field(default_factory=dict)
    settings: RunTable = field(default_factory=RunTable)
    store: StoreTable = field(default_factory=StoreTable)
    cache: CacheTable | None = None
    calls: dict[str, Call] = field(default_factory=dict)
    included: dict[str, Declaration] = field(default_factory=dict)
    folder: Path | None = None
    origin: Origin = field(default_factory=Origin)

    def declare(self, name: str, words: dict[str, Any], line: int) -> JobSpec:
        """Add one job; the words are those of a file.

        Args:
            name: of the job.
            words: what is said of it.
            line: where, for messages.

        Raises:
            WorkflowError: a word is unknown or has a wrong value, or the name is taken.
        """
        path: Place = ("job", name)
        mistakes = Mistakes(self.origin)
        if name in self.jobs:
            mistakes(path, f"there are two jobs named {name!r}")
        spec = take(JobSpec, words, f"job {name!r}", path, mistakes)
        lines, before = self.origin.lines, self.origin.lines.get(path, 0)
        lines[path] = line
        try:
            mistakes.stop()
        except WorkflowError:
            lines[path] = before
            raise
        if spec is None:  # pragma: no cover -- keyword arguments are always a table
            raise WorkflowError(f"job {name!r} is not a table")
        self.jobs[name] = spec
        return spec

    def add(self, name: str, **words: object) -> JobSpec:
        """Add one job; the words are those of a file.

        Raises:
            WorkflowError: a word is unknown or has a wrong value, or the name is taken.
        """
        return self.declare(name, words, sys._getframe(1).f_lineno)  # noqa: SLF001 -- errors name the line of the caller
