"""One run of a workflow: its jobs, the scheduler and the views, wired together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from treadle.errors import WorkflowError
from treadle.report import View
from treadle.report.logs import make_run_folder
from treadle.runner.execution import Execution
from treadle.runner.result import RunResult
from treadle.workflow import Plan, Workflow
from treadle.workflow.load import plan_of
from treadle.workflow.queues import queue_sizes

__all__ = ["RunResult", "run"]


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
    plan = workflow if isinstance(workflow, Plan) else plan_of(workflow, Path.cwd())
    chosen = plan.select(targets)
    queues = queue_sizes(plan, chosen, tokens)
    try:
        label, logs = make_run_folder(plan.folder)
    except OSError as error:
        where, why = error.filename or plan.folder, error.strerror or str(error)
        raise WorkflowError(f"{plan.label}: cannot keep logs in {where}: {why.lower()}") from None
    return Execution(
        plan,
        chosen,
        queues,
        max_active=tokens or None,
        keep_going=keep_going,
        views=views,
        label=label,
        logs=logs,
    ).execute()
