"""Run the actions of a graph whose fingerprints changed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from treadle.job.base import EmptyJob, Job, NotifyEndType
from treadle.job.scheduler import DEFAULT_JOB_MAX_DURATION, Scheduler
from treadle.status import ReturnValue

if TYPE_CHECKING:
    from treadle.dag import DAG
    from treadle.engine import VertexID

logger = logging.getLogger("treadle.job.walk")

_GOOD = (ReturnValue.success, ReturnValue.skip, ReturnValue.unchanged)
_QUIET = (ReturnValue.force_fail, ReturnValue.skip)


class Walk:
    """Runs each action of a graph, unless its fingerprint is what it was.

    Making an instance runs the graph: a derived class sets its own attributes
    before it calls `super().__init__`. It has to define `create_job`, and
    `request_requeue` if jobs can be `ReturnValue.notready`.

    Args:
        actions: the graph; the data of a vertex is whatever the derived class uses.

    Attributes:
        prev_fingerprints: for each action, the fingerprint loaded.
        new_fingerprints: for each action, the fingerprint computed.
        job_status: for each action its status, in the order of their ends.
        failure_source: for each action that was not run because of others, which
            actions failed first.
        queues: for the scheduler; set in `set_scheduling_params`.
        tokens: for the scheduler; set in `set_scheduling_params`.
        job_timeout: for the scheduler; set in `set_scheduling_params`.
        scheduler: the scheduler that runs the graph.
    """

    def __init__(self, actions: DAG) -> None:
        self.actions = actions
        self.prev_fingerprints: dict[VertexID, Any] = {}
        self.new_fingerprints: dict[VertexID, Any] = {}
        self.job_status: dict[VertexID, ReturnValue] = {}
        self.queues: dict[str, int] = {}
        self.tokens = 1
        self.job_timeout: float | None = DEFAULT_JOB_MAX_DURATION
        self.set_scheduling_params()
        self.failure_source: dict[VertexID, set[Any]] = {}
        self.scheduler = Scheduler(
            job_provider=self.get_job,
            collect=self.collect,
            queues=self.queues,
            tokens=self.tokens,
            job_timeout=self.job_timeout,
        )
        self.scheduler.run(self.actions)

    # -- for derived classes -----------------------------------------------------

    def set_scheduling_params(self) -> None:
        """Set `queues`, `tokens` and `job_timeout`."""

    def compute_fingerprint(self, uid: VertexID, data: Any, is_prediction: bool = False) -> Any:
        """The fingerprint of an action; None if there is none.

        Args:
            uid: the action.
            data: what the graph holds for it.
            is_prediction: True before it was run, False after.
        """
        del uid, data, is_prediction

    def save_fingerprint(self, uid: VertexID, fingerprint: Any) -> None:
        """Keep the fingerprint for the next walk; None to forget it."""

    def load_previous_fingerprint(self, uid: VertexID) -> Any:
        """The fingerprint that the last walk kept; None if there is none."""

    def should_execute_action(
        self, uid: VertexID, previous_fingerprint: Any, new_fingerprint: Any
    ) -> bool:
        """Whether the action has to run: something changed, or nothing is known."""
        if previous_fingerprint is None or new_fingerprint is None:
            return True
        needed = self.actions.get_predecessors(uid)
        if any(self.new_fingerprints.get(before) is None for before in needed):
            return True
        return bool(previous_fingerprint != new_fingerprint)

    def create_job(
        self,
        uid: VertexID,
        data: Any,
        predecessors: frozenset[Any],
        notify_end: Callable[[Any], object],
    ) -> Job:
        """Make the job of an action."""
        raise NotImplementedError(f"{type(self).__name__} has to define create_job")

    def create_skipped_job(
        self,
        uid: VertexID,
        data: Any,
        predecessors: frozenset[Any],
        reason: str,
        notify_end: Callable[[Any], object],
        status: ReturnValue = ReturnValue.failure,
    ) -> Job:
        """Make the job of an action that is not run, for this reason."""
        del predecessors, reason
        return EmptyJob(uid, data, notify_end, status)

    def request_requeue(self, job: Job) -> bool:
        """Whether a job that was not ready is to run again."""
        del job
        return False

    # -- the scheduler's callbacks -------------------------------------------------

    def get_job(
        self,
        uid: VertexID,
        data: Any,
        predecessors: frozenset[Any],
        notify_end: NotifyEndType,
    ) -> Job:
        """Make the job of an action: a real one, or one that says why there is none."""
        self.prev_fingerprints[uid] = self.load_previous_fingerprint(uid)
        # Forgotten first: whatever cuts this run short, the action runs next time.
        self.save_fingerprint(uid, None)
        self.new_fingerprints[uid] = self.compute_fingerprint(uid, data, is_prediction=True)
        failed = [before for before in predecessors if self.job_status[before] not in _GOOD]
        if failed:
            return self._blocked(uid, data, predecessors, notify_end, failed)
        if self.should_execute_action(uid, self.prev_fingerprints[uid], self.new_fingerprints[uid]):
            return self.create_job(uid, data, predecessors, notify_end)
        return self.create_skipped_job(
            uid, data, predecessors, "skipped", notify_end, ReturnValue.skip
        )

    def _blocked(
        self,
        uid: VertexID,
        data: Any,
        predecessors: frozenset[Any],
        notify_end: NotifyEndType,
        failed: list[VertexID],
    ) -> Job:
        origins = self.failure_source.setdefault(uid, set())
        for before in failed:
            origins |= self.failure_source.get(before, {before})
        reason = f"needs {_names(failed)}, which failed"
        if origins != set(failed):
            reason += f" (because of {_names(origins)})"
        return self.create_skipped_job(
            uid, data, predecessors, reason, notify_end, ReturnValue.force_fail
        )

    def collect(self, job: Job) -> bool:
        """Note how a job ended; True if it is to run again."""
        status = ReturnValue(job.status)
        if status in _GOOD:
            fingerprint = self.compute_fingerprint(job.uid, job.data)
            self.new_fingerprints[job.uid] = fingerprint
            self.save_fingerprint(job.uid, fingerprint)
        self.job_status[job.uid] = status
        if job.should_skip:
            if status not in _QUIET:
                logger.info("[%-10s %-9s] %s", job.queue_name, status.name, job.data)
            return False
        seconds = job.timing_info.duration
        logger.info("[%-10s %-9s %4.0fs] %s", job.queue_name, status.name, seconds, job.data)
        return status is ReturnValue.notready and bool(self.request_requeue(job))


def _names(uids: object) -> str:
    assert isinstance(uids, list | set)
    return ", ".join(sorted(map(str, uids)))
