"""Killing processes that may have children, and all that there are."""

from __future__ import annotations

import os
import time

from . import kernel

TYPE_CHECKING = False  # as type checkers read it: loading `typing` takes longer than all of this
if TYPE_CHECKING:
    import signal
    from collections.abc import Container
else:
    # Without the enumerations that `signal` puts around it.
    import _signal as signal


def kill_tree(pid: int) -> list[tuple[int, int]]:
    """Kill a child that was not reaped, and all that it has under it now.

    From the top down: a shell that sees the program die for which it waits goes on to its
    next command.

    Returns:
        Those under it: their pids, and when they began.
    """
    found = [(other, its.began) for other, its in kernel.descendants(pid)]
    kill(pid)
    for other, began in found:
        kernel.send(other, began, signal.SIGKILL)
    return found


def kill(pid: int) -> None:
    """Kill a child that was not reaped, whose number therefore belongs to nobody else."""
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        # It has become somebody whom we may not kill.
        return


def signal_group(group: int, signum: int) -> None:
    """Signal the group of a leader that was not reaped, if anybody is left in it."""
    try:
        os.killpg(group, signum)
    except OSError:
        return


def kill_all(spare: Container[int] = ()) -> None:
    """Kill every child until there is none; orphans of the killed become children.

    Returns when nothing is left but `spare`. Takes as long as it takes: what cannot be
    killed now (uninterruptible sleep) can be later.
    """
    pause = 0.0
    while True:
        alive = [pid for pid in kernel.children(os.getpid()) if pid not in spare]
        for pid in alive:
            if pause:
                kill(pid)
            else:
                kill_tree(pid)
        try:
            while os.wait4(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        if not alive:
            return
        time.sleep(pause)
        pause = min(0.05, pause + 0.0005)
