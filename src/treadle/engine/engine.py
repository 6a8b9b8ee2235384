"""The decisions of a run: what is ready, what starts, what is stopped, when it is over.

`Engine.handle(event, now)` is the one way in, the commands it returns the one
way out, and time is an argument: no input or output, no clock, no thread, no
log, no `Job` in here. So a run can be replayed from its events, simulated with
a virtual clock and compared as plain values.

The life of a job::

    WAITING -> READY -> OFFERED -> QUEUED -> ACTIVE -> ENDED -> SETTLED
                           ^                             |
                           +--------- (DELAYED) ---------+   requeue: a new attempt

and the life of each of its attempts is the table of `treadle.engine.attempt`.

What the driver owes the engine: an answer (`Offered` or `Skipped`) for each
`Offer`, one `Ended` for each `Start`, one `Collected` for each `Collect`, and a
`Tick` when `next_deadline()` has come. Whatever else arrives (the end of an
attempt that is over, a second one, one of an unknown job) is counted in
`strays` and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from treadle.engine.attempt import Attempt, AttemptState, Trigger
from treadle.engine.commands import Collect, Command, Finish, Record, Start
from treadle.engine.deadlines import Deadlines
from treadle.engine.events import (
    Begin,
    Collected,
    Continued,
    Ended,
    Event,
    Halt,
    Launch,
    Offered,
    Overrun,
    Resized,
    Skipped,
    Started,
    Tick,
)
from treadle.engine.ladder import Ladder
from treadle.engine.model import (
    NEVER,
    EngineError,
    Fact,
    JobSpec,
    NodeState,
    Outcome,
    Summary,
    VertexID,
)
from treadle.engine.offers import Offers
from treadle.engine.queues import Queues
from treadle.engine.readiness import Node, Readiness

Graph = Iterable[tuple[VertexID, Iterable[VertexID]]]

# Looked up once, because here a name costs as much as the work done with it:
# members of enums go through a descriptor, and a named tuple's own constructor
# is a Python function around this one.
_OFFERED, _QUEUED, _ACTIVE, _ENDED = (
    NodeState.OFFERED,
    NodeState.QUEUED,
    NodeState.ACTIVE,
    NodeState.ENDED,
)
_DELAYED, _ABORTED = NodeState.DELAYED, NodeState.ABORTED
_TAKE_STARTED, _TAKE_ENDED = Trigger.STARTED, Trigger.ENDED
_RUNNING = AttemptState.RUNNING
_make = tuple.__new__


class Engine:
    """Decides for one run.

    `handle` takes any event. Each kind of event also has a method of the same
    name, `handle` calls just that, and a driver in a hurry may call it directly:
    the facts that `handle` would have put in front of the commands are then in
    `facts`, to be taken and kept first.

    Args:
        graph: pairs of a job's id and the ids it needs, in declaration order; acyclic.
        queues: the tokens of each queue, by name.
        lookahead: at most so many jobs are offered and not started; None for all that are ready.
        max_active: at most so many attempts are active, whatever the queues would allow.
        max_attempts: a job that has run so often is not requeued again.
        ageing: seconds of waiting that weigh as much as one unit of priority.
        ranks: a second criterion after the priority, greater first (`longest_remaining_path`).
        record: also note the facts.
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
        self._handlers: dict[type, Callable[..., list[Command]]] = {
            Begin: self.begin,
            Offered: self.offered,
            Skipped: self.skipped,
            Launch: self.launch,
            Started: self.started,
            Overrun: self.overrun,
            Ended: self.ended,
            Collected: self.collected,
            Tick: self.tick,
            Continued: self.continued,
            Halt: self.halt,
            Resized: self.resized,
        }

    def handle(self, event: Event, now: float) -> list[Command]:
        """Take one event; return what is to be done, in order.

        Raises:
            EngineError: the event cannot be (an answer that was not asked for).
        """
        commands = self._handlers[event.__class__](*event, now)
        if self.facts:
            commands = [*map(Record, self.facts), *commands]
            self.facts.clear()
        return commands

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

    # -- the graph ---------------------------------------------------------------

    def begin(self, now: float) -> list[Command]:
        """See `Begin`."""
        if self._begun:
            raise EngineError("the run has begun already")
        self._begun = True
        return self._after_settling(self.readiness.sources(), now)

    def _after_settling(self, ready: list[Node], now: float) -> list[Command]:
        if self.halts:
            return [self._finish(now)] if self.finished else []
        offers = self.offers
        commands = offers.make(ready, self.queues.waiting) if ready or offers.waiting else []
        if not self.readiness.unsettled:
            commands.append(self._finish(now))
        return commands

    def skipped(self, uid: VertexID, now: float) -> list[Command]:
        """See `Skipped`."""
        node = self.readiness.nodes.get(uid)
        if node is None or node.state is not _OFFERED:
            raise EngineError(f"job {uid!r} was not offered")
        self.offers.open -= 1
        self._note("skipped", node, now)
        return self._after_settling(self.readiness.settle(node), now)

    # -- the queues --------------------------------------------------------------

    def offered(self, uid: VertexID, spec: JobSpec, now: float) -> list[Command]:
        """See `Offered`."""
        node = self.readiness.nodes.get(uid)
        if node is not None and node.state is _OFFERED:
            self.offers.open -= 1
        else:
            node = self.readiness.admit(uid)
        if self.halts:
            node.state = _ABORTED
            self.aborted += 1
            return []
        self.pushed += 1
        node.number = self.pushed
        node.spec = spec
        node.state = _QUEUED
        key = -spec.priority if self._plain else self._key(node, spec, now)
        self.queues.push(key, node, spec)
        if self._record:
            self._note("queued", node, now, spec.queue)
        return []

    def _key(self, node: Node, spec: JobSpec, now: float) -> Any:
        key = -spec.priority
        if self._ageing is not None:
            # priority + waited/ageing, compared at any instant, is priority -
            # queued_at/ageing plus the same for all: a key that never changes.
            key += now / self._ageing
        if self._ranks is not None:
            return (key, -self._ranks.get(node.uid, 0.0))
        return key

    def launch(self, _: float) -> list[Command]:
        """See `Launch`."""
        if not self.queues.waiting or len(self.active) >= self._max_active:
            return []
        node = self.queues.take()
        if node is None or node.spec is None:
            return []
        node.attempt += 1
        node.state = _ACTIVE
        slot = self.queues.slots.take()
        self.active[node.uid] = Attempt(node, node.attempt, node.spec, slot)
        start = _make(Start, (node.uid, node.attempt, slot))
        if not self.offers.waiting:
            return [start]
        return [start, *self.offers.more(self.queues.waiting)]

    def resized(self, queue: str, tokens: float, _: float) -> list[Command]:
        """See `Resized`."""
        self.queues.resize(queue, tokens)
        return []

    # -- attempts ----------------------------------------------------------------

    def started(self, uid: VertexID, number: int, now: float) -> list[Command]:
        """See `Started`."""
        attempt = self.active.get(uid)
        if attempt is None or attempt.number != number:
            # It ended before its start was reported.
            return []
        if attempt.move(_TAKE_STARTED) is _RUNNING:
            timeout = attempt.spec.timeout
            if timeout != NEVER:
                self.deadlines.add(attempt, now + timeout)
            if self._record:
                self._note("started", attempt.node, now)
        return []

    def ended(self, uid: VertexID, number: int, outcome: Outcome, now: float) -> list[Command]:
        """See `Ended`."""
        attempt = self.active.get(uid)
        if attempt is None or attempt.number != number:
            self._late(uid, number)
            return []
        attempt.move(_TAKE_ENDED)
        if attempt.deadline != NEVER:
            self.deadlines.cancel(attempt)
        self.queues.release(attempt.spec, attempt.slot)
        return self._collect(attempt, attempt.cause or outcome, now)

    def overrun(self, uid: VertexID, number: int, outcome: Outcome, now: float) -> list[Command]:
        """See `Overrun`."""
        attempt = self.active.get(uid)
        if attempt is None or attempt.number != number:
            # It ended in the meantime.
            return []
        return self.ladder.overrun(attempt, outcome, now)

    def frees_nobody(self, uid: VertexID) -> bool:
        """Whether no job becomes ready when this one settles."""
        node = self.readiness.nodes.get(uid)
        return node is None or all(after.waits_for > 1 for after in node.successors or ())

    def _late(self, uid: VertexID, number: int) -> None:
        attempt = self.stuck.pop((uid, number), None)
        if attempt is None:
            self.strays += 1
            return
        attempt.move(_TAKE_ENDED)
        self.queues.release(attempt.spec, attempt.slot)

    def _collect(self, attempt: Attempt, outcome: Outcome, now: float) -> list[Command]:
        node = attempt.node
        del self.active[node.uid]
        node.state = _ENDED
        self.collecting += 1
        if self._record:
            self._note("ended", node, now, outcome.value)
        return [_make(Collect, (node.uid, attempt.number, outcome))]

    def collected(self, uid: VertexID, requeue: bool, delay: float, now: float) -> list[Command]:
        """See `Collected`."""
        node = self.readiness.nodes.get(uid)
        if node is None or node.state is not _ENDED:
            raise EngineError(f"job {uid!r} was not to be collected")
        self.collecting -= 1
        if requeue and self.may_requeue(node.attempt):
            self._note("requeued", node, now)
            if delay > 0:
                node.state = _DELAYED
                self.deadlines.set(node, now + delay)
                return []
            return self.offers.make((node,), self.queues.waiting)
        return self._after_settling(self.readiness.settle(node), now)

    def may_requeue(self, attempts: int) -> bool:
        """Whether a job that has run so often may run again."""
        limit = self._max_attempts
        return not self.halts and (limit is None or attempts < limit)

    # -- stopping ----------------------------------------------------------------

    def tick(self, now: float) -> list[Command]:
        """See `Tick`."""
        commands: list[Command] = []
        for item in self.deadlines.due(now):
            if isinstance(item, Node):
                commands += self.offers.make((item,), self.queues.waiting)
            else:
                commands += self.ladder.due(item, now)
        return commands

    def continued(self, seconds: float, _: float) -> list[Command]:
        """See `Continued`."""
        self.deadlines.shift(seconds)
        return []

    def halt(self, reason: str, now: float) -> list[Command]:
        """See `Halt`."""
        self.halts += 1
        if self.halts == 1:
            self._drop_waiting(now, reason)
        commands: list[Command] = []
        for attempt in list(self.active.values()):
            commands += self.ladder.press(attempt, self.halts > 1, now)
        if not self.active and not self.collecting:
            commands.append(self._finish(now))
        return commands

    def _drop_waiting(self, now: float, reason: str) -> None:
        for node in self.queues.clear():
            node.state = _ABORTED
            self._note("aborted", node, now, reason)
        self.offers.clear()
        self.aborted = self.readiness.unsettled - len(self.active) - self.collecting

    def _finish(self, now: float) -> Finish:
        if self._record:
            self.facts.append(Fact("finished", None, 0, now))
        settled = len(self.readiness.nodes) - self.readiness.unsettled
        return Finish(Summary(settled, self.aborted, tuple(uid for uid, _ in self.stuck)))

    def _note(self, kind: str, node: Node, now: float, detail: str = "") -> None:
        if self._record:
            self.facts.append(Fact(kind, node.uid, node.attempt, now, detail))
