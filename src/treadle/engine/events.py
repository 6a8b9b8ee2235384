"""What the driver tells the engine."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from treadle.engine.model import JobSpec, Outcome, VertexID


class Begin(NamedTuple):
    """The run starts."""


class Offered(NamedTuple):
    """The answer to `Offer`, or a job from outside the graph: it may be queued."""

    uid: VertexID
    spec: JobSpec


class Skipped(NamedTuple):
    """The answer to `Offer`: the job is not to be run and has been dealt with."""

    uid: VertexID


class Launch(NamedTuple):
    """Whatever was to be queued is queued: the best job that fits may start.

    Asked for one job at a time, since between two starts user code runs
    (`on_start`) that may push a better one.
    """


class Started(NamedTuple):
    """The attempt runs from now on; its timeout counts from here."""

    uid: VertexID
    attempt: int


class Ended(NamedTuple):
    """The attempt is over."""

    uid: VertexID
    attempt: int
    outcome: Outcome = Outcome.EXITED


class Overrun(NamedTuple):
    """The attempt went over a limit that others than the engine look after: it is to stop."""

    uid: VertexID
    attempt: int
    outcome: Outcome


class Continued(NamedTuple):
    """Everything stood still for so many seconds: no deadline comes nearer by them."""

    seconds: float


class Collected(NamedTuple):
    """The answer to `Collect`. With `requeue`, the job runs again, `delay` seconds from now."""

    uid: VertexID
    requeue: bool = False
    delay: float = 0.0


class Tick(NamedTuple):
    """Time has passed: a deadline may be due."""


class Halt(NamedTuple):
    """Start nothing more and stop what runs; said again, harder."""

    reason: str = ""


class Resized(NamedTuple):
    """The queue now has this many tokens."""

    queue: str
    tokens: float


Event: TypeAlias = (
    Begin
    | Offered
    | Skipped
    | Launch
    | Started
    | Overrun
    | Ended
    | Collected
    | Tick
    | Continued
    | Halt
    | Resized
)
