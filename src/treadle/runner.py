"""One run of a workflow: its jobs, the scheduler and the views, wired together."""

from __future__ import annotations

import math
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from treadle.clock import SYSTEM
from treadle.errors import Terminated, WorkflowError
from treadle.job import EmptyJob, Job, ProcessJob
from treadle.job.scheduler import Scheduler
from treadle.report.feed import JobEnded, JobSkipped, JobStarted, RunEnded, RunStarted
from treadle.report.logs import make_run_folder
from treadle.report.reasons import reason
from treadle.status import ReturnValue
from treadle.workflow.expand import expand
from treadle.workflow.graph import build_dag
from treadle.workflow.names import file_name
from treadle.workflow.origin import Mistakes
from treadle.workflow.plan import Plan
from treadle.workflow.queues import queue_sizes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treadle.job.base import NotifyEndType
    from treadle.report.feed import Fact, View
    from treadle.workflow import PlannedJob, Workflow


@dataclass(frozen=True, slots=True)
class RunResult:
    """What came of a run.

    `signum` is the signal that ended the run early, 0 if none did. `left` are the
    jobs that were never begun because the run ended early.
    """

    run: str
    logs: Path
    good: tuple[str, ...]
    failed: tuple[str, ...]
    skipped: tuple[str, ...]
    left: tuple[str, ...]
    duration: float
    signum: int

    @property
    def success(self) -> bool:
        """Whether every selected job succeeded."""
        return not (self.failed or self.skipped or self.left or self.signum)


def run(
    workflow: Workflow | Plan,
    *,
    targets: Sequence[str] = (),
    tokens: int | None = None,
    keep_going: int = 0,
    views: Sequence[View] = (),
) -> RunResult:
    """Run the jobs of a workflow.

    Args:
        workflow: the jobs; relative paths of a `Workflow` start from the working directory.
        targets: names or patterns of the jobs to run, with all they need; all by default.
        tokens: jobs at a time, over all queues, and the size of the default queue (see
            `queue_sizes`); None and 0 leave the limit to the queues.
        keep_going: start no more jobs after so many failures; 0 is no limit.
        views: take the facts as they come.

    Returns:
        What came of each job. An interrupt by a signal is not raised, but told in the result.

    Raises:
        WorkflowError: the workflow has mistakes, a target is unknown, or the folder for
            the logs cannot be made.
    """
    plan = workflow if isinstance(workflow, Plan) else _plan(workflow)
    chosen = plan.select(targets)
    queues = queue_sizes(plan, chosen, tokens)
    try:
        label, logs = make_run_folder(plan.folder)
    except OSError as error:
        where, why = error.filename or plan.folder, error.strerror or str(error)
        raise WorkflowError(f"{plan.label}: cannot keep logs in {where}: {why.lower()}") from None
    return _Run(
        plan,
        chosen,
        queues,
        max_active=tokens or None,
        keep_going=keep_going,
        views=views,
        label=label,
        logs=logs,
    ).execute()


def _plan(workflow: Workflow) -> Plan:
    return expand(workflow, Path.cwd(), Mistakes(workflow.origin))


class _Scheduler(Scheduler):
    """A scheduler that can be told to start nothing more."""

    draining = False

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


class _WorkflowJob(ProcessJob):
    """A job of a workflow file; the environment says to it which one it is."""

    def __init__(self, uid: str, data: PlannedJob, notify_end: NotifyEndType, of: _Run) -> None:
        super().__init__(uid, data, notify_end)
        self.name = uid
        self.planned = data
        self.queue_name = data.queue
        self.tokens = min(data.tokens, of.queues[data.queue])
        self.timeout = data.timeout
        self.grace = data.grace
        self.attempt = 1
        self.of = of

    @property
    def priority(self) -> float:
        return self.planned.priority

    @property
    def cmdline(self) -> list[str]:
        return list(self.planned.argv)

    @property
    def log(self) -> Path:
        return self.of.logs / f"{file_name(self.name)}.{self.attempt}.log"

    @property
    def cmd_options(self) -> dict[str, Any]:
        said = {
            "TREADLE_JOB": self.name,
            "TREADLE_RUN": self.of.label,
            "TREADLE_ATTEMPT": str(self.attempt),
            "TREADLE_SLOT": str(self.slot),
        }
        return {
            "output": str(self.log),
            "env": self.planned.env | said,
            "ignore_environ": False,
            "cwd": str(self.planned.cwd),
        }

    def on_start(self, scheduler: Scheduler) -> None:  # noqa: ARG002 -- the seed's signature
        self.of.tell(JobStarted(self.name, self.attempt, SYSTEM.monotonic()))

    def why(self, outcome: str, code: int | None) -> str:
        error = self.spawn_error or self.exception
        return reason(outcome, code, self.planned, error)


class _Run:
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
        for view in self.views:
            view.take(fact)

    def execute(self) -> RunResult:
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
        over = {*self.good, *self.failed, *self.skipped}
        return tuple(name for name in self.chosen if name not in over)

    def provide(
        self, uid: Any, data: Any, predecessors: frozenset[Any], notify_end: NotifyEndType
    ) -> Job:
        del data, predecessors  # the plan has both, the needs in their order
        planned = self.plan.jobs[uid]
        if any(need in self.origins for need in planned.needs):
            return EmptyJob(uid, planned, notify_end, ReturnValue.force_fail)
        if not planned.argv:
            return EmptyJob(uid, planned, notify_end, ReturnValue.success)
        return _WorkflowJob(uid, planned, notify_end, self)

    def collect(self, job: Job) -> bool:
        if isinstance(job, _WorkflowJob):
            self.ended(job)
        elif job.status is ReturnValue.success:
            self.good.append(job.data.name)
            self.tell(JobEnded(job.data.name, 0, ReturnValue.success, "exited", 0.0))
        else:
            self.skip(job.data.name)
        return False

    def skip(self, uid: str) -> None:
        bad = [n for n in self.plan.jobs[uid].needs if n in self.origins]
        need = next((n for n in bad if self.origins[n] == n), bad[0])
        self.origins[uid] = self.origins[need]
        self.skipped.append(uid)
        self.tell(JobSkipped(uid, need, self.origins[uid]))

    def ended(self, job: _WorkflowJob) -> None:
        outcome, code = _how(job)
        good = outcome == "exited" and code == 0
        (self.good if good else self.failed).append(job.name)
        self.tell(
            JobEnded(
                name=job.name,
                attempt=job.attempt,
                status=ReturnValue.success if good else ReturnValue.failure,
                outcome=outcome,
                duration=job.timing_info.duration,
                detail="" if good else job.why(outcome, code),
                log=job.log,
            )
        )
        if not good:
            self.origins[job.name] = job.name
            self.scheduler.draining |= len(self.failed) == self.keep_going


def _how(job: _WorkflowJob) -> tuple[str, int | None]:
    """Return how a job ended, and what its process exited with; negative is a signal.

    An exit code counts as what it is: 125 or 126 mean nothing special here, as
    they do between jobs of the seed.
    """
    code = getattr(job.proc_handle, "status", None)
    return str(job.outcome) if job.outcome else "lost", code
