"""Process jobs, in this process: each has a thread that spawns it and waits for it.

The fallback executor, for systems where nothing better is at hand. It keeps the
whole contract of process jobs with two exceptions, both because nobody but this
process looks after the children: a SIGKILL of the scheduler leaves them behind,
and what leaves its process group *and* clears its environment is not found
(`treadle.process.tree` says what is). What only left its group is killed when
the attempt is stopped, or at the latest when the run ends.
"""

from __future__ import annotations

from typing import Any, Protocol

from treadle.engine.model import Outcome
from treadle.executors.base import Runnable
from treadle.executors.threads import ThreadExecutor


class _ProcessRunnable(Runnable, Protocol):
    proc_handle: Any
    spawn_error: BaseException | None


class ProcessExecutor(ThreadExecutor):
    """Runs a `ProcessJob`.

    Its interrupt is a kill at once, as in the seed, unless the job has a `grace`.
    """

    grace = 0.0
    kill_grace = 10.0

    def kill(self, job: _ProcessRunnable) -> None:  # type: ignore[override]  # only process jobs come here
        """Kill the whole tree; the thread that waits for it makes sure."""
        if job.proc_handle is not None:
            job.proc_handle.kill()

    def outcome(self, job: _ProcessRunnable) -> Outcome:  # type: ignore[override]  # see kill
        """Read off the wait status."""
        if job.spawn_error is not None:
            return Outcome.SPAWN_FAILED
        status = job.proc_handle.status if job.proc_handle is not None else None
        if status is not None and status < 0:
            return Outcome.SIGNALLED
        return Outcome.EXITED if job.proc_handle is not None else Outcome.LOST
