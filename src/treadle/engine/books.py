"""The books of a run: what the engine knows, and what can be asked of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from treadle.engine.attempt import Attempt
from treadle.engine.commands import Collect, Command, Finish
from treadle.engine.deadlines import Deadlines
from treadle.engine.ladder import Ladder
from treadle.engine.model import NEVER, Fact, NodeState, Outcome, Summary, VertexID
from treadle.engine.offers import Offers
from treadle.engine.queues import Queues
from treadle.engine.readiness import Node, Readiness

Graph = Iterable[tuple[VertexID, Iterable[VertexID]]]

_ENDED = NodeState.ENDED
_make = tuple.__new__


class Books:
    """The state of one run; `Engine` decides by it.

    Args:
        graph: pairs of a job's id and the ids it needs, in declaration order; acyclic.
        queues: the tokens of each queue, by name.
        lookahead: at most so many jobs are offered and not started; None for all that are ready.
        max_active: at most so many attempts are active, whatever the queues would allow.
        max_attempts: a job that has run so often is not requeued again.
        ageing: seconds of waiting that weigh as much as one unit of priority.
        ranks: a second criterion after the priority, greater first (`longest_remaining_path`).
        record: also note the facts.

    Attributes:
        readiness: the graph, and who waits for whom.
        queues: the tokens, the slots, and who waits for them.
        deadlines: what is due when.
        offers: the jobs whose provider is to be asked.
        active: the attempts under way, by the job's id.
        stuck: those that were given up and have not ended since.
        collecting: how many have ended and are not collected yet.
        facts: what `handle` has not taken yet.
        strays: ends that ended nothing.
        pushed: how many jobs were queued so far.
        aborted: how many will not run because the run was halted.
        halts: how often it was halted.
    """

    def __init__(
        self,
        graph: Graph,
        queues: Mapping[str, float],
        *,
        lookahead: int | None = None,
        max_active: int | None = None,
        max_attempts: int | None = None,
        ageing: float | None = None,
        ranks: Mapping[VertexID, float] | None = None,
        record: bool = False,
    ) -> None:
        self.readiness = Readiness(graph)
        self.queues = Queues(queues)
        self.deadlines = Deadlines()
        self.active: dict[VertexID, Attempt] = {}
        self.ladder = Ladder(self.deadlines, self._collect, self._note)
        self.stuck = self.ladder.stuck
        self.facts: list[Fact] = []
        self.strays = 0
        self.pushed = 0
        self.halts = 0
        self.offers = Offers(lookahead)
        self.collecting = 0
        self.aborted = 0
        self._begun = False
        self._max_active = NEVER if max_active is None else max_active
        self._max_attempts = max_attempts
        self._ageing = ageing
        self._ranks = ranks
        self._plain = ageing is None and ranks is None
        self._record = record

    def next_deadline(self) -> float | None:
        """The instant of the next `Tick` that is needed, or None."""
        return self.deadlines.next()

    @property
    def finished(self) -> bool:
        """Nothing is left to do."""
        if not self._begun or self.active or self.collecting:
            return False
        return bool(self.halts) or not self.readiness.unsettled

    @property
    def stalled(self) -> bool:
        """Jobs wait for tokens, and nobody who could give some back is left."""
        nobody = not (self.active or self.offers.open or self.collecting)
        waiting = bool(self.queues.waiting) and not self.halts
        return nobody and waiting and self.next_deadline() is None

    def frees_nobody(self, uid: VertexID) -> bool:
        """Whether no job becomes ready when this one settles."""
        node = self.readiness.nodes.get(uid)
        return node is None or all(after.waits_for > 1 for after in node.successors or ())

    def resume(self, uid: VertexID, attempts: int) -> None:
        """Let the attempts of a job go on counting: so many there were before this run."""
        node = self.readiness.nodes[uid]
        node.attempt = max(node.attempt, attempts)

    def may_requeue(self, attempts: int) -> bool:
        """Whether a job that has run so often may run again."""
        limit = self._max_attempts
        return not self.halts and (limit is None or attempts < limit)

    # -- entries ---------------------------------------------------------------

    def _collect(self, attempt: Attempt, outcome: Outcome, now: float) -> list[Command]:
        node = attempt.node
        del self.active[node.uid]
        node.state = _ENDED
        self.collecting += 1
        if self._record:
            self._note("ended", node, now, outcome.value)
        return [_make(Collect, (node.uid, attempt.number, outcome))]

    def _finish(self, now: float) -> Finish:
        if self._record:
            self.facts.append(Fact("finished", None, 0, now))
        settled = len(self.readiness.nodes) - self.readiness.unsettled
        return Finish(Summary(settled, self.aborted, tuple(uid for uid, _ in self.stuck)))

    def _note(self, kind: str, node: Node, now: float, detail: str = "") -> None:
        if self._record:
            self.facts.append(Fact(kind, node.uid, node.attempt, now, detail))
