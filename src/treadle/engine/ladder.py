"""How an attempt is stopped: it is asked, then killed, then given up.

Each rung has a time limit, which the job may set; an attempt that is over leaves
the ladder at any rung. All attempts climb on their own, so stopping many takes no
longer than stopping one.
"""

from __future__ import annotations

from collections.abc import Callable

from treadle.engine.attempt import Attempt, AttemptState, Trigger
from treadle.engine.commands import Command, Stop
from treadle.engine.deadlines import Deadlines
from treadle.engine.model import NEVER, Outcome, Stage, VertexID
from treadle.engine.readiness import Node

_DIES_WITHIN = 1.0  # seconds


class Ladder:
    """Stops attempts.

    Args:
        deadlines: where the limit of each rung is set.
        collect: ends an attempt that was given up.
        note: keeps a fact.

    Attributes:
        stuck: the attempts that were given up and have not ended since.
    """

    def __init__(
        self,
        deadlines: Deadlines,
        collect: Callable[[Attempt, Outcome, float], list[Command]],
        note: Callable[[str, Node, float, str], None],
    ) -> None:
        self.stuck: dict[tuple[VertexID, int], Attempt] = {}
        self._deadlines = deadlines
        self._collect = collect
        self._note = note

    def due(self, attempt: Attempt, now: float) -> list[Command]:
        """The attempt's deadline has come: its timeout, or the limit of its rung."""
        if attempt.state is AttemptState.STOPPING:
            return self.kill(attempt, now)
        if attempt.state is AttemptState.KILLING:
            return self.give_up(attempt, now)
        return self.interrupt(attempt, Outcome.TIMED_OUT, now)

    def press(self, attempt: Attempt, harder: bool, now: float) -> list[Command]:
        """The run is stopped: interrupt, or with `harder` go on to the next rung."""
        if attempt.state in (AttemptState.STARTING, AttemptState.RUNNING):
            return self.interrupt(attempt, Outcome.INTERRUPTED, now)
        if not harder:
            return []
        if attempt.state is AttemptState.KILLING and attempt.deadline != NEVER:
            return self._hurry(attempt, now)
        return self.due(attempt, now)

    def _hurry(self, attempt: Attempt, now: float) -> list[Command]:
        """It was killed: give it a second from then, which is what dying takes at most."""
        killed_at = attempt.deadline - attempt.spec.kill_grace
        limit = killed_at + min(_DIES_WITHIN, attempt.spec.kill_grace)
        if now >= limit:
            return self.give_up(attempt, now)
        self._deadlines.set(attempt, limit)
        attempt.spec = attempt.spec._replace(kill_grace=limit - killed_at)
        return []

    def overrun(self, attempt: Attempt, cause: Outcome, now: float) -> list[Command]:
        """It went over a limit: interrupt it, unless it is being stopped already."""
        if attempt.state in (AttemptState.STARTING, AttemptState.RUNNING):
            return self.interrupt(attempt, cause, now)
        return []

    def interrupt(self, attempt: Attempt, cause: Outcome, now: float) -> list[Command]:
        """Ask the attempt to end; `cause` will be its outcome."""
        attempt.move(Trigger.STOP)
        attempt.cause = cause
        self._note("stopped", attempt.node, now, cause.value)
        stop = Stop(attempt.node.uid, attempt.number, Stage.INTERRUPT)
        if attempt.spec.grace <= 0:
            return [stop, *self.kill(attempt, now)]
        self._deadlines.set(attempt, now + attempt.spec.grace)
        return [stop]

    def kill(self, attempt: Attempt, now: float) -> list[Command]:
        """End the attempt, whatever it wants."""
        attempt.move(Trigger.KILL)
        stop = Stop(attempt.node.uid, attempt.number, Stage.KILL)
        if attempt.spec.kill_grace <= 0:
            return [stop, *self.give_up(attempt, now)]
        self._deadlines.set(attempt, now + attempt.spec.kill_grace)
        return [stop]

    def give_up(self, attempt: Attempt, now: float) -> list[Command]:
        """Go on without its end; its slot and tokens stay taken."""
        attempt.move(Trigger.GIVE_UP)
        self._deadlines.set(attempt, NEVER)
        self.stuck[attempt.node.uid, attempt.number] = attempt
        return self._collect(attempt, Outcome.STUCK, now)
