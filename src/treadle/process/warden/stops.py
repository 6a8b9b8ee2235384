"""How a tree is signalled, and emptied when it does not end by itself."""

from __future__ import annotations

from . import kernel
from .cgroup import pen
from .killing import kill, kill_tree, signal_group
from .wire import ASK, KILL_LEADER, UNKILLABLE

TYPE_CHECKING = False  # as type checkers read it: loading `typing` takes longer than all of this
if TYPE_CHECKING:
    import signal
    from collections.abc import Iterator

    from .attempt import Attempt
    from .cgroup import Group
    from .trees import Trees
else:
    # Without the enumerations that `signal` puts around it.
    import _signal as signal

PASS = 0.01
"""Seconds between two looks at a tree that is being killed."""


class Stops:
    """Stops attempts, and goes on until nothing of them is left.

    Args:
        trees: whose each process is.
        group: the control group that all of it is in, if there is one.
    """

    def __init__(self, trees: Trees, group: Group | None) -> None:
        self._trees = trees
        self._dying: dict[int, Attempt] = {}
        self._pen: Group | None = None
        if group is not None and (inner := pen(group)).make():
            self._pen = inner

    def stop(self, attempt: Attempt, how: int, signum: int, now: float) -> None:
        """Ask a tree to end, or end it; a stopped one is continued so that it can."""
        if how == KILL_LEADER:
            if not attempt.reaped:
                kill(attempt.pid)
            return
        attempt.stopped = True
        if how == ASK:
            self.signal(attempt, signum, signal.SIGCONT)
            return
        attempt.killing = True
        attempt.kill_at = now
        if not attempt.reaped:
            self._dying[attempt.number] = attempt
        self._finish_off(attempt)

    def busy(self) -> bool:
        """Whether something is being emptied, and has to be looked at again soon."""
        return bool(self._trees.clearing or self._dying)

    def press(self, now: float) -> list[Attempt]:
        """Go on emptying; return the attempts that were given up."""
        hopeless = []
        for attempt in list(self._trees.clearing.values()):
            if now >= attempt.give_up_at:
                attempt.flags |= UNKILLABLE
                self._trees.forget(attempt)
                hopeless.append(attempt)
            elif now >= attempt.kill_at:
                self._finish_off(attempt)
        for attempt in [a for a in self._dying.values() if a.reaped]:
            del self._dying[attempt.number]
        for attempt in self._dying.values():
            self._finish_off(attempt)
        return hopeless

    def _finish_off(self, attempt: Attempt) -> None:
        if self._pen is not None:
            # Those that were not reaped: no other process has their number.
            for pid in [*attempt.strays, *([] if attempt.reaped else [attempt.pid])]:
                self._pen.take(pid)
        for pid in attempt.strays:
            under = kill_tree(pid)
            # When they lose their parents they come to us, and may have nothing else to
            # tell whose they are.
            self._trees.seen.update(dict.fromkeys(under, attempt))
            attempt.killed.update(under, [(pid, self._trees.strays[pid].began)])
        if not attempt.reaped:
            self.signal(attempt, signal.SIGKILL)
        if self._pen is not None:
            self._pen.kill()

    def signal(self, attempt: Attempt, *signals: int) -> None:
        """Signal every process of a tree once, wherever it has gone.

        The leader and its group come first: a shell that sees the program die for which it
        waits goes on to its next command.
        """
        self._trees.look()
        outside = list(self._outside(attempt))
        for pid, found in outside:
            self._trees.seen[pid, found.began] = attempt
        if not attempt.reaped:
            for signum in signals:
                signal_group(attempt.pid, signum)
        for pid, found in outside:
            kernel.send(pid, found.began, *signals)

    def _outside(self, attempt: Attempt) -> Iterator[tuple[int, kernel.Stat]]:
        """Those that a signal to the group of the leader does not reach."""
        roots = [*attempt.strays, *([] if attempt.reaped else [attempt.pid])]
        for root in roots:
            found = kernel.stat(root)
            family = [] if found is None else [(root, found)]
            for pid, its in [*family, *kernel.descendants(root)]:
                if attempt.reaped or its.group != attempt.pid:
                    yield pid, its

    def close(self) -> None:
        """Nothing is left to kill."""
        if self._pen is not None:
            self._pen.remove()
