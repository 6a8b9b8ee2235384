"""A job of a workflow, as the scheduler runs it."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from treadle.clock import SYSTEM
from treadle.errors import ProcessError
from treadle.job import Job, ProcessJob
from treadle.process.output import Fresh
from treadle.report.reasons import Ending
from treadle.runner.looked import Looked
from treadle.runner.stopping import Escalation
from treadle.runner.values import ValuesError, drop_values, take_values
from treadle.runner.words import Words, words_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from treadle.engine import Outcome
    from treadle.job.base import NotifyEndType
    from treadle.job.scheduler import Scheduler
    from treadle.process import Run
    from treadle.process.conditions import Usage
    from treadle.process.remote import RemoteRun
    from treadle.runner.scheduled import Scheduled
    from treadle.workflow import PlannedJob


class WorkflowJob(Looked, ProcessJob):
    """A job of a workflow file; the environment says to it which one it is.

    Attributes:
        name: of the job.
        planned: what the workflow says of it.
        first_began: when its first attempt began.
        values: what it wrote to `$TREADLE_OUTPUT`, after a good attempt.
    """

    first_began: float | None = None
    values: dict[str, str] | None = None
    _end: Ending | None = None
    _escalation: Escalation | None = None
    _words: Words | None = None
    _limit = math.inf
    _is_total = _is_final = False

    def __init__(
        self, uid: str, data: PlannedJob, notify_end: NotifyEndType, of: Scheduled
    ) -> None:
        super().__init__(uid, data, notify_end)
        self.name = uid
        self.planned = data
        self.of = of
        self.queue_name = data.queue
        self.tokens = min(data.tokens, of.queues[data.queue])
        if data.further:
            sizes = of.queues
            self.further_tokens = {name: min(n, sizes[name]) for name, n in data.further.items()}
        self.timeout = data.timeout
        if data.total_timeout is not None:
            self.timeout = min(data.timeout, data.total_timeout)
        self.grace = data.grace * len(data.signals) if data.signals else data.grace
        self.conditions = of.conditions(data)
        self.attempt = 1
        self._stem = of.stem(uid)
        self._offered(of.upkeep)

    @property
    def priority(self) -> float:
        """As the workflow says."""
        return self.planned.priority

    @property
    def log(self) -> str | None:
        """Where the output of this attempt goes; None is the terminal."""
        return None if self.planned.terminal else f"{self._stem}.{self.number}.log"

    @property
    def usage(self) -> Usage | None:
        """What the attempt used, where that is known."""
        return getattr(self.proc_handle, "usage", None)

    @property
    def began(self) -> float:
        """When the attempt began; if it never did, when it ended."""
        if self.usage is not None and self._stopped_at is not None:
            # Before the first job of a run the warden is started: that is not the job's time.
            return self._began + max(0.0, self._took - self.usage.wall)
        return self._began if self._started_at is not None else SYSTEM.monotonic()

    @property
    def over(self) -> float:
        """When the attempt ended."""
        known = self._started_at is not None and self._stopped_at is not None
        return self._began + self._took if known else SYSTEM.monotonic()

    # -- its beginning -------------------------------------------------------------------

    @property
    def cmdline(self) -> list[str]:
        """As the workflow says, with the values of other jobs in it."""
        return self._words.argv if self._words is not None else list(self.planned.argv)

    @property
    def cmd_options(self) -> dict[str, Any]:
        """Output, environment and folder."""
        planned, stem = self.planned, f"{self._stem}.{self.number}"
        folder, where = self.of.where(planned.cwd)
        env = {
            "PWD": where,
            **(planned.env if self._words is None else self._words.env),
            "TREADLE_JOB": self.name,
            "TREADLE_RUN": self.of.label,
            "TREADLE_ATTEMPT": str(self.number),
            "TREADLE_SLOT": str(self.slot),
            "TREADLE_OUTPUT": f"{stem}.output",
        }
        if deadline := self._deadline():
            env["TREADLE_DEADLINE"] = deadline
        return {
            "output": None if planned.terminal else Fresh(f"{stem}.log"),
            "env": env,
            "ignore_environ": False,
            "cwd": folder,
        }

    def _deadline(self) -> str:
        """Say when the attempt will be stopped, as the time in seconds since 1970."""
        until = self.of.until
        if self._limit == math.inf and until is None:
            return ""
        left = math.inf if until is None else until - self._began
        return f"{SYSTEM.stamp() + min(left, self._limit):.3f}"

    def on_start(self, scheduler: Scheduler) -> None:  # noqa: ARG002 -- the seed's signature
        """Tell that the attempt begins, if it does."""
        if not self.is_idle:
            self.of.started(self)

    def _spawn(self, make: Callable[..., Run | RemoteRun]) -> bool:
        if self.is_idle:
            return False
        try:
            self._prepare()
        except ProcessError as error:
            # It is told as the end of the job; a program was not at fault.
            self.spawn_error = error
            self._is_final = True
            return False
        return super()._spawn(make)

    def _prepare(self) -> None:
        planned, look = self.planned, self.look
        if look is not None and look.fault:
            raise ProcessError(look.fault)
        self._limit = self.timeout if self.timeout is not None else math.inf
        if self.first_began is None:
            self.first_began = self._began - self.of.spent(self.name)
            total = planned.total_timeout
            self._is_total = total is not None and total <= planned.timeout
            if planned.late is not None or planned.script is not None:
                self._words = words_of(planned, f"{self._stem}.script", self.of)
        if planned.total_timeout is not None and self.first_began != self._began:
            self._shorten(planned.total_timeout - (self._began - self.first_began))

    def _shorten(self, left: float) -> None:
        """See to it that all attempts together take no more than they may."""
        if left <= 0:
            raise ProcessError("no time was left for another attempt (total_timeout)")
        self._is_total = left <= self.planned.timeout
        if self._is_total:
            self._limit = left
            self.of.scheduler.shorten(self, left)

    # -- its end -------------------------------------------------------------------------

    def interrupt(self) -> bool:
        """Ask it to end with the signals that it names, one after the other."""
        signals = self.planned.signals
        if not signals or not self.grace:
            return super().interrupt()
        with self.lock:
            first = Job.interrupt(self)
            handle = self.proc_handle
        if first and handle is not None:
            self._escalation = Escalation(handle, signals, self.planned.grace)
            self._escalation.step()
        return True

    def end(self, outcome: Outcome | None = None) -> Ending:
        """Return how the attempt ended, and take the values that it wrote; once for each attempt.

        Args:
            outcome: how it ended, when the job itself does not know that yet.
        """
        if self._end is None:
            self._end = self.ending(outcome)
            if self._escalation is not None:
                self._escalation.cancel()
            if self.name in self.of.giving:
                self._end = self._with_values(self._end)
            self._end = self.of.finished(self, self._end)
        return self._end

    def _with_values(self, ending: Ending) -> Ending:
        path = f"{self._stem}.{self.number}.output"
        if not os.access(path, os.F_OK):
            return ending
        if not ending.is_good(self.planned):
            drop_values(path)
            return ending
        try:
            self.values = take_values(path)
        except ValuesError as error:
            return replace(ending, fault=f"$TREADLE_OUTPUT: {error}")
        return ending

    def ending(self, outcome: Outcome | None = None) -> Ending:
        """Return how the attempt ended; with an outcome, as if that were known already."""
        handle = self.proc_handle
        outcome = outcome or self.outcome
        if handle is None:
            error = self.spawn_error or self.exception
            how = str(outcome) if outcome else "lost"
            return Ending(how, error=error, final=self._is_final)
        return Ending(
            str(outcome) if outcome else "lost",
            handle.status,
            self.spawn_error or self.exception,
            stopped_for=getattr(handle, "over_limit", None),
            oom=getattr(handle, "oom", False),
            leaked=getattr(handle, "leaked", 0),
            loss=getattr(handle, "loss", None),
            total=self._is_total,
        )

    def _renew(self) -> None:
        super()._renew()
        self._end = self._escalation = None
        self._look_again(self.requeue_delay or 0.0)
