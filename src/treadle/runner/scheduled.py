"""A run whose jobs are programs: a scheduler starts them and takes their ends."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from treadle.clock import SYSTEM
from treadle.job import EmptyJob, Job
from treadle.process import Conditions
from treadle.process.available import available
from treadle.runner.hiding import Hiding
from treadle.runner.job import WorkflowJob
from treadle.runner.precedence import Order
from treadle.runner.runjob import RunJob
from treadle.runner.scheduler import RunScheduler
from treadle.runner.words import givers
from treadle.status import ReturnValue
from treadle.workflow.graph import build_dag
from treadle.workflow.names import file_name
from treadle.workflow.plan import DEFAULT_OUTPUT_LIMIT, PlannedJob

if TYPE_CHECKING:
    from treadle.job.base import NotifyEndType
    from treadle.report.reasons import Ending


class Scheduled(Hiding):
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
            self.hide_leftovers()

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
            log = self.masked(log)
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
