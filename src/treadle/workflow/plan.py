"""All that is to be known of the jobs, with nothing left to look up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from treadle.errors import WorkflowError
from treadle.workflow.conditions import Condition
from treadle.workflow.expressions import Reference, Text
from treadle.workflow.graph import dependents, with_needs
from treadle.workflow.names import Names
from treadle.workflow.words import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DEFAULT_QUEUE = "default"
DEFAULT_OUTPUT_LIMIT = 1 << 30
DEFAULT_KEEP_RUNS = 30
TERMINAL_QUEUE = "terminal"
"""Where the jobs wait that hold the terminal: it has one token."""


class Retry(Struct, frozen=True, kw_only=True):
    """When a job that failed is run again.

    Before the second attempt `delay` seconds pass, before each further one `factor` times
    as many, up to `most`; of each pause a random part, up to `jitter` of it, is added.

    Attributes:
        retries: how often at most.
        causes: for which failures; none is for all. A number is an exit code; a text is a
            word of `CAUSES`, or the name of a signal.
        patterns: regular expressions of bytes; the output has to match one of them.
    """

    retries: int = 0
    delay: float = 0.0
    factor: float = 2.0
    most: float = 300.0
    jitter: float = 0.0
    causes: tuple[int | str, ...] = ()
    patterns: tuple[str, ...] = ()


CAUSES = ("exit", "signal", "timeout", "oom", "lost", "spawn", "output-limit")
"""What `retry_on` may name beside exit codes and signals."""


class Late(Struct, frozen=True, kw_only=True):
    """Words of a job that hold values of other jobs: known only when those have run.

    Attributes:
        line: the command line; None where it is known.
        elements: the elements of `run` as a list; None where they are known.
        script: the script; None where it is known.
        env: the variables that hold such values, in pieces.
    """

    line: Text | None = None
    elements: tuple[Text, ...] | None = None
    script: Text | None = None
    env: dict[str, Text] = {}

    def references(self) -> Iterator[Reference]:
        """Yield every value of another job that is used, as often as it is."""
        texts = [*(self.elements or ()), *self.env.values()]
        texts += [text for text in (self.line, self.script) if text is not None]
        for text in texts:
            yield from (piece for piece in text if isinstance(piece, Reference))


class Call(Struct, frozen=True, kw_only=True):
    """A Python function that is a job.

    Attributes:
        function: what is called.
        arguments: for each parameter the job whose value it takes.
        constants: further arguments, by name.
        process: call it in another process.
        is_async: it is a coroutine function.
    """

    function: Callable[..., Any]
    arguments: dict[str, str] = {}
    constants: dict[str, Any] = {}
    process: bool = False
    is_async: bool = False

    def at(self, row: Mapping[str, str]) -> Call:
        """Return the call for a row of the matrix of its job: the values are arguments."""
        return replace(self, constants={**self.constants, **row})


class PlannedJob(Struct, frozen=True, kw_only=True):
    """One job, with nothing left to look up.

    `argv` is empty for a job that only gathers others, and for one that has a `script`,
    a `call` or a command that is `late`. `tokens` may be more than a queue has where that
    depends on the machine: see `treadle.workflow.queues`. Sizes are bytes, times are seconds;
    what is None is not limited, or as treadle itself has it.

    Attributes:
        needs: names of jobs; each must have succeeded, unless `on` says otherwise.
        on: for some of the needs what they must have done: ``failure``, or ``end`` for
            either way.
        further: tokens of further queues, held together with its own.
        script: the text of a program, to be run by what its first line names.
        shell: what runs a command line that needs a shell.
        signals: what is sent to stop it, one after the other, a `grace` apart; none is
            what treadle itself got, or TERM.
        total_timeout: seconds over all attempts and the pauses between them.
        allow_failure: the run goes on and succeeds all the same; or with which exit codes.
        always: it runs whatever happened to what it needs, also when the run is cut short.
        secret: variables whose values are shown nowhere.
        inputs: files and folders that it reads, relative to `cwd`; may be patterns.
        outputs: files and folders that it makes, said in the same way.
        version: text that takes part in its fingerprint.
        partial_outputs: what becomes of outputs that a cut-short attempt wrote.
    """

    name: str
    family: str
    argv: tuple[str, ...]
    needs: tuple[str, ...]
    queue: str
    tokens: int
    priority: float
    timeout: float
    grace: float
    env: dict[str, str]
    cwd: Path
    description: str
    on: dict[str, str] = {}
    further: dict[str, int] = {}
    script: str | None = None
    shell: str = "sh"
    late: Late | None = None
    call: Call | None = None
    tags: tuple[str, ...] = ()
    signals: tuple[int, ...] = ()
    total_timeout: float | None = None
    retry: Retry = Retry()
    allow_failure: bool | tuple[int, ...] = False
    always: bool = False
    when: Condition | None = None
    secret: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    version: str = ""
    partial_outputs: Literal["remove", "keep"] = "remove"
    limits: dict[str, int] = {}
    nice: int | None = None
    umask: int | None = None
    tty: bool = False
    terminal: bool = False
    idle_timeout: float | None = None
    output_limit: int | None = None
    leak: Literal["kill", "fail", "leave"] = "kill"


class RunSettings(Struct, frozen=True, kw_only=True):
    """What the file says of the run as a whole; the command line goes before it.

    Attributes:
        deadline: seconds after which the run is stopped.
        keep_going: start no more jobs after so many failures; 0 goes on.
        jobs: jobs at a time, over all queues.
    """

    deadline: float | None = None
    keep_going: int | None = None
    jobs: int | None = None


class CacheSettings(Struct, frozen=True, kw_only=True):
    """What the file says of the cache of outputs.

    Attributes:
        size: bytes that it may take.
        folder: where it is; None is the folder `cache` in that of treadle's own files.
    """

    size: int = 1 << 30
    folder: Path | None = None


class Plan(Struct, frozen=True, kw_only=True):
    """All jobs of a workflow by name, in the order of the file.

    Attributes:
        jobs: by name.
        families: the names of the jobs of each matrix.
        queues: the tokens of each queue.
        folder: where relative paths start.
        label: the file, as messages name it.
        tags: the names of the jobs that have each tag.
        name: what the workflow is called.
        settings: what the file says of the run as a whole.
        keep_runs: runs whose facts and logs are kept.
        cache: None if outputs are not kept.
        mark: if it is kept, a text that only this plan has; else empty.
    """

    jobs: dict[str, PlannedJob]
    families: dict[str, list[str]]
    queues: dict[str, int | str]
    folder: Path
    label: str
    tags: dict[str, list[str]] = {}
    name: str = ""
    settings: RunSettings = RunSettings()
    keep_runs: int = DEFAULT_KEEP_RUNS
    cache: CacheSettings | None = None
    mark: str = ""

    def names(self) -> Names:
        """Return the names that may select jobs."""
        return Names(self.jobs, self.families, self.tags)

    def select(self, said: Sequence[str]) -> list[str]:
        """Return the jobs that targets stand for, with all they need; all for none.

        A target is the name of a job, of a matrix or of a tag, or a pattern. With a `+`
        behind it, all jobs that need these are meant, too. One in front says what holds
        anyway: with all that they need.

        Raises:
            WorkflowError: a name or pattern stands for no job.
        """
        if not said:
            return list(self.jobs)
        wanted: list[str] = []
        mistakes: list[str] = []
        for one in said:
            try:
                wanted += self.find(one)
            except WorkflowError as error:
                mistakes += error.messages
        if mistakes:
            raise WorkflowError(*mistakes)
        needs = {job.name: job.needs for job in self.jobs.values()}
        chosen = with_needs(needs, wanted)
        return [name for name in self.jobs if name in chosen]

    def find(self, target: str) -> Iterable[str]:
        """Return the jobs that one target stands for, without what they need.

        Raises:
            WorkflowError: it stands for no job.
        """
        names = self.names()
        meant = names.find(target)
        if meant:
            return meant
        meant = names.find(target.removesuffix("+").removeprefix("+"))
        if not meant:
            hint = nearest(target.strip("+"), names.known())
            raise WorkflowError(f"{self.label}: no job {target!r}{hint}")
        if not target.endswith("+"):
            return meant
        after = dependents({job.name: job.needs for job in self.jobs.values()})
        found = with_needs(after, meant)
        return [name for name in self.jobs if name in found]
