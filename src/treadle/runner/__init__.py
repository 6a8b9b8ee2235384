"""One run of a workflow: its jobs, the scheduler and the views, wired together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from treadle.errors import WorkflowError
from treadle.report.logs import make_run_folder
from treadle.runner.keeping import Place, chosen_run, chosen_store
from treadle.runner.kept import Kept
from treadle.runner.result import JobResult, RunResult
from treadle.runner.settings import Settings, Views
from treadle.workflow import Plan

if TYPE_CHECKING:
    from treadle.runner.execution import Execution
    from treadle.store.records import RunRecord
    from treadle.workflow import Declaration

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
    store: Place = None,
    resume: str | bool | None = None,
    failed_again: bool = False,
    always: bool = False,
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
            what they took before, if there is a store.
        store: where the facts of the run are kept: a `treadle.Store`, the path of one, or
            True for `.treadle/state.db` in the folder that relative paths start from. With
            one, a job that declares `inputs` or `outputs` runs only when something has
            changed. Without one nothing is kept but the logs, and every job runs.
        resume: the name of a run in the store that is to be continued: its logs, its
            attempts and its recorded ends go on, its targets too if none are said. True is
            the last run if that was cut short, and else a new one.
        failed_again: of that run, jobs that failed run again.
        always: every job runs, whatever is known of it.

    Returns:
        What came of each job. An interrupt by a signal is not raised, but told in the
        result; and so is a store that fails when jobs have been started: `cause` is ``store``.

    Raises:
        WorkflowError: the workflow has mistakes, a target or a run is unknown, a secret is
            too short to be hidden, or the folder for the logs cannot be made.
        SchedulerError: `deadline` or `load` is out of range.
        StoreBusyError: another run writes the store; nothing was started.
        StoreError: the store cannot be used; nothing was started.
    """
    plan = workflow if isinstance(workflow, Plan) else _plan_of(workflow)
    said = plan.settings
    settings = Settings(
        tokens=said.jobs if tokens is None else tokens,
        keep_going=(said.keep_going or 0) if keep_going is None else keep_going,
        views=views,
        deadline=said.deadline if deadline is None else deadline,
        load=load,
        shuffle=shuffle,
        expected=expected,
        always=always,
    ).check()
    place = chosen_store(store, plan)
    if place is None:
        if resume not in (None, False):
            raise WorkflowError(
                f"{plan.label}: resume={resume!r} needs the store that the run is in: store=True, "
                "the path of a store, or a treadle.Store"
            )
        return _run(_execution(plan, targets, settings, None))
    with place.write() as writer:
        resumed = chosen_run(resume, writer)
        if resumed is not None and not targets:
            targets = resumed.sessions[0].about.get("targets", ())
        kept = Kept(writer, plan, resumed, failed_again=failed_again)
        kept.await_survivors()
        return _run(_execution(plan, targets, settings, kept), resumed)


def _run(execution: Execution, resumed: RunRecord | None = None) -> RunResult:
    plan = execution.plan
    if not execution.keeps:
        return execution.execute("", Path())
    try:
        label, logs = make_run_folder(plan.folder, resumed.name if resumed is not None else None)
    except OSError as error:
        where, why = error.filename or plan.folder, error.strerror or str(error)
        raise WorkflowError(f"{plan.label}: cannot keep logs in {where}: {why.lower()}") from None
    return execution.execute(label, logs)


def _execution(
    plan: Plan, targets: Sequence[str], settings: Settings, kept: Kept | None
) -> Execution:
    """Choose how the jobs are run: functions by a crew, all else by a scheduler."""
    chosen = plan.select(targets)
    if any(job.call is not None for job in plan.jobs.values()):
        from treadle.runner.called import Called, is_for_crew  # noqa: PLC0415 -- for Python only

        if kept is None and is_for_crew(plan, chosen, settings):
            return Called(plan, chosen, targets, settings)
        from treadle.runner.mixed import Mixed  # noqa: PLC0415 -- for Python only

        return Mixed(plan, chosen, targets, settings, kept)
    if kept is not None:
        kept.look_at_seals(chosen, always=settings.always)
        from treadle.runner.atrest import AtRest, is_at_rest  # noqa: PLC0415 -- needs a store

        if is_at_rest(plan, chosen, kept):
            return AtRest(plan, chosen, targets, settings, kept)
    from treadle.runner.scheduled import Scheduled  # noqa: PLC0415 -- it loads all of the scheduler

    return Scheduled(plan, chosen, targets, settings, kept)


def _plan_of(workflow: Declaration) -> Plan:
    # A plan that was kept needs nothing of what makes plans: it is not loaded for it.
    from treadle.workflow.fresh import plan_of  # noqa: PLC0415 -- see above

    return plan_of(workflow, Path.cwd())
