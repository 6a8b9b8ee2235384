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

from typing import Any, get_args

from treadle.engine.attempt import Attempt, AttemptState, Trigger
from treadle.engine.books import Books
from treadle.engine.commands import Command, Record, Start
from treadle.engine.events import Event
from treadle.engine.model import NEVER, EngineError, JobSpec, NodeState, Outcome, VertexID
from treadle.engine.readiness import Node

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

_METHODS: dict[type, str] = {event: event.__name__.lower() for event in get_args(Event)}


class Engine(Books):
    """Decides for one run.

    `handle` takes any event. Each kind of event also has a method of the same
    name, `handle` calls just that, and a driver in a hurry may call it directly:
    the facts that `handle` would have put in front of the commands are then in
    `facts`, to be taken and kept first. What it is made from: see `Books`.
    """

    def handle(self, event: Event, now: float) -> list[Command]:
        """Take one event; return what is to be done, in order.

        Raises:
            EngineError: the event cannot be (an answer that was not asked for).
        """
        commands: list[Command] = getattr(self, _METHODS[event.__class__])(*event, now)
        if self.facts:
            commands = [*map(Record, self.facts), *commands]
            self.facts.clear()
        return commands

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

    def _late(self, uid: VertexID, number: int) -> None:
        attempt = self.stuck.pop((uid, number), None)
        if attempt is None:
            self.strays += 1
            return
        attempt.move(_TAKE_ENDED)
        self.queues.release(attempt.spec, attempt.slot)

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
