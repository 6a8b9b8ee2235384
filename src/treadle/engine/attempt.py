"""One execution of a job, and the only table by which it changes state."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from treadle.engine.model import NEVER, EngineError, JobSpec, Outcome

if TYPE_CHECKING:
    from treadle.engine.readiness import Node


class AttemptState(IntEnum):
    """Where an attempt is."""

    STARTING = 0
    RUNNING = 1
    STOPPING = 2
    KILLING = 3
    STUCK = 4
    ENDED = 5


class Trigger(IntEnum):
    """What moves an attempt on."""

    STARTED = 0
    STOP = 1
    KILL = 2
    GIVE_UP = 3
    ENDED = 4


_S, _T = AttemptState, Trigger

TRANSITIONS: dict[tuple[AttemptState, Trigger], AttemptState] = {
    (_S.STARTING, _T.STARTED): _S.RUNNING,
    (_S.STARTING, _T.STOP): _S.STOPPING,
    (_S.STARTING, _T.ENDED): _S.ENDED,
    (_S.RUNNING, _T.STOP): _S.STOPPING,
    (_S.RUNNING, _T.ENDED): _S.ENDED,
    # The stop overtook a start that was under way.
    (_S.STOPPING, _T.STARTED): _S.STOPPING,
    (_S.STOPPING, _T.KILL): _S.KILLING,
    (_S.STOPPING, _T.ENDED): _S.ENDED,
    (_S.KILLING, _T.STARTED): _S.KILLING,
    (_S.KILLING, _T.GIVE_UP): _S.STUCK,
    (_S.KILLING, _T.ENDED): _S.ENDED,
    # A stuck attempt keeps its slot and tokens until it does end, late.
    (_S.STUCK, _T.ENDED): _S.ENDED,
}
"""The literal table; the diagram in the documentation is drawn from it."""

_NEXT = [[TRANSITIONS.get((state, trigger)) for trigger in Trigger] for state in AttemptState]


_STARTING = AttemptState.STARTING


class Attempt:
    """One execution of one job. A requeue makes a new one; nothing carries over."""

    __slots__ = ("cause", "deadline", "node", "number", "slot", "spec", "state")

    def __init__(self, node: Node, number: int, spec: JobSpec, slot: int) -> None:
        self.node = node
        self.number = number
        self.spec = spec
        self.slot = slot
        self.state = _STARTING
        self.cause: Outcome | None = None
        self.deadline = NEVER

    def move(self, trigger: Trigger) -> AttemptState:
        """Change state by the table.

        Raises:
            EngineError: the table has no such transition.
        """
        after = _NEXT[self.state][trigger]
        if after is None:
            raise EngineError(
                f"attempt {self.number} of {self.node.uid!r} cannot take "
                f"{trigger.name} while {self.state.name}"
            )
        self.state = after
        return after
