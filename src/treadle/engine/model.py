"""Values that the engine and its driver share: what a job asks for, how an attempt ended."""

from __future__ import annotations

from collections.abc import Hashable
from enum import IntEnum, StrEnum
from typing import NamedTuple, TypeAlias

VertexID: TypeAlias = Hashable

NEVER = float("inf")


class Outcome(StrEnum):
    """How an attempt ended."""

    EXITED = "exited"
    SIGNALLED = "signalled"
    TIMED_OUT = "timed_out"
    OVER_LIMIT = "over_limit"
    INTERRUPTED = "interrupted"
    SPAWN_FAILED = "spawn_failed"
    LOST = "lost"
    STUCK = "stuck"


class Stage(StrEnum):
    """How hard an attempt is stopped."""

    INTERRUPT = "interrupt"
    KILL = "kill"


class NodeState(IntEnum):
    """Where a job is, from the graph's point of view."""

    WAITING = 0
    READY = 1
    OFFERED = 2
    QUEUED = 3
    ACTIVE = 4
    ENDED = 5
    DELAYED = 6
    SETTLED = 7
    ABORTED = 8


class JobSpec(NamedTuple):
    """What a job asks for. Durations are seconds; `NEVER` switches one off."""

    queue: str = "default"
    tokens: float = 1
    priority: float = 0
    timeout: float = NEVER
    grace: float = NEVER
    """From the interrupt to the kill."""
    kill_grace: float = 0.0
    """From the kill to giving the attempt up as stuck."""
    further: tuple[tuple[str, float], ...] = ()
    """Names and tokens of further queues; all are taken together, and given back together."""

    @property
    def claims(self) -> tuple[tuple[str, float], ...]:
        """The name and the tokens of each queue that it needs, its own first."""
        return ((self.queue, self.tokens), *self.further)


class Fact(NamedTuple):
    """One thing that happened, as it is kept. `at` is a monotonic instant in seconds."""

    kind: str
    uid: VertexID
    attempt: int
    at: float
    detail: str = ""


class Summary(NamedTuple):
    """What a run came to."""

    settled: int
    aborted: int
    stuck: tuple[VertexID, ...]


class EngineError(ValueError):
    """The driver told the engine something that cannot be."""
