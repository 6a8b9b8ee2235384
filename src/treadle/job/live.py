"""An attempt that the driver answers for."""

from __future__ import annotations

import logging

from treadle.engine import Stage
from treadle.executors import Executor
from treadle.job.base import Job

logger = logging.getLogger("treadle.job.scheduler")

_SILENT = 60.0  # seconds after which an attempt that nobody can see is named


class Live:
    """An attempt that the driver answers for, from before its start to after its end."""

    # Defaults stand here because most attempts never change them: one is made for each.
    running = False
    collected = False
    finished = False
    named = False
    suspect = False
    told = False
    told_at = 0.0
    since = 0.0

    def __init__(self, job: Job, number: int, executor: Executor) -> None:
        self.job = job
        self.number = number
        self.executor = executor

    def stop(self, stage: Stage) -> None:
        """Stop the attempt, this hard; it is asked before it is killed, and asked once."""
        try:
            if not self.told:
                self.executor.interrupt(self.job)
                self.told = True
            if stage is Stage.KILL:
                self.executor.kill(self.job)
        except Exception:  # the others are to be stopped all the same
            logger.exception("job %s raised when it was stopped", self.job.uid)

    def suspend(self, resume: bool) -> None:
        """Make what it runs stand still, or go on, where that can be done."""
        suspend = getattr(self.executor, "suspend", None)
        if suspend is not None:
            suspend(self.job, resume)

    def gone(self, now: float) -> bool:
        """Whether the attempt is over and has not said so; what is in doubt is logged."""
        alive = self.executor.alive(self.job)
        if alive is False and self.running:
            # Between its end and its word there is an instant: once is no proof.
            before, self.suspect = self.suspect, True
            if before:
                logger.error("job %s ended without saying so", self.job.uid)
            return before
        silent = alive is None and now - self.since >= _SILENT
        if self.job.interrupted:
            if not self.told_at:
                self.told_at = now
            logger.warning("job %s was interrupted and has not ended yet", self.job.uid)
            return silent and now - self.told_at >= _SILENT
        if silent and not self.named:
            self.named = True
            logger.warning(
                "job %s has not called notify_end for %.0f s; nothing shows whether it runs",
                self.job.uid,
                now - self.since,
            )
        return False
