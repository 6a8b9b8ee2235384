"""What a workflow says: one model for files and for Python."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Annotated, Literal

from msgspec import Meta, Struct

from treadle.errors import WorkflowError
from treadle.workflow import sizes
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
_Memory = (
    Annotated[int, Meta(ge=1 << 20, le=sizes.MAX_BYTES)]
    | Annotated[str, Meta(pattern=sizes.MEMORY)]
)
_Output = (
    Annotated[int, Meta(ge=1, le=sizes.MAX_BYTES)] | Annotated[str, Meta(pattern=sizes.OUTPUT)]
)


class Limits(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What each process of a job may use at most; None where nothing is said."""

    memory: Annotated[
        _Memory | None,
        word(
            "Memory (address space) in bytes; `M`, `G` and `T` are powers of 1024.",
            'a number of bytes from 1 MiB on, or a text such as "512M" or "2G"',
        ),
    ] = None
    cpu: Annotated[
        _Tokens | None,
        word("Seconds of processor time.", "a whole number of seconds, 1 or more"),
    ] = None
    files: Annotated[
        _Tokens | None, word("Files that are open at a time.", "a whole number, 1 or more")
    ] = None
    processes: Annotated[
        _Tokens | None,
        word("Processes that its user has at a time, all of them.", "a whole number, 1 or more"),
    ] = None


_LIMITS = Limits.__struct_fields__


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
    shell: Annotated[
        Annotated[str, Meta(pattern=rf"^\S+{sizes.END}")] | None,
        word(
            "Shell for a `run` that is a text; `sh` is there only where the text needs one.",
            "the name or path of a shell, without options",
        ),
    ] = None
    limits: Annotated[
        Limits | None,
        word("What each of its processes may use.", f"a table with {', '.join(_LIMITS)}"),
    ] = None
    nice: Annotated[
        Annotated[int, Meta(ge=-20, le=19)] | None,
        word("Its priority for the system: 19 goes last.", "a whole number from -20 to 19"),
    ] = None
    umask: Annotated[
        Annotated[str, Meta(pattern=f"^0?[0-7]{{1,3}}{sizes.END}")] | None,
        word("Permissions that new files do not get.", 'octal digits in quotes, such as "022"'),
    ] = None
    tty: Annotated[
        bool | None,
        word("Its output goes to a terminal of its own: tools keep colours.", "true or false"),
    ] = None
    terminal: Annotated[
        bool | None,
        word("It alone holds the terminal of treadle, as editors need to.", "true or false"),
    ] = None
    idle_timeout: Annotated[
        _Seconds | None,
        word("Seconds without output after which it is stopped.", "a number of seconds above 0"),
    ] = None
    output_limit: Annotated[
        _Output | None,
        word(
            "Bytes of output after which it is stopped; `none` is no limit.",
            'a number of bytes above 0, a text such as "64M" or "1G", or "none"',
        ),
    ] = None
    leak: Annotated[
        Literal["kill", "fail", "leave"] | None,
        word(
            "What becomes of processes that are there when its program has ended.",
            "'kill', 'fail' or 'leave'",
        ),
    ] = None


class JobSpec(Settings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One job, or one family of jobs when it has a `matrix`."""

    run: Annotated[
        str | list[str] | None,
        word(
            "A list is run as it is; a text is a command line.",
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
