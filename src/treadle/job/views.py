"""The seed's attributes of a scheduler, computed from the engine; for reading only."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from treadle.dag import DAG, DAGIterator
from treadle.engine import NodeState, VertexID

if TYPE_CHECKING:
    from treadle.job.base import Job
    from treadle.job.driver import Driver
    from treadle.job.ticket import Inbox


class Statistics(NamedTuple):
    """What a run came to so far.

    Attributes:
        attempts: how many were started.
        stray_notifications: calls of `notify_end` that ended nothing.
        aborted: jobs that were not run because the run was stopped.
        stuck: jobs that could not be stopped and were given up.
    """

    attempts: int
    stray_notifications: int
    aborted: int
    stuck: tuple[VertexID, ...]


class Views:
    """Attributes that show where a run is; all are fresh copies."""

    _driver: Driver | None
    _tokens: dict[str, int]
    dag: DAG | None

    @property
    def active_jobs(self) -> list[Job]:
        """The jobs that run, in the order in which they were started."""
        return (
            [live.job for live in self._driver.live.values() if live.running]
            if self._driver
            else []
        )

    @property
    def queued_jobs(self) -> int:
        """How many jobs wait for tokens."""
        return self._driver.engine.queues.waiting if self._driver else 0

    @property
    def all_jobs_queued(self) -> bool:
        """Whether the provider was asked for every job."""
        driver = self._driver
        if driver is None or not driver.begun or driver.offers:
            return False
        early = (NodeState.WAITING, NodeState.READY, NodeState.OFFERED)
        return not any(node.state in early for node in driver.engine.readiness.nodes.values())

    @property
    def message_queue(self) -> Inbox | None:
        """Where ends are posted; `message_queue.put` is the `notify_end` of a pushed job."""
        return self._driver.inbox if self._driver else None

    @property
    def n_tokens(self) -> int:
        """The tokens of all queues."""
        return sum(self._tokens.values())

    @property
    def tokens(self) -> dict[str, float]:
        """The free tokens of each queue."""
        if self._driver is None:
            return dict(self._tokens)
        queues = self._driver.engine.queues.by_name
        free = {name: queue.free for name, queue in queues.items()}
        for attempt in self._starting():
            for name, tokens in attempt.spec.claims:
                free[name] += tokens
        return free

    @property
    def slots(self) -> list[int]:
        """The free slots; the last is handed out next."""
        if self._driver is None:
            return list(range(self.n_tokens))
        starting = [attempt.slot for attempt in self._starting()]
        return self._driver.engine.queues.slots.free() + starting

    def _starting(self) -> list[Attempt]:
        """Attempts whose `on_start` runs: the engine has charged them, their owner not yet."""
        assert self._driver is not None
        live, active = self._driver.live, self._driver.engine.active
        return [active[uid] for uid, one in live.items() if not one.running and uid in active]

    @property
    def queues(self) -> dict[str, list[tuple[float, int, Job]]]:
        """For each queue the jobs that wait in it: (-priority, push number, job), best first.

        A job that needs tokens of several queues is in each of them.
        """
        if self._driver is None:
            return {name: [] for name in self._tokens}
        jobs = self._driver.jobs
        return {
            name: [
                (-node.spec.priority, node.number, jobs[node.uid])
                for node in queue.line
                if node.spec is not None
            ]
            for name, queue in self._driver.engine.queues.by_name.items()
        }

    @property
    def global_queue_index(self) -> int:
        """The number that the next pushed job gets; from 1."""
        return 1 + (self._driver.engine.pushed if self._driver else 0)

    @property
    def dag_iterator(self) -> DAGIterator | None:
        """A picture of how far the graph has come."""
        if self._driver is None or self.dag is None:
            return None
        iterator = DAGIterator(self.dag, enable_busy_state=True)
        for uid, node in self._driver.engine.readiness.nodes.items():
            if uid in iterator.states and node.state >= NodeState.OFFERED:
                settled = node.state is NodeState.SETTLED
                iterator.states[uid] = iterator.VISITED if settled else iterator.BUSY
                iterator.non_visited.discard(uid)
        return iterator

    def statistics(self) -> Statistics:
        """What the run came to so far."""
        if self._driver is None:
            return Statistics(0, 0, 0, ())
        engine = self._driver.engine
        stuck = tuple(uid for uid, _ in engine.stuck)
        return Statistics(self._driver.attempts, engine.strays, engine.aborted, stuck)


if TYPE_CHECKING:
    from treadle.engine import Attempt
