"""What a workflow says: one model for files and for Python."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Annotated

from msgspec import Meta, Struct

from treadle.errors import WorkflowError
from treadle.workflow.origin import Mistakes, Origin
from treadle.workflow.words import Path, take, word

MAX_JOBS = 1_000_000
MAX_EDGES = 10_000_000
MAX_NAME = 1_000

_Text = Annotated[str, Meta(min_length=1)]
_Tokens = Annotated[int, Meta(ge=1, le=1_000_000_000)]
_Seconds = Annotated[float, Meta(gt=0)]
_Value = str | int | float | bool
_Values = Annotated[list[_Value], Meta(min_length=1)]
_Variable = Annotated[str, Meta(pattern=r"^[^=]+$")]
_Env = dict[_Variable, str | int | float]


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """The words that `[defaults]` may give for all jobs; None where nothing is said."""

    queue: Annotated[_Text | None, word("Queue that the job waits in.", "the name of a queue")] = (
        None
    )
    tokens: Annotated[
        _Tokens | None,
        word("Tokens of the queue that the job holds.", "a whole number, 1 or more"),
    ] = None
    priority: Annotated[
        Annotated[float, Meta(ge=-1e15, le=1e15)] | None,
        word("Higher goes first among ready jobs.", "a number"),
    ] = None
    timeout: Annotated[
        _Seconds | None,
        word("Seconds after which the job is stopped.", "a number of seconds above 0"),
    ] = None
    grace: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        word("Seconds between the polite signal and KILL.", "a number of seconds, 0 or more"),
    ] = None
    env: Annotated[
        _Env | None,
        word("Variables added to the environment.", "names (without =) with texts or numbers"),
    ] = None
    cwd: Annotated[
        _Text | None,
        word("Folder to run in, relative to the file.", "the path of a folder"),
    ] = None


class JobSpec(Settings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One job, or one family of jobs when it has a `matrix`."""

    run: Annotated[
        str | list[str] | None,
        word(
            "A list is run as it is; a text is a command line for /bin/sh.",
            "a command line, or a list of texts",
        ),
    ] = None
    needs: Annotated[
        list[_Text] | None,
        word("Jobs that must have succeeded before.", "a list of names of jobs"),
    ] = None
    matrix: Annotated[
        dict[_Text, _Values] | None,
        word(
            "One job for each combination of values.",
            "names with lists of texts, numbers, true or false",
        ),
    ] = None
    description: Annotated[str | None, word("What the job is for.", "text")] = None


class Defaults(Settings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The table `[defaults]`."""


class Document(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A workflow file as a whole; source of the JSON Schema."""

    job: Annotated[dict[str, JobSpec], word("The jobs by name.", "a table of jobs")] = {}
    queues: Annotated[
        dict[str, _Tokens],
        word("Tokens of each queue.", "names with whole numbers, 1 or more"),
    ] = {}
    defaults: Annotated[Defaults, word("What jobs do not say.", "a table")] = Defaults()
    env: Annotated[
        _Env, word("Environment of all jobs.", "names (without =) with texts or numbers")
    ] = {}


@dataclass(slots=True)
class Workflow:
    """Jobs by name, the queues they wait in, and what they have in common.

    In Python::

        workflow = Workflow(queues={"disk": 1})
        workflow.add("fetch", run=["curl", "-O", url], queue="disk")
        workflow.add("unpack", run="tar xf data.tar", needs=["fetch"])
    """

    jobs: dict[str, JobSpec] = field(default_factory=dict)
    queues: dict[str, int] = field(default_factory=dict)
    defaults: Defaults = field(default_factory=Defaults)
    env: dict[str, str | int | float] = field(default_factory=dict)
    origin: Origin = field(default_factory=Origin)

    def add(self, name: str, **words: object) -> JobSpec:
        """Add one job; the words are those of a file.

        Raises:
            WorkflowError: a word is unknown or has a wrong value, or the name is taken.
        """
        path: Path = ("job", name)
        line = sys._getframe(1).f_lineno  # noqa: SLF001 -- errors name the line of the caller
        mistakes = Mistakes(self.origin)
        if name in self.jobs:
            mistakes(path, f"there are two jobs named {name!r}")
        spec = take(JobSpec, words, f"job {name!r}", path, mistakes)
        mistakes.stop()
        if spec is None:  # pragma: no cover -- keyword arguments are always a table
            raise WorkflowError(f"job {name!r} is not a table")
        self.origin.lines[path] = line
        self.jobs[name] = spec
        return spec
