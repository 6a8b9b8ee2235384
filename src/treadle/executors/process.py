"""Process jobs, in this process: each has a thread that spawns it and waits for it.

The fallback executor, for systems where there can be no warden. It keeps the contract
of process jobs, with exceptions: a SIGKILL of the scheduler leaves its processes
behind, and what leaves its process group *and* clears its environment is not found
(`treadle.process.tree` says what is). What only left its group is killed when the
attempt is stopped, or at the latest when the run ends; the polite signal does not reach
it. A terminal and limits on the output are refused, and nothing tells what a program used.
"""

from __future__ import annotations

from typing import Any

from treadle.executors.base import suspend_process
from treadle.executors.threads import ThreadExecutor


class ProcessExecutor(ThreadExecutor):
    """Runs a `ProcessJob`.

    Its interrupt is a kill at once, as in the seed, unless the job has a `grace`.
    """

    grace = 0.0
    kill_grace = 10.0

    def suspend(self, job: Any, resume: bool) -> None:
        """Make the process group stand still, or go on."""
        suspend_process(job, resume)
