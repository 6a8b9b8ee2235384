"""What the driver asks of an executor, and what an executor asks of a job."""

from __future__ import annotations

from typing import Any, Protocol

from treadle.engine import VertexID
from treadle.engine.model import Outcome


class Runnable(Protocol):
    """What every executor may use of a job."""

    uid: VertexID
    handle: Any
    interrupted: bool
    exception: BaseException | None

    def start(self, slot: int) -> None:
        """Begin, and return at once; the job's `notify_end` is called at the end."""

    def interrupt(self) -> bool:
        """Ask the job to end."""


def kill_process(job: Any) -> None:
    """Kill the tree of the process that the job has started, if it has."""
    process = getattr(job, "proc_handle", None)
    if process is not None:
        process.kill()


def suspend_process(job: Any, resume: bool) -> None:
    """Make the tree of the job's process stand still, or go on, if it has one."""
    process = getattr(job, "proc_handle", None)
    if process is not None:
        (process.resume if resume else process.suspend)()


def process_outcome(job: Any) -> Outcome:
    """How the job's process ended; for a job without one, that it did."""
    if getattr(job, "spawn_error", None) is not None:
        return Outcome.SPAWN_FAILED
    process = getattr(job, "proc_handle", None)
    signalled = process is not None and process.status is not None and process.status < 0
    return Outcome.SIGNALLED if signalled else Outcome.EXITED


class Executor(Protocol):
    """One way to run attempts. Shared by all jobs that run this way; keeps nothing of them.

    Attributes:
        grace: seconds from the interrupt to the kill, for jobs that do not say.
        kill_grace: seconds from the kill to giving up.
    """

    grace: float
    kill_grace: float

    def start(self, job: Any, slot: int) -> None:
        """Begin an attempt, and return at once."""

    def revoke(self, job: Any) -> bool:
        """True if the attempt had not begun, and now never will."""

    def interrupt(self, job: Any) -> None:
        """Ask the attempt to end."""

    def kill(self, job: Any) -> None:
        """End the attempt, whatever it wants."""

    def alive(self, job: Any) -> bool | None:
        """Whether it is known to be running; None where nobody can tell."""

    def outcome(self, job: Any) -> Outcome:
        """How the attempt ended; asked after its end was notified."""
