"""What must hold between any two events; the tests ask after each one."""

from __future__ import annotations

from collections import Counter

from treadle.engine.attempt import Attempt, AttemptState
from treadle.engine.engine import Engine
from treadle.engine.model import NodeState


def invariants(engine: Engine) -> None:
    """Check the engine against itself; time is linear in the number of jobs.

    Raises:
        AssertionError: which of the engine's promises is broken.
    """
    held = [*engine.active.values(), *engine.stuck.values()]
    _tokens(engine, held)
    _slots(engine, held)
    _lines(engine)
    _attempts(engine)
    _nodes(engine)


def _tokens(engine: Engine, held: list[Attempt]) -> None:
    for name, queue in engine.queues.by_name.items():
        mine = [tokens for one in held for other, tokens in one.spec.claims if other == name]
        assert queue.active == len(mine), f"queue {name!r} counts {queue.active} of {len(mine)}"
        assert abs(queue.free + sum(mine) - queue.capacity) < 1e-9, (
            f"queue {name!r}: {queue.free} free + {sum(mine)} taken is not {queue.capacity}"
        )


def _lines(engine: Engine) -> None:
    queues = engine.queues.by_name
    standing = Counter(node for queue in queues.values() for node in queue.line)
    assert len(standing) == engine.queues.waiting
    for node, lines in standing.items():
        assert node.spec is not None
        claims = [(queues[name], tokens) for name, tokens in node.spec.claims]
        assert lines == len(claims), f"{node.uid!r} stands in {lines} of {len(claims)} lines"
        could = all(queue.line.head() is node and tokens <= queue.free for queue, tokens in claims)
        assert not could or any(queue.listed for queue, _ in claims), (
            f"{node.uid!r} could start, and nobody will look at it"
        )


def _slots(engine: Engine, held: list[Attempt]) -> None:
    taken = [attempt.slot for attempt in held]
    free = engine.queues.slots.free()
    assert len(set(taken)) == len(taken), f"one slot twice among {taken}"
    assert len(set(free)) == len(free), f"one slot free twice among {free}"
    assert not set(taken) & set(free), f"slots both free and taken: {set(taken) & set(free)}"


def _attempts(engine: Engine) -> None:
    for uid, attempt in engine.active.items():
        assert attempt.node.uid == uid
        assert attempt.state not in (AttemptState.ENDED, AttemptState.STUCK), (
            f"{uid!r} is active and {attempt.state.name}"
        )
        assert attempt.node.state is NodeState.ACTIVE
        assert attempt.number == attempt.node.attempt
    for attempt in engine.stuck.values():
        assert attempt.state is AttemptState.STUCK


def _nodes(engine: Engine) -> None:
    states = Counter(node.state for node in engine.readiness.nodes.values())
    assert states[NodeState.ACTIVE] == len(engine.active)
    assert states[NodeState.ENDED] == engine.collecting
    if not engine.halts:
        assert states[NodeState.QUEUED] == engine.queues.waiting
        assert states[NodeState.OFFERED] == engine.offers.open
        open_nodes = sum(states.values()) - states[NodeState.SETTLED]
        assert open_nodes == engine.readiness.unsettled
    for node in engine.readiness.nodes.values():
        assert node.waits_for >= 0
        if node.state in (NodeState.WAITING, NodeState.ABORTED):
            continue
        assert not node.waits_for, f"{node.uid!r} is {node.state.name} and waits"
