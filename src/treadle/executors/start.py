"""Jobs that override `start`: whatever it does, and its notification awaited."""

from __future__ import annotations

from treadle.engine.model import NEVER, Outcome
from treadle.executors.base import Runnable, kill_process, process_outcome


class StartExecutor:
    """Calls `start`; knows nothing of what it sets going.

    There may be nothing to kill, so an interrupted job is waited for, unless it says
    how long with its own `grace`. One that nobody can see (it has no handle that
    tells) is taken for lost a minute after its interrupt.
    """

    grace = NEVER
    kill_grace = 1.0

    def start(self, job: Runnable, slot: int) -> None:
        """Call the job's own `start`."""
        job.start(slot)

    def revoke(self, job: Runnable) -> bool:
        """Take back a thread that has not begun; else only what left no live handle behind."""
        revoke = getattr(job.handle, "revoke", None)
        return bool(revoke()) if revoke is not None else not self.alive(job)

    def interrupt(self, job: Runnable) -> None:
        """Call the job's `interrupt`."""
        job.interrupt()

    def kill(self, job: Runnable) -> None:
        """Kill the job's process, if it has one: only the job knows what else runs."""
        kill_process(job)

    def alive(self, job: Runnable) -> bool | None:
        """Ask the handle, if the job keeps one that can answer."""
        is_alive = getattr(job.handle, "is_alive", None)
        return bool(is_alive()) if is_alive is not None else None

    def outcome(self, job: Runnable) -> Outcome:
        """How its process ended, if it has one; else it said that it ended."""
        return process_outcome(job)
