"""Attempts that take virtual time and behave, or misbehave, as planned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from treadle.engine import NEVER, Outcome, VertexID
from treadle.testing.clock import MockClock


class Behaviour(NamedTuple):
    """How one attempt goes.

    Attributes:
        seconds: how long it takes; `NEVER` for one that hangs.
        error: what its `run` raises.
        outcome: how it ends if nobody stops it.
        interruptible: seconds from an interrupt to its end; `NEVER` ignores interrupts.
        killable: False for one that survives a kill.
        notices: how often it says that it has ended; 0 is lost.
        start_error: raised by the start itself.
    """

    seconds: float = 1.0
    error: BaseException | None = None
    outcome: Outcome = Outcome.EXITED
    interruptible: float = 0.0
    killable: bool = True
    notices: int = 1
    start_error: BaseException | None = None


class _Running:
    __slots__ = ("attempt", "behaviour", "over")

    def __init__(self, behaviour: Behaviour, attempt: int) -> None:
        self.behaviour = behaviour
        self.attempt = attempt
        self.over = False


class FakeExecutor:
    """An executor for `Scheduler(executor=…)` on a `MockClock`.

    Args:
        clock: the clock that the scheduler has too.
        plan: says how each attempt of each job goes; by default it takes a second and succeeds.
        grace: seconds from the interrupt to the kill, for jobs that do not say.
        kill_grace: seconds from the kill to giving up.

    Attributes:
        running: the ids of the jobs that run.
        log: what was asked of the executor: (instant, what, uid).
    """

    def __init__(
        self,
        clock: MockClock,
        plan: Callable[[VertexID, int], Behaviour] = lambda _uid, _attempt: Behaviour(),
        grace: float = 5.0,
        kill_grace: float = 5.0,
    ) -> None:
        self.grace = grace
        self.kill_grace = kill_grace
        self.log: list[tuple[float, str, VertexID]] = []
        self._clock = clock
        self._plan = plan
        self._running: dict[VertexID, _Running] = {}

    @property
    def running(self) -> list[VertexID]:
        """The ids of the jobs that run."""
        return list(self._running)

    def _note(self, what: str, job: Any) -> None:
        self.log.append((self._clock.monotonic(), what, job.uid))

    def start(self, job: Any, slot: int) -> None:
        """Begin the attempt as planned."""
        behaviour = self._plan(job.uid, job.attempt)
        self._note("start", job)
        if behaviour.start_error is not None:
            raise behaviour.start_error
        job.slot = slot
        running = self._running[job.uid] = _Running(behaviour, job.attempt)
        if behaviour.seconds != NEVER:
            self._clock.call_later(behaviour.seconds, lambda: self._end(job, running))

    def _end(self, job: Any, running: _Running) -> None:
        if running.over:
            return
        running.over = True
        del self._running[job.uid]
        job.exception = running.behaviour.error
        for _ in range(running.behaviour.notices):
            job.notify_end(job.uid)

    def revoke(self, job: Any) -> bool:
        """True if the attempt was not begun."""
        return job.uid not in self._running

    def interrupt(self, job: Any) -> None:
        """Tell the attempt to end."""
        self._note("interrupt", job)
        job.interrupt()
        running = self._running.get(job.uid)
        if running is not None and running.behaviour.interruptible != NEVER:
            delay = running.behaviour.interruptible
            self._clock.call_later(delay, lambda: self._end(job, running))

    def kill(self, job: Any) -> None:
        """End the attempt, if it is killable."""
        self._note("kill", job)
        running = self._running.get(job.uid)
        if running is not None and running.behaviour.killable:
            self._end(job, running)

    def alive(self, job: Any) -> bool | None:
        """Whether the attempt runs."""
        return job.uid in self._running

    def outcome(self, job: Any) -> Outcome:
        """What the plan says."""
        return self._plan(job.uid, job.attempt).outcome
