"""The engine without the ceremony, for a driver that runs jobs where it decides.

`Engine` answers each event with commands: five calls and four tuples for a job. Where the
driver needs no answer in words, the same steps are three calls here. They are taken on the
same books, for the plain course of things only: an attempt that starts, is never stopped,
ends and is not run again. Whatever else happens goes through `Engine`'s own methods, at any
time in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from treadle.engine.attempt import Attempt, AttemptState
from treadle.engine.books import Graph
from treadle.engine.engine import Engine
from treadle.engine.model import NEVER, JobSpec, NodeState, VertexID
from treadle.engine.order import longest_remaining_path
from treadle.engine.readiness import Node

_OFFERED, _QUEUED, _ACTIVE = NodeState.OFFERED, NodeState.QUEUED, NodeState.ACTIVE
_RUNNING, _ENDED = AttemptState.RUNNING, AttemptState.ENDED
_NONE: list[Node] = []


AttemptT = TypeVar("AttemptT", bound=Attempt)


class Express(Engine, Generic[AttemptT]):
    """An engine with shorter ways; no lookahead, no facts.

    Args:
        graph: see `Books`.
        queues: see `Books`.
        make: the class of its attempts.
        max_active: see `Books`.
    """

    active: dict[VertexID, AttemptT]  # type: ignore[assignment]  # all are made here
    stuck: dict[tuple[VertexID, int], AttemptT]  # type: ignore[assignment]  # the same

    def __init__(
        self,
        graph: Graph,
        queues: Mapping[str, float],
        *,
        make: Callable[[Node, int, JobSpec, int], AttemptT],
        max_active: int | None = None,
    ) -> None:
        super().__init__(graph, queues, max_active=max_active)
        self._make = make
        self._flat = False

    def order_by(self, order: str | Mapping[str, float], *, flat: bool = False) -> None:
        """Take another order than that of the declaration; before anything is queued.

        Args:
            order: ``declaration``, ``critical-path``, or a rank for each job, greater first.
            flat: all jobs will have the same priority.
        """
        self._flat = flat
        if order == "critical-path":
            nodes = self.readiness.nodes
            self._ranks = path_lengths(nodes) or longest_remaining_path(_needs(nodes))
        elif not isinstance(order, str):
            self._ranks = order  # type: ignore[assignment]  # ids are what the ranks are for
        self._plain = self._ranks is None

    def first(self) -> Sequence[Node]:
        """Begin; return the jobs that need nothing, offered."""
        self._begun = True
        ready = self.readiness.sources()
        for node in ready:
            node.state = _OFFERED
        self.offers.open += len(ready)
        return ready

    def queue(self, node: Node, spec: JobSpec) -> None:
        """Queue a job that was offered: `Offered`."""
        self.offers.open -= 1
        self.pushed = node.number = self.pushed + 1
        node.spec = spec
        node.state = _QUEUED
        ranks = self._ranks
        key: Any
        if ranks is None:
            key = -spec.priority
        else:
            # A number is hashed and compared in a third of the time that a pair takes.
            key = -ranks[node.uid] if self._flat else (-spec.priority, -ranks[node.uid])
        self.queues.push(key, node, spec)

    def next(self, now: float) -> AttemptT | None:
        """Start the best job that fits, and count its timeout from now: `Launch`, `Started`."""
        queues = self.queues
        if not queues.waiting or len(self.active) >= self._max_active:
            return None
        node = queues.take()
        if node is None or node.spec is None:
            return None
        node.attempt = number = node.attempt + 1
        node.state = _ACTIVE
        spec = node.spec
        attempt = self.active[node.uid] = self._make(node, number, spec, queues.slots.take())
        attempt.state = _RUNNING
        if spec.timeout != NEVER:
            self.deadlines.add(attempt, now + spec.timeout)
        return attempt

    def done(self, attempt: AttemptT) -> Sequence[Node] | None:
        """Settle a job whose attempt has ended well: `Ended`, `Collected`.

        Returns:
            The jobs that are ready now, offered. None, and nothing has changed, if the
            attempt was stopped or given up: that is for `ended`.
        """
        node = attempt.node
        if attempt.state is not _RUNNING or self.halts:
            return None
        del self.active[node.uid]
        attempt.state = _ENDED
        if attempt.deadline != NEVER:
            self.deadlines.cancel(attempt)
        self.queues.release(attempt.spec, attempt.slot)
        if node.successors is None:
            self.readiness.settle(node)
            return _NONE
        ready = self.readiness.settle(node)
        for after in ready:
            after.state = _OFFERED
        self.offers.open += len(ready)
        return ready


def _needs(nodes: Mapping[VertexID, Node]) -> list[tuple[VertexID, list[VertexID]]]:
    needs: dict[VertexID, list[VertexID]] = {uid: [] for uid in nodes}
    for uid, node in nodes.items():
        for after in node.successors or ():
            needs[after.uid].append(uid)
    return list(needs.items())


def path_lengths(nodes: dict[VertexID, Node]) -> dict[VertexID, float] | None:
    """Return the length of the longest path from each job on, if jobs stand after their needs.

    The same as `longest_remaining_path`, in one pass from the last to the first. None if
    some job stands before one that it needs.
    """
    ranks: dict[VertexID, float] = {}
    for uid in reversed(nodes):
        longest = 0.0
        for after in nodes[uid].successors or ():
            rank = ranks.get(after.uid)
            if rank is None:
                return None
            if rank > longest:  # noqa: PLR1730 -- a call for each edge would double the time
                longest = rank
        ranks[uid] = longest + 1.0
    return ranks
