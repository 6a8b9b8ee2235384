"""A job of a workflow, as the scheduler runs it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from treadle.clock import SYSTEM
from treadle.job import ProcessJob
from treadle.process import Conditions
from treadle.process.available import available
from treadle.report import JobStarted
from treadle.report.reasons import Ending
from treadle.workflow.names import file_name
from treadle.workflow.plan import DEFAULT_OUTPUT_LIMIT

if TYPE_CHECKING:
    from treadle.engine import Outcome
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
        self.conditions = _conditions(data)
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
    def log(self) -> str | None:
        """Where the output of this attempt goes; None is the terminal."""
        if self.planned.terminal:
            return None
        return f"{self.of.folder}/{file_name(self.name)}.{self.attempt}.log"

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
            "output": self.log,
            "env": where | self.planned.env | said,
            "ignore_environ": False,
            "cwd": folder,
        }

    def on_start(self, scheduler: Scheduler) -> None:  # noqa: ARG002 -- the seed's signature
        """Tell that the attempt begins."""
        terminal = self.planned.terminal
        self.of.tell(JobStarted(self.name, self.attempt, SYSTEM.monotonic(), terminal))

    def ending(self, outcome: Outcome | None = None) -> Ending:
        """Return how the attempt ended; with an outcome, as if that were known already."""
        handle = self.proc_handle
        outcome = outcome or self.outcome
        return Ending(
            outcome=str(outcome) if outcome else "lost",
            code=getattr(handle, "status", None),
            error=self.spawn_error or self.exception,
            stopped_for=getattr(handle, "over_limit", None),
            oom=getattr(handle, "oom", False),
            leaked=getattr(handle, "leaked", 0),
            loss=getattr(handle, "loss", None),
        )


def _conditions(job: PlannedJob) -> Conditions:
    most = job.output_limit
    if most == DEFAULT_OUTPUT_LIMIT and not available():
        # Only a warden watches the output. What somebody asked for is an error without
        # one; what nobody said is not.
        most = None
    return Conditions(
        leak=job.leak,
        limits=job.limits or None,
        nice=job.nice,
        umask=job.umask,
        tty=job.tty,
        terminal=job.terminal,
        idle_timeout=job.idle_timeout,
        output_limit=most,
    )
