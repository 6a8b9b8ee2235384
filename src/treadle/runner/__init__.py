"""One run of a workflow: its jobs, the scheduler and the views, wired together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from treadle.errors import WorkflowError
from treadle.report.logs import make_run_folder
from treadle.runner.result import JobResult, RunResult
from treadle.runner.settings import Settings, Views
from treadle.workflow import Declaration, Plan
from treadle.workflow.load import plan_of

if TYPE_CHECKING:
    from treadle.runner.execution import Execution

__all__ = ["JobResult", "RunResult", "run"]


def run(
    workflow: Declaration | Plan,
    *,
    targets: Sequence[str] = (),
    tokens: int | None = None,
    keep_going: int | None = None,
    views: Views = (),
    deadline: float | None = None,
    load: float | None = None,
    shuffle: int | None = None,
    expected: Mapping[str, float] | None = None,
) -> RunResult:
    """Run the jobs of a workflow.

    Args:
        workflow: the jobs; relative paths of a `Workflow` start from the working directory.
        targets: names or patterns of the jobs to run, with all they need; all by default.
        tokens: jobs at a time, over all queues, and the size of the default queue (see
            `queue_sizes`); 0 is no limit. None is what the workflow says, which leaves the
            limit to the queues if it says nothing.
        keep_going: start no more jobs after so many failures; 0 is no limit. None is what
            the workflow says, or else no limit.
        views: take the facts as they come; or a function that makes them, which is given
            what hides the secrets of the run.
        deadline: seconds after which the run is stopped; None is what the workflow says, or
            else never.
        load: nothing is started while the load average of the last minute is above this,
            unless nothing runs.
        shuffle: start ready jobs in a random order made of this seed, not the longest
            path first.
        expected: seconds that jobs will take, to start the longest path first; None is
            what they took the last time.

    Returns:
        What came of each job. An interrupt by a signal is not raised, but told in the result.

    Raises:
        WorkflowError: the workflow has mistakes, a target is unknown, a secret is too short
            to be hidden, or the folder for the logs cannot be made.
        SchedulerError: `deadline` or `load` is out of range.
    """
    plan = workflow if isinstance(workflow, Plan) else plan_of(workflow, Path.cwd())
    said = plan.settings
    settings = Settings(
        tokens=said.jobs if tokens is None else tokens,
        keep_going=(said.keep_going or 0) if keep_going is None else keep_going,
        views=views,
        deadline=said.deadline if deadline is None else deadline,
        load=load,
        shuffle=shuffle,
        expected=expected,
    ).check()
    execution = _execution(plan, targets, settings)
    if not execution.keeps:
        return execution.execute("", Path())
    try:
        label, logs = make_run_folder(plan.folder)
    except OSError as error:
        where, why = error.filename or plan.folder, error.strerror or str(error)
        raise WorkflowError(f"{plan.label}: cannot keep logs in {where}: {why.lower()}") from None
    return execution.execute(label, logs)


def _execution(plan: Plan, targets: Sequence[str], settings: Settings) -> Execution:
    """Choose how the jobs are run: functions by a crew, all else by a scheduler."""
    chosen = plan.select(targets)
    if any(job.call is not None for job in plan.jobs.values()):
        from treadle.runner.called import Called, is_for_crew  # noqa: PLC0415 -- for Python only

        if is_for_crew(plan, chosen, settings):
            return Called(plan, chosen, targets, settings)
        from treadle.runner.mixed import Mixed  # noqa: PLC0415 -- for Python only

        return Mixed(plan, chosen, targets, settings)
    from treadle.runner.scheduled import Scheduled  # noqa: PLC0415 -- it loads all of the scheduler

    return Scheduled(plan, chosen, targets, settings)
