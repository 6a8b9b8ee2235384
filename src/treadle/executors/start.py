"""Jobs that override `start`: whatever it does, and its notification awaited."""

from __future__ import annotations

from treadle.engine.model import Outcome
from treadle.executors.base import Runnable


class StartExecutor:
    """Calls `start`; knows nothing of what it sets going.

    There is nothing to kill. So an attempt that was interrupted and has not
    notified its end for `grace` seconds is given up as stuck.
    """

    grace = 60.0
    kill_grace = 1.0

    def start(self, job: Runnable, slot: int) -> None:
        """Call the job's own `start`."""
        job.start(slot)

    def revoke(self, job: Runnable) -> bool:
        """Only a start that left no live handle behind can be taken back."""
        return not self.alive(job)

    def interrupt(self, job: Runnable) -> None:
        """Call the job's `interrupt`."""
        job.interrupt()

    def kill(self, job: Runnable) -> None:
        """Nothing can be done: only the job knows what runs."""

    def alive(self, job: Runnable) -> bool | None:
        """Ask the handle, if the job keeps one that can answer."""
        is_alive = getattr(job.handle, "is_alive", None)
        return bool(is_alive()) if is_alive is not None else None

    def outcome(self, job: Runnable) -> Outcome:  # noqa: ARG002 -- the protocol's
        """It said that it ended: that is all there is."""
        return Outcome.EXITED
