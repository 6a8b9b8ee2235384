"""The facts of a run, in the order in which they happen: what every view is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from treadle.status import ReturnValue


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run begins: how many jobs were selected, and the tokens of each queue."""

    run: str
    label: str
    jobs: int
    queues: Mapping[str, int]
    logs: Path


@dataclass(frozen=True, slots=True)
class JobStarted:
    """An attempt begins; `at` is an instant of the monotonic clock.

    A job with `terminal` holds the terminal until its attempt is over: nobody else
    writes there.
    """

    name: str
    attempt: int
    at: float
    terminal: bool = False


@dataclass(frozen=True, slots=True)
class JobRetried:
    """An attempt came to nothing, `detail` says why, and the job is run again."""

    name: str
    attempt: int
    duration: float
    detail: str


@dataclass(frozen=True, slots=True)
class JobEnded:
    """An attempt is over.

    `outcome` is how it ended (``exited``, ``signalled``, ``timed_out`` …), `detail`
    says it in words when it is not a success. A job that only gathers others has no log,
    nor has one that held the terminal. `leaked` is how many processes it left behind
    when its program ended, which were killed.
    """

    name: str
    attempt: int
    status: ReturnValue
    outcome: str
    duration: float
    detail: str = ""
    log: str | None = None
    leaked: int = 0

    @property
    def good(self) -> bool:
        """Whether the job has done what it is for."""
        return self.status == 0


@dataclass(frozen=True, slots=True)
class JobSkipped:
    """A job never runs because `need` failed, or because `origin` did, which `need` needs."""

    name: str
    need: str
    origin: str


@dataclass(frozen=True, slots=True)
class RunEnded:
    """A run is over; `signum` is the signal that ended it early, `left` the jobs never begun."""

    duration: float
    left: int = 0
    signum: int = 0


Fact: TypeAlias = RunStarted | JobStarted | JobRetried | JobEnded | JobSkipped | RunEnded


class View(Protocol):
    """Shows or stores facts."""

    def take(self, fact: Fact) -> None:
        """Take the next fact."""
