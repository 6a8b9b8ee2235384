"""A run whose jobs are programs: a scheduler starts them and takes their ends."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from treadle.clock import SYSTEM
from treadle.errors import ProcessError
from treadle.job import EmptyJob, Job
from treadle.process import Conditions
from treadle.process.available import available
from treadle.report import Remark
from treadle.report.redact import SHORTEST
from treadle.runner.execution import Execution
from treadle.runner.job import WorkflowJob
from treadle.runner.precedence import Order
from treadle.runner.scheduler import RunScheduler
from treadle.runner.secrets import secret_values
from treadle.runner.values import drop_values
from treadle.runner.words import givers
from treadle.status import ReturnValue
from treadle.workflow.graph import build_dag
from treadle.workflow.names import file_name
from treadle.workflow.plan import DEFAULT_OUTPUT_LIMIT, PlannedJob

if TYPE_CHECKING:
    from treadle.job.base import NotifyEndType
    from treadle.process.conditions import Usage
    from treadle.report.reasons import Ending
    from treadle.runner.incremental.freshness import Look
    from treadle.workflow.expressions import Values


class RunJob(Protocol):
    """What is asked of a job that has attempts, whatever it runs.

    Attributes:
        name: of the job.
        number: that of the attempt, over all that there were in the run.
        look: what was seen of it before; None where nobody looks.
        is_idle: it need not run, and did not.
        first_began: when its first attempt began, an instant of the monotonic clock.
        began: when this one did.
        over: when this one ended.
        log: where its output goes.
        usage: what it used.
        values: what it leaves for other jobs.
        requeue_delay: is set to the pause before the next attempt.
    """

    name: str
    queue_name: str
    tokens: float
    further_tokens: Mapping[str, float]
    values: dict[str, str] | None
    first_began: float | None
    requeue_delay: float | None

    @property
    def number(self) -> int:
        """The number of the attempt."""

    @property
    def look(self) -> Look | None:
        """What was seen of it before."""

    @property
    def is_idle(self) -> bool:
        """Whether it need not run."""

    @property
    def began(self) -> float:
        """When this attempt began."""

    @property
    def over(self) -> float:
        """When this attempt ended."""

    @property
    def log(self) -> str | None:
        """Where its output goes."""

    @property
    def usage(self) -> Usage | None:
        """What it used, where that is known."""

    def end(self) -> Ending:
        """How this attempt ended."""


class Scheduled(Execution):
    """One run of programs; see `Execution`.

    Attributes:
        scheduler: of the part that is under way.
        giving: the jobs whose values others use.
        until: the instant at which that part is stopped.
    """

    scheduler: RunScheduler
    goes_ahead = True

    def run_jobs(self, needs: Mapping[str, Sequence[str]], order: Order, *, last: bool) -> None:
        """See `Execution`."""
        self._folder = str(self.logs)
        self._has_warden = available()
        self.giving = givers(self.plan, self.chosen)
        self.until = None if last else self.deadline
        self._claims: dict[tuple[str, float], Mapping[str, float]] = {}
        self._folders: dict[str, tuple[str, str]] = {}
        self.scheduler = RunScheduler(
            self.provide,
            self.collect,
            self.queues,
            book=self.book,
            order=order,
            max_active=self.settings.tokens or None,
            deadline=self.until,
            load=None if last else self.settings.load,
            last=last,
            recording=self.recording,
            goes_ahead=self.goes_ahead,
        )
        try:
            self.scheduler.run(build_dag(needs))
        finally:
            self._hide_leftovers()

    def _hide_leftovers(self) -> None:
        """Remove the values that nobody has asked for, if there are secrets: they may hold some."""
        for path in self.logs.glob("*.output") if self.redactor else ():
            drop_values(str(path))

    # -- callbacks -----------------------------------------------------------------------

    def provide(
        self, uid: Any, data: Any, predecessors: frozenset[Any], notify_end: NotifyEndType
    ) -> Job:
        """Make a job when it is ready; see `Scheduler`."""
        del data, predecessors  # the plan has both, the needs in their order
        planned = self.plan.jobs[uid]
        why = self.book.verdict(uid, os.environ)
        if why:
            return EmptyJob(uid, why, notify_end, ReturnValue.skip)
        if planned.argv or planned.script is not None or planned.late is not None:
            return WorkflowJob(uid, planned, notify_end, self)
        if planned.call is not None:
            return self._call(uid, planned, notify_end)
        return EmptyJob(uid, planned, notify_end, ReturnValue.success)

    def collect(self, job: Job) -> bool:
        """Deal with the end of a job; see `Scheduler`."""
        if job.__class__ is EmptyJob:
            if job.status is ReturnValue.skip:
                self.book.skip(job.uid, job.data)  # type: ignore[arg-type]  # ids are names
            else:
                self.book.gathered(job.uid)  # type: ignore[arg-type]  # ids are names
            if self.upkeep is not None:
                self.upkeep.pass_by(job.uid)  # type: ignore[arg-type]  # ids are names
            return False
        return self._over(cast(RunJob, job))

    def _call(self, uid: str, planned: PlannedJob, notify_end: NotifyEndType) -> Job:
        """Make the job of a Python function; see `treadle.runner.mixed`."""
        raise NotImplementedError

    def started(self, job: RunJob) -> None:
        """Tell that an attempt begins."""
        look = job.look
        self.book.started(
            job.name,
            job.number,
            SYSTEM.monotonic(),
            log=job.log,
            queues=self._claims_of(job),
            slot=self.scheduler.slot_of(cast(Job, job)),
            why=look.why if look is not None else (),
        )

    def spent(self, name: str) -> float:
        """Return the seconds that a job took before the run was resumed."""
        return self.upkeep.spent(name) if self.upkeep is not None else 0.0

    def finished(self, job: RunJob, ending: Ending) -> Ending:
        """Keep what an attempt made; return how it ended, that considered."""
        if self.upkeep is None or job.look is None:
            return ending
        result = getattr(job, "value", None)
        mask = self.mask if self.redactor else None
        return self.upkeep.finished(job.name, job.look, ending, job.values, result, mask)

    def _over(self, job: RunJob) -> bool:
        if job.is_idle and self.upkeep is not None and job.look is not None:
            self.upkeep.rest(job.name, job.look)
            return False
        ending, log = job.end(), job.log
        if self.upkeep is not None and not ending.is_good(self.plan.jobs[job.name]):
            self.upkeep.failed(job.name, ending)
        if self.redactor:
            log = self._masked(log)
        if job.values:
            self.book.values[job.name] = {n: self.mask(v) for n, v in job.values.items()}
        delay = self.book.ended(
            job.name,
            job.number,
            ending,
            began=job.began,
            now=job.over,
            first_began=job.first_began,
            log=log,
            usage=job.usage,
            mask=self.mask if self.redactor else None,
        )
        job.requeue_delay = delay
        return delay is not None

    # -- secrets -------------------------------------------------------------------------

    @property
    def values(self) -> Values:
        """What jobs wrote, by name."""
        return self.book.values

    def mask(self, text: str) -> str:
        """Return a text without secrets."""
        return self.redactor.text(text)

    def hide(self, job: PlannedJob, env: Mapping[str, str]) -> None:
        """Take note of the secrets of a job that depend on values of other jobs.

        Raises:
            ProcessError: one of them is too short to be hidden.
        """
        if not job.secret:
            return
        fresh = secret_values(job, {**os.environ, **env})
        for name, value in fresh.items():
            if len(value) < SHORTEST:
                raise ProcessError(
                    f"its secret '{name}' has {len(value)} characters; "
                    f"what is shorter than {SHORTEST} cannot be hidden"
                )
        self.redactor.add(fresh.values())

    def _masked(self, log: str | None) -> str | None:
        """Hide the secrets in a log; return where it is, None if nobody is to read it."""
        if log is None:
            return log
        try:
            self.redactor.file(log)
        except FileNotFoundError:  # nothing was started
            return log
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            self.tell(Remark(f"{log} may hold secrets: they could not be hidden: {why}"))
            return None
        return log

    # -- what many jobs have in common, worked out once ------------------------------------

    def stem(self, name: str) -> str:
        """Return where the files of a job are, but for their endings."""
        return f"{self._folder}/{file_name(name)}"

    def where(self, cwd: Path) -> tuple[str, str]:
        """Return the folder of a job, and what its `PWD` is.

        A program that is run directly has no shell in front of it that would set this.
        """
        folder = str(cwd)
        known = self._folders.get(folder)
        if known is None:
            known = folder, os.path.realpath(folder) if ".." in cwd.parts else folder
            self._folders[folder] = known
        return known

    def conditions(self, job: PlannedJob) -> Conditions:
        """Return under which conditions the program of a job runs."""
        most = job.output_limit
        if most == DEFAULT_OUTPUT_LIMIT and not self._has_warden:
            # Only a warden watches the output. What somebody asked for is an error without
            # one; what nobody said is not.
            most = None
        return Conditions(
            job.leak,
            job.limits or None,
            job.nice,
            job.umask,
            job.tty,
            job.terminal,
            job.idle_timeout,
            most,
        )

    def _claims_of(self, job: RunJob) -> Mapping[str, float]:
        if job.further_tokens:
            return {job.queue_name: job.tokens, **job.further_tokens}
        claims = self._claims.get((job.queue_name, job.tokens))
        if claims is None:
            claims = self._claims[job.queue_name, job.tokens] = {job.queue_name: job.tokens}
        return claims
