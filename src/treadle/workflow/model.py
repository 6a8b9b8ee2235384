"""What a workflow says: one model for files and for Python."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from treadle.workflow import sizes, tables
from treadle.workflow.tables import Pause, Seconds, Text, Texts, Tokens
from treadle.workflow.words import word

_LIMITS = tables.Limits.__struct_fields__
_A_NUMBER = "a whole number, 1 or more"


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """The words that `[defaults]` may give for all jobs; None where nothing is said."""

    queue: Annotated[Text | None, word("Queue that the job waits in.", "the name of a queue")] = (
        None
    )
    tokens: Annotated[Tokens | None, word("Tokens of the queue that the job holds.", _A_NUMBER)] = (
        None
    )
    queues: Annotated[
        dict[Text, Tokens | tables.MemoryText] | None,
        word(
            "Queues and the tokens that it holds of each, all at once.",
            "names of queues with whole numbers, 1 or more",
        ),
    ] = None
    priority: Annotated[
        Annotated[float, Meta(ge=-1e15, le=1e15)] | None,
        word("Higher goes first among ready jobs.", "a number"),
    ] = None
    timeout: Annotated[
        Seconds | None,
        word("Seconds after which an attempt is stopped.", "a number of seconds above 0"),
    ] = None
    total_timeout: Annotated[
        Seconds | None,
        word(
            "Seconds for all attempts, with the pauses between them.",
            "a number of seconds above 0",
        ),
    ] = None
    idle_timeout: Annotated[
        Seconds | None,
        word("Seconds without output after which it is stopped.", "a number of seconds above 0"),
    ] = None
    grace: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        word("Seconds between the polite signal and KILL.", "a number of seconds, 0 or more"),
    ] = None
    signals: Annotated[
        Annotated[list[tables.Signal], Meta(min_length=1, max_length=5)] | None,
        word(
            "What is sent to stop it, one after the other, a `grace` apart, before KILL.",
            'a list of up to 5 signals such as "INT" or "TERM"',
        ),
    ] = None
    retries: Annotated[
        Annotated[int, Meta(ge=0, le=1000)] | None,
        word("How often it is run again when it fails.", "a whole number from 0 to 1000"),
    ] = None
    backoff: Annotated[
        Pause | tables.Backoff | None,
        word(
            "Seconds before the second attempt; before each further one twice as many.",
            "a number of seconds, or a table with delay, factor, most",
        ),
    ] = None
    jitter: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None,
        word("Part of a pause that chance adds to it.", "a number from 0 to 1"),
    ] = None
    retry_on: Annotated[
        Annotated[list[tables.ExitCode | Text | tables.OutputCause], Meta(min_length=1)] | None,
        word(
            "The failures after which it is run again; all by default.",
            "a list of exit codes, signals, 'exit', 'signal', 'timeout', 'oom', 'lost', 'spawn', "
            "'output-limit', or { output = 'pattern' }",
        ),
    ] = None
    env: Annotated[
        tables.Environment | None,
        word("Variables added to the environment.", "names (without =) with texts or numbers"),
    ] = None
    env_file: Annotated[
        Text | Texts | None,
        word("Files with lines NAME=value, relative to the file.", "a path, or a list of them"),
    ] = None
    secret: Annotated[
        list[tables.Variable] | None,
        word("Variables whose values are shown nowhere.", "a list of names of variables"),
    ] = None
    cwd: Annotated[
        Text | None, word("Folder to run in, relative to the file.", "the path of a folder")
    ] = None
    shell: Annotated[
        Annotated[str, Meta(pattern=rf"^\S+{sizes.END}")] | None,
        word(
            "Shell for a `run` that is a text; `sh` is there only where the text needs one.",
            "the name or path of a shell, without options",
        ),
    ] = None
    limits: Annotated[
        tables.Limits | None,
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
    output_limit: Annotated[
        tables.OutputSize | None,
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
    partial_outputs: Annotated[
        Literal["remove", "keep"] | None,
        word(
            "What becomes of `outputs` that an attempt wrote which was cut short.",
            "'remove' or 'keep'",
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
    script: Annotated[
        str | None,
        word(
            "The text of a program; its first line says what runs it, /bin/sh if it does not.",
            "a text",
        ),
    ] = None
    needs: Annotated[
        Text | tables.Need | list[Text | tables.Need] | None,
        word(
            "Jobs that must have succeeded before: names, patterns, tags.",
            "a list of names of jobs, or of tables such as { job = 'x', on = 'failure' }",
        ),
    ] = None
    tags: Annotated[
        list[Text] | None,
        word("Names for several jobs together, as targets and in `needs`.", "a list of texts"),
    ] = None
    matrix: Annotated[
        tables.Matrix | None,
        word(
            "One job for each combination of values.",
            "names with lists of texts, numbers, true or false, with { glob = 'pattern' } or "
            "{ lines = 'file' }",
        ),
    ] = None
    when: Annotated[
        tables.When | None,
        word("Conditions without which it is not run.", "a table with os, env, exists, missing"),
    ] = None
    always: Annotated[
        bool | None,
        word("It runs whatever happened before, to clean up.", "true or false"),
    ] = None
    allow_failure: Annotated[
        bool | Annotated[list[tables.ExitCode], Meta(min_length=1)] | None,
        word(
            "The run goes on and succeeds though it fails; or with which exit codes.",
            "true, false, or a list of exit codes from 1 to 255",
        ),
    ] = None
    inputs: Annotated[
        Texts | None,
        word(
            "Files and folders that it reads, relative to `cwd`.",
            "a list of paths or patterns",
        ),
    ] = None
    outputs: Annotated[
        Texts | None,
        word(
            "Files and folders that it makes, relative to `cwd`.",
            "a list of paths or patterns",
        ),
    ] = None
    version: Annotated[
        Text | Annotated[int, Meta(ge=0, le=10**15)] | None,
        word(
            "Part of what is compared when it is asked whether the job has to run; another one "
            "runs it again.",
            "a text, or a whole number, 0 or more",
        ),
    ] = None
    description: Annotated[str | None, word("What the job is for.", "text")] = None


class Defaults(Settings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The table `[defaults]`."""


