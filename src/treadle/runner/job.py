"""A job of a workflow, as the scheduler runs it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from treadle.clock import SYSTEM
from treadle.job import ProcessJob
from treadle.report import JobStarted
from treadle.report.reasons import reason
from treadle.workflow.names import file_name

if TYPE_CHECKING:
    from treadle.job.base import NotifyEndType
    from treadle.job.scheduler import Scheduler
    from treadle.runner.execution import Execution
    from treadle.workflow import PlannedJob


class WorkflowJob(ProcessJob):
    """A job of a workflow file; the environment says to it which one it is."""

    def __init__(
        self, uid: str, data: PlannedJob, notify_end: NotifyEndType, of: Execution
    ) -> None:
        super().__init__(uid, data, notify_end)
        self.name = uid
        self.planned = data
        self.queue_name = data.queue
        self.tokens = min(data.tokens, of.queues[data.queue])
        self.timeout = data.timeout
        self.grace = data.grace
        self.leak = data.leak
        self.leave_running = data.leak == "leave"
        self.limits = data.limits or None
        self.nice = data.nice
        self.umask = data.umask
        self.tty = data.tty
        self.terminal = data.terminal
        self.idle_timeout = data.idle_timeout
        self.output_limit = data.output_limit
        self.attempt = 1
        self.of = of

    @property
    def priority(self) -> float:
        """As the workflow says."""
        return self.planned.priority

    @property
    def cmdline(self) -> list[str]:
        """As the workflow says."""
        return list(self.planned.argv)

    @property
    def log(self) -> Path:
        """Where the output of this attempt goes."""
        return self.of.logs / f"{file_name(self.name)}.{self.attempt}.log"

    @property
    def cmd_options(self) -> dict[str, Any]:
        """Output, environment and folder."""
        said = {
            "TREADLE_JOB": self.name,
            "TREADLE_RUN": self.of.label,
            "TREADLE_ATTEMPT": str(self.attempt),
            "TREADLE_SLOT": str(self.slot),
        }
        folder = str(self.planned.cwd)
        # A program that is run directly has no shell in front of it that would set this.
        where = {"PWD": os.path.realpath(folder) if ".." in self.planned.cwd.parts else folder}
        return {
            "output": str(self.log),
            "env": where | self.planned.env | said,
            "ignore_environ": False,
            "cwd": folder,
        }

    def on_start(self, scheduler: Scheduler) -> None:  # noqa: ARG002 -- the seed's signature
        """Tell that the attempt begins."""
        self.of.tell(JobStarted(self.name, self.attempt, SYSTEM.monotonic()))

    def how(self) -> tuple[str, int | None]:
        """Return how the attempt ended, and what its process exited with; negative is a signal.

        An exit code counts as what it is: 125 or 126 mean nothing special here, as
        they do between jobs of the seed.
        """
        code = getattr(self.proc_handle, "status", None)
        return str(self.outcome) if self.outcome else "lost", code

    def why(self, outcome: str, code: int | None) -> str:
        """Return in words why the attempt failed."""
        error = self.spawn_error or self.exception
        return reason(outcome, code, self.planned, error)
