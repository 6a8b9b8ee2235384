"""The kinds of values that words take, and the small tables among them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from treadle.workflow import sizes
from treadle.workflow.words import word

Text = Annotated[str, Meta(min_length=1)]
Texts = Annotated[list[Text], Meta(min_length=1)]
Tokens = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Seconds = Annotated[float, Meta(gt=0)]
Pause = Annotated[float, Meta(ge=0, le=1e9)]
Scalar = str | int | float | bool
Variable = Annotated[str, Meta(pattern=rf"^[^=]+{sizes.END}")]
Environment = dict[Variable, str | int | float]
MemoryText = Annotated[str, Meta(pattern=sizes.MEMORY)]
Memory = Annotated[int, Meta(ge=1 << 20, le=sizes.MAX_BYTES)] | MemoryText
Capacity = Tokens | Annotated[str, Meta(pattern=sizes.CAPACITY)]
OutputSize = (
    Annotated[int, Meta(ge=1, le=sizes.MAX_BYTES)] | Annotated[str, Meta(pattern=sizes.OUTPUT)]
)
ExitCode = Annotated[int, Meta(ge=1, le=255)]
Signal = Annotated[str, Meta(pattern=rf"^[A-Z][A-Z0-9]*{sizes.END}")]
JobCount = (
    Annotated[int, Meta(ge=0, le=1_000_000_000)]
    | Annotated[str, Meta(pattern=rf"^(auto|[0-9]{{1,9}}%|[+-][0-9]{{1,9}}){sizes.END}")]
)


class Limits(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What each process of a job may use at most; None where nothing is said."""

    memory: Annotated[
        Memory | None,
        word(
            "Memory (address space) in bytes; `M`, `G` and `T` are powers of 1024.",
            'a number of bytes from 1 MiB on, or a text such as "512M" or "2G"',
        ),
    ] = None
    cpu: Annotated[
        Tokens | None,
        word("Seconds of processor time.", "a whole number of seconds, 1 or more"),
    ] = None
    files: Annotated[
        Tokens | None, word("Files that are open at a time.", "a whole number, 1 or more")
    ] = None
    processes: Annotated[
        Tokens | None,
        word("Processes that its user has at a time, all of them.", "a whole number, 1 or more"),
    ] = None


class Need(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One entry of `needs` that says more than a name."""

    job: Annotated[Text, word("Name of a job, a pattern, or a tag.", "the name of a job")]
    on: Annotated[
        Literal["success", "failure", "end"],
        word("What it must have come to.", "'success', 'failure' or 'end'"),
    ] = "success"


class Backoff(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the pauses between attempts grow."""

    delay: Annotated[
        Pause, word("Seconds before the second attempt.", "a number of seconds, 0 or more")
    ] = 1.0
    factor: Annotated[
        Annotated[float, Meta(ge=1, le=1000)],
        word("Each further pause is so many times as long.", "a number from 1 to 1000"),
    ] = 2.0
    most: Annotated[
        Pause, word("No pause is longer, in seconds.", "a number of seconds, 0 or more")
    ] = 300.0


class OutputCause(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A failure that is known by what the job wrote."""

    output: Annotated[
        Text, word("A regular expression; a line of the output has to hold it.", "a text")
    ]


class When(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What must hold for a job to be wanted; all of it."""

    os: Annotated[
        Literal["linux", "macos", "windows"] | list[Literal["linux", "macos", "windows"]] | None,
        word("Systems, one of which this is.", "'linux', 'macos' or 'windows', or a list of them"),
    ] = None
    env: Annotated[
        dict[Variable, str | bool | Texts] | None,
        word(
            "Variables, and what they must be; true is set and not empty.",
            "names (without =) with a text, a list of texts, true or false",
        ),
    ] = None
    exists: Annotated[
        Text | Texts | None, word("Files or folders that are there.", "a path, or a list of them")
    ] = None
    missing: Annotated[
        Text | Texts | None,
        word("Files or folders that are not there.", "a path, or a list of them"),
    ] = None


class Listing(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Values of a matrix that are not in the file itself."""

    glob: Annotated[
        Text | Texts | None,
        word("Files and folders that match, sorted.", "a pattern such as 'src/*.c', or a list"),
    ] = None
    lines: Annotated[
        Text | None,
        word("The lines of a file; empty ones and those with # are left out.", "a path"),
    ] = None


Matrix = dict[Text, list[Scalar | dict[Text, Scalar]] | Listing]
"""The values by name; `include` and `exclude` have lists of rows."""


class RunTable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """The table `[run]`: options of the command that hold unless it is told otherwise."""

    deadline: Annotated[
        Seconds | None,
        word("Seconds after which the whole run is stopped.", "a number of seconds above 0"),
    ] = None
    keep_going: Annotated[
        bool | Annotated[int, Meta(ge=0)] | None,
        word(
            "Failures after which no more jobs start; true goes on, as 0 does.",
            "true, false, or a whole number, 0 or more",
        ),
    ] = None
    jobs: Annotated[
        JobCount | None,
        word(
            "Jobs at a time, over all queues.",
            'a whole number, 0 for no limit, "auto", "50%", "-1"',
        ),
    ] = None


class StoreTable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """The table `[store]`: what is kept of runs."""

    keep_runs: Annotated[
        Annotated[int, Meta(ge=1, le=10_000)] | None,
        word(
            "Runs whose facts and logs are kept, the newest ones.", "a whole number from 1 to 10000"
        ),
    ] = None


class CacheTable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """The table `[cache]`: outputs of earlier states are kept, and put back when one returns."""

    size: Annotated[
        Memory | None,
        word(
            "Bytes that it may take; what was not used for longest goes first.",
            'a number of bytes from 1 MiB on, or a text such as "512M" or "2G"',
        ),
    ] = None
    folder: Annotated[
        Text | None, word("Where it is, relative to the file.", "the path of a folder")
    ] = None
