"""The facts of a run, in the order in which they happen: what every view is made of."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from treadle.process.conditions import Usage
    from treadle.status import ReturnValue


_NONE: Mapping[str, Any] = MappingProxyType({})


class RunStarted(NamedTuple):
    """A run begins.

    Attributes:
        run: its name.
        label: what is run, as messages name it.
        jobs: how many jobs were selected.
        queues: the tokens of each queue.
        logs: the folder of the logs.
        needs: for each selected job the jobs that it needs, in the order of the file.
        expected: seconds that jobs took the last time, where that is known.
    """

    run: str
    label: str
    jobs: int
    queues: Mapping[str, float]
    logs: Path
    needs: Mapping[str, Sequence[str]] = _NONE
    expected: Mapping[str, float] = _NONE


class JobStarted(NamedTuple):
    """An attempt begins; `at` is an instant of the monotonic clock.

    A job with `terminal` holds the terminal until its attempt is over: nobody else
    writes there. `queues` are the tokens that it holds, `log` is where its output goes,
    `why` says in short texts why it runs, if it need not always.
    """

    name: str
    attempt: int
    at: float
    terminal: bool = False
    log: str | None = None
    queues: Mapping[str, float] = _NONE
    slot: int = 0
    why: Sequence[str] = ()


class JobRetried(NamedTuple):
    """An attempt came to nothing, `detail` says why; the job is run again in `delay` seconds."""

    name: str
    attempt: int
    duration: float
    detail: str
    outcome: str = ""
    delay: float = 0.0
    log: str | None = None
    code: int | None = None
    usage: Usage | None = None


class JobEnded(NamedTuple):
    """The last attempt of a job is over.

    `outcome` is how it ended (``exited``, ``signalled``, ``timed_out`` …), `detail`
    says it in words when it is not a success. A job that only gathers others has no log,
    nor has one that held the terminal. `leaked` is how many processes it left behind
    when its program ended, which were killed. With `allowed` the job has failed and was
    allowed to: the run does not fail by it.
    """

    name: str
    attempt: int
    status: ReturnValue
    outcome: str
    duration: float
    detail: str = ""
    log: str | None = None
    leaked: int = 0
    allowed: bool = False
    code: int | None = None
    usage: Usage | None = None

    @property
    def good(self) -> bool:
        """Whether the job has done what it is for."""
        return self.status == 0


class JobSkipped(NamedTuple):
    """A job never runs.

    Because `need` failed, or because `origin` did, which `need` needs; or, when `origin`
    is empty, because it is not wanted: `why` says so, and nothing has failed.
    """

    name: str
    need: str
    origin: str
    why: str = ""


class JobsUnchanged(NamedTuple):
    """What these jobs make is there, and what it is made of has not changed: they do not run.

    With `restored`, what they make was taken from the cache.
    """

    names: Sequence[str]
    restored: bool = False


class Remark(NamedTuple):
    """Something that a person should know, and that is no failure."""

    text: str


class RunEnded(NamedTuple):
    """A run is over.

    `left` are the jobs never begun, `signum` the signal that ended it early. `cause` is
    why else it ended early: ``deadline``, ``stalled`` or ``store``, and `detail` says it in
    words.
    """

    duration: float
    left: int = 0
    signum: int = 0
    cause: str = ""
    detail: str = ""


Fact: TypeAlias = (
    RunStarted | JobStarted | JobRetried | JobEnded | JobSkipped | JobsUnchanged | Remark | RunEnded
)


class View(Protocol):
    """Shows or stores facts."""

    def take(self, fact: Fact) -> None:
        """Take the next fact."""