class Document(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A workflow file as a whole; source of the JSON Schema."""

    job: Annotated[dict[str, JobSpec], word("The jobs by name.", "a table of jobs")] = {}
    queues: Annotated[
        dict[Text, tables.Capacity],
        word(
            "Tokens of each queue: `cpus` is one for each processor, `memory` one for each MiB.",
            'names with whole numbers, 1 or more, "cpus", "memory", or a size such as "8G"',
        ),
    ] = {}
    defaults: Annotated[Defaults, word("What jobs do not say.", "a table")] = Defaults()
    env: Annotated[
        tables.Environment,
        word("Environment of all jobs.", "names (without =) with texts or numbers"),
    ] = {}
    run: Annotated[
        tables.RunTable, word("How the whole is run.", "a table with deadline, keep_going, jobs")
    ] = tables.RunTable()
    store: Annotated[tables.StoreTable, word("What is kept of runs.", "a table with keep_runs")] = (
        tables.StoreTable()
    )
    cache: Annotated[
        tables.CacheTable | None,
        word(
            "Outputs are kept, and put back when an earlier state returns; without this table not.",
            "a table with size, folder; it may be empty",
        ),
    ] = None
    include: Annotated[
        dict[Annotated[str, Meta(pattern=rf"^[^:\s*?]+{sizes.END}")], Text],
        word(
            'Further files by the prefix that their jobs get: `lib = "lib/treadle.toml"`.',
            "prefixes (without : and spaces) with the paths of files",
        ),
    ] = {}
    name: Annotated[str | None, word("What the workflow is called.", "text")] = None
    description: Annotated[str | None, word("What it is for.", "text")] = None
    schema: Annotated[
        str | None, word("Where the JSON Schema is, for editors.", "the address of a schema")
    ] = field(default=None, name="$schema")
