"""What happens in a run: jobs are provided, their ends counted, and all of it told."""

from __future__ import annotations

import math
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from treadle.clock import SYSTEM
from treadle.errors import Terminated
from treadle.job import EmptyJob, Job
from treadle.job.scheduler import Scheduler
from treadle.report import JobEnded, JobRetried, JobSkipped, RunEnded, RunStarted
from treadle.report.reasons import Ending, reason
from treadle.runner.job import WorkflowJob
from treadle.runner.result import RunResult
from treadle.status import ReturnValue
from treadle.workflow.graph import build_dag

if TYPE_CHECKING:
    from treadle.engine import Outcome
    from treadle.job.base import NotifyEndType
    from treadle.report import Fact, View
    from treadle.workflow import Plan

MAX_ATTEMPTS = 3
"""How often a job is begun whose attempts are lost."""


class _Scheduler(Scheduler):
    """A scheduler that can be told to start nothing more."""

    draining = False
    # They only count and tell: an exception in the middle of a line would harm the line.
    _callbacks_are_quick = True
    _goes_ahead = True

    def _may_go_ahead(self, job: Job, outcome: Outcome) -> bool:
        # After a failure it may be that nothing more is to be started.
        good = isinstance(job, WorkflowJob) and job.ending(outcome).is_good(job.planned)
        return good and not self.draining

    @property
    def is_finished(self) -> bool:
        if self.draining:
            return not self.active_jobs
        return super().is_finished

    def enqueue(self) -> None:
        if not self.draining:
            super().enqueue()

    def launch(self) -> None:
        if not self.draining:
            super().launch()


class Execution:
    """One run of the chosen jobs of a plan; `treadle.runner.run` says what the arguments are."""

    def __init__(
        self,
        plan: Plan,
        chosen: Sequence[str],
        queues: dict[str, int],
        *,
        max_active: int | None,
        keep_going: int,
        views: Sequence[View],
        label: str,
        logs: Path,
    ) -> None:
        self.plan = plan
        self.chosen = chosen
        self.queues = queues
        self.keep_going = keep_going
        self.views = views
        self.label = label
        self.logs = logs
        self.folder = str(logs)
        self.good: list[str] = []
        self.failed: list[str] = []
        self.skipped: list[str] = []
        # For each job that failed or was skipped, the job where the trouble began.
        self.origins: dict[str, str] = {}
        self.scheduler = _Scheduler(
            self.provide,
            self.collect,
            queues,
            job_timeout=math.inf,
            order="critical-path",
            max_active=max_active,
        )

    def tell(self, fact: Fact) -> None:
        """Give a fact to all views."""
        for view in self.views:
            view.take(fact)

    def execute(self) -> RunResult:
        """Run the jobs; return when nothing of them is left."""
        begin = SYSTEM.monotonic()
        dag = build_dag({name: self.plan.jobs[name].needs for name in self.chosen})
        self.tell(RunStarted(self.label, self.plan.label, len(self.chosen), self.queues, self.logs))
        signum = 0
        try:
            self.scheduler.run(dag)
        except KeyboardInterrupt:
            signum = signal.SIGINT
        except Terminated as error:
            signum = error.signum
        finally:
            duration = SYSTEM.monotonic() - begin
            left = self.left()
            self.tell(RunEnded(duration, len(left), signum))
        return RunResult(
            run=self.label,
            logs=self.logs,
            good=tuple(self.good),
            failed=tuple(self.failed),
            skipped=tuple(self.skipped),
            left=left,
            duration=duration,
            signum=signum,
        )

    def left(self) -> tuple[str, ...]:
        """Return the jobs that were never begun."""
        over = {*self.good, *self.failed, *self.skipped}
        return tuple(name for name in self.chosen if name not in over)

    def provide(
        self, uid: Any, data: Any, predecessors: frozenset[Any], notify_end: NotifyEndType
    ) -> Job:
        """Make a job when it is ready; see `Scheduler`."""
        del data, predecessors  # the plan has both, the needs in their order
        planned = self.plan.jobs[uid]
        if any(need in self.origins for need in planned.needs):
            return EmptyJob(uid, planned, notify_end, ReturnValue.force_fail)
        if not planned.argv:
            return EmptyJob(uid, planned, notify_end, ReturnValue.success)
        return WorkflowJob(uid, planned, notify_end, self)

    def collect(self, job: Job) -> bool:
        """Deal with the end of a job; see `Scheduler`."""
        if isinstance(job, WorkflowJob):
            ending = job.ending()
            if self.again(job, ending):
                return True
            self.ended(job, ending)
        elif job.status is ReturnValue.success:
            self.good.append(job.data.name)
            self.tell(JobEnded(job.data.name, 0, ReturnValue.success, "exited", 0.0))
        else:
            self.skip(job.data.name)
        return False

    def skip(self, uid: str) -> None:
        """Count a job that cannot run, and tell why."""
        bad = [n for n in self.plan.jobs[uid].needs if n in self.origins]
        need = next((n for n in bad if self.origins[n] == n), bad[0])
        self.origins[uid] = self.origins[need]
        self.skipped.append(uid)
        self.tell(JobSkipped(uid, need, self.origins[uid]))

    def again(self, job: WorkflowJob, ending: Ending) -> bool:
        """Tell whether the job is to run again: it was lost, through no fault of its own."""
        lost = ending.outcome == "lost" and job.attempt < MAX_ATTEMPTS
        if not lost or job.interrupted or self.scheduler.draining:
            return False
        took, why = job.timing_info.duration, reason(ending, job.planned)
        self.tell(JobRetried(job.name, job.attempt, took, why))
        return True

    def ended(self, job: WorkflowJob, ending: Ending) -> None:
        """Count the end of a job, and tell it."""
        good = ending.is_good(job.planned)
        (self.good if good else self.failed).append(job.name)
        self.tell(
            JobEnded(
                name=job.name,
                attempt=job.attempt,
                status=ReturnValue.success if good else ReturnValue.failure,
                outcome=ending.outcome,
                duration=job.timing_info.duration,
                detail="" if good else reason(ending, job.planned),
                log=job.log,
                leaked=ending.leaked,
            )
        )
        if not good:
            self.origins[job.name] = job.name
            self.scheduler.draining |= len(self.failed) == self.keep_going
