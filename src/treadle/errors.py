"""Every error that treadle raises.

::

    TreadleError
    ├── SeedError           messages and origin, as the seed's errors have them
    │   └── DAGError        a graph that is not acyclic or not complete
    ├── SchedulerError      a run that cannot go on
    │   ├── JobError        a job that can never run: names the job
    │   ├── StalledError    nothing runs and nothing can start
    │   └── RunInterrupted  Scheduler.interrupt() was called
    ├── ProcessError        a process that could not be started
    ├── StoreError          what is to survive a run cannot be kept, or read
    │   ├── StoreBusyError  another process writes it
    │   └── StoreFullError  there is no room for it just now
    └── WorkflowError       a workflow file that cannot be used

    SystemExit
    └── Terminated          a signal ended the run; uncaught, it ends the program
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self


class TreadleError(Exception):
    """Root of treadle's errors."""


class SeedError(TreadleError):
    """An error with several messages and the place it comes from.

    Args:
        message: one text or several.
        origin: where it comes from; shown in front of the last message.
    """

    def __init__(
        self, message: str | Sequence[str] | None = None, origin: str | None = None
    ) -> None:
        self.origin = origin
        self.messages: list[str] = []
        if message is not None:
            self.messages = [message] if isinstance(message, str) else list(message)
        super().__init__(message, origin)

    def __iadd__(self, other: str | SeedError | Sequence[str]) -> Self:
        """Append messages."""
        more: Any = getattr(other, "messages", other)
        self.messages += [more] if isinstance(more, str) else list(more)
        return self

    def __str__(self) -> str:
        text = self.messages[-1] if self.messages else ""
        return f"{self.origin}: {text}\n" if self.origin else text


class DAGError(SeedError):
    """A graph has a cycle, or names a vertex that it does not hold."""


class SchedulerError(TreadleError):
    """A run cannot go on."""


class JobError(SchedulerError):
    """A job that can never run as it is; the message names the job and what to change."""


class StalledError(SchedulerError):
    """Nothing runs, nothing can start, and jobs are left."""


class RunInterrupted(SchedulerError):  # noqa: N818 -- named like KeyboardInterrupt, which it stands for
    """`Scheduler.interrupt()` ended the run."""


class Terminated(SystemExit):
    """A signal that ends the program arrived during a run, and the run was wound up.

    Uncaught, the program exits with 128 + `signum`, as shells report it.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(128 + signum)
        self.signum = signum


class StoreError(TreadleError):
    """What is to survive a run cannot be kept or read; the message names the file, and why."""


class StoreBusyError(StoreError):
    """Another process writes the store: the message names it, and since when."""


class StoreFullError(StoreError):
    """There is no room on the disk. Nothing is lost yet: it may be tried again."""


class ProcessError(TreadleError):
    """A process could not be started; the message names the program and the reason.

    Attributes:
        what: what could not be done, if that is known: ``start 'cc'``, ``open 'a.log'``.
    """

    what: str | None = None


class WorkflowError(TreadleError):
    """A workflow file cannot be used; each message has the form ``file:line:column: what``."""

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = list(messages)

    def __str__(self) -> str:
        return "\n".join(self.messages)


def lacking(error: ModuleNotFoundError) -> str:
    """Say which package the command line needs and does not find.

    Raises:
        ModuleNotFoundError: it is a part of treadle itself: a bug.
    """
    package = (error.name or "treadle").partition(".")[0]
    if package == "treadle":
        raise error
    return (
        f"treadle: the package '{package}' is not installed, which the command line needs; "
        "install it: pip install --upgrade treadle"
    )
