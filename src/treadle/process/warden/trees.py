"""Whose each process is, and how a tree is signalled and emptied.

Two kinds of children: *leaders*, one for each attempt, and *strays*, the orphans that
came back. The count of children (one read of /proc) against the count of those known
tells after each end whether there are strays nobody knows yet: with jobs that leave
nothing behind, that is all that emptiness costs.
"""

from __future__ import annotations

import os
import resource  # noqa: F401 -- `wait4` loads it, and must not find that it cannot be opened
import time

from . import kernel
from .cgroup import pen
from .wire import ASK, KILL_LEADER, UNKILLABLE

TYPE_CHECKING = False  # as type checkers read it: loading `typing` takes longer than all of this
if TYPE_CHECKING:
    import signal
    from collections.abc import Container, Iterator

    from .attempt import Attempt
    from .cgroup import Group
else:
    # Without the enumerations that `signal` puts around it.
    import _signal as signal

MARK = b"TREADLE_TREE"
PASS = 0.01
"""Seconds between two looks at a tree that is being killed."""

_LINGER = 0.1  # seconds for what a leader left to end by itself: a `tee` that still writes
_GIVES_UP = 10.0  # seconds from the first kill of what was left
_READ = 4096


class Stray:
    """A child of the warden that is no leader: an orphan of an attempt.

    Attributes:
        owner: the attempt that it belongs to, if that is known.
        suspects: else the numbers of those that it may belong to.
        left: to be left alone.
    """

    __slots__ = ("began", "left", "owner", "suspects")

    def __init__(self, began: int, owner: Attempt | None) -> None:
        self.began = began
        self.owner = owner
        self.suspects: set[int] = set()
        self.left = False


class Trees:
    """All processes of all attempts.

    Args:
        session: what the marks of this warden's attempts begin with.
        group: the control group that all of it is in, if there is one.

    Attributes:
        leaders: attempts by the pid of a leader that was not reaped.
        attempts: attempts by number, until their tree is empty.
        strays: orphans by pid.
    """

    def __init__(self, session: bytes, group: Group | None = None) -> None:
        self.leaders: dict[int, Attempt] = {}
        self.attempts: dict[int, Attempt] = {}
        self.strays: dict[int, Stray] = {}
        self.halted: list[int] = []
        self.wait_options = os.WNOHANG
        self._session = session
        self._pen: Group | None = None
        if group is not None and (inner := pen(group)).make():
            self._pen = inner
        self._homes: dict[int, Attempt] = {}
        self._clearing: dict[int, Attempt] = {}
        self._dying: dict[int, Attempt] = {}
        self._seen: dict[tuple[int, int], Attempt] = {}
        self._kept: set[int] = set()
        pid = os.getpid()
        path = f"/proc/{pid}/task/{pid}/children"
        self._children = os.open(path, os.O_RDONLY) if os.path.exists(path) else -1

    def add(self, attempt: Attempt) -> None:
        """An attempt was spawned."""
        self.leaders[attempt.pid] = self.attempts[attempt.number] = attempt
        self._homes[attempt.pid] = attempt

    # -- the end of an attempt ---------------------------------------------------------

    def reap(self, now: float) -> list[Attempt]:
        """Take all ends that there are; return the attempts whose tree is empty."""
        over: list[Attempt] = []
        while True:
            try:
                pid, status, usage = os.wait4(-1, self.wait_options)
            except ChildProcessError:
                break
            if not pid:
                break
            if os.WIFSTOPPED(status):
                self.halted.append(pid)
                continue
            attempt = self.leaders.pop(pid, None)
            if attempt is not None:
                attempt.over(status, usage, now)
                over.append(attempt)
                if attempt.killing:
                    del self._dying[attempt.number]
            elif (stray := self.strays.pop(pid, None)) is not None and stray.owner is not None:
                stray.owner.strays.discard(pid)
        self._look(over)
        if self.strays:
            self._inherit(over)
        return self._settle(over, now)

    def _look(self, over: list[Attempt]) -> None:
        pids = self._my_children()
        if len(pids) == len(self.leaders) + len(self.strays):
            return
        for pid in map(int, pids):
            if pid not in self.leaders and pid not in self.strays:
                found = kernel.stat(pid)
                # One that is dead already is reaped in the next turn.
                if found is not None and not found.dead:
                    self._adopt(pid, found, over)

    def _my_children(self) -> list[bytes] | list[int]:
        if self._children < 0:
            return kernel.children(os.getpid())
        found = os.pread(self._children, _READ, 0)
        at = len(found)
        # The kernel gives what fits, and then the rest. Nothing is missed: children leave
        # this list only when this process reaps them.
        while at >= _READ // 2 and (more := os.pread(self._children, 1 << 20, at)):
            found += more
            at += len(more)
        return found.split()

    def _adopt(self, pid: int, found: kernel.Stat, over: list[Attempt]) -> None:
        number = self._marked(pid)
        if number is not None:
            owner = self.attempts.get(number)
        else:
            homes = self._homes
            owner = homes.get(found.session) or homes.get(found.group)
            owner = owner or self._seen.get((pid, found.began))
        stray = self.strays[pid] = Stray(found.began, owner)
        if owner is not None:
            owner.strays.add(pid)
        elif number is not None:
            # Of an attempt that is over: left by permission, or a latecomer.
            stray.left = number in self._kept
            if not stray.left:
                self._kill(pid, None)
        else:
            running = (*self.attempts.values(), *over)
            stray.suspects = {a.number for a in running if a.ticks <= found.began + 1}

    def _marked(self, pid: int) -> int | None:
        for mark in (kernel.variable(pid, MARK) or b"").split(b","):
            session, _, number = mark.partition(b":")
            if session == self._session and number.isdigit():
                return int(number)
        return None

    def _inherit(self, over: list[Attempt]) -> None:
        """What may belong to several belongs to the last of them."""
        for pid, stray in self.strays.items():
            for attempt in over if stray.suspects else ():
                stray.suspects.discard(attempt.number)
                if not stray.suspects:
                    stray.owner = attempt
                    attempt.strays.add(pid)
                    break

    def _settle(self, over: list[Attempt], now: float) -> list[Attempt]:
        empty = []
        for attempt in over:
            if not attempt.strays or (attempt.keep and not attempt.stopped):
                self._forget(attempt)
                empty.append(attempt)
            else:
                attempt.kill_at = now if attempt.killing else now + _LINGER
                attempt.give_up_at = attempt.kill_at + _GIVES_UP
                self._clearing[attempt.number] = attempt
        if self._clearing:
            for attempt in [a for a in self._clearing.values() if not a.strays]:
                self._forget(attempt)
                empty.append(attempt)
        return empty

    def _forget(self, attempt: Attempt) -> None:
        number = attempt.number
        del self.attempts[number]
        self._clearing.pop(number, None)
        if self._homes.get(attempt.pid) is attempt:
            del self._homes[attempt.pid]
        if attempt.keep and not attempt.stopped:
            self._kept.add(number)
        for pid in attempt.strays:
            self.strays[pid].left = True
        if self._seen:
            self._seen = {key: a for key, a in self._seen.items() if a is not attempt}

    # -- stopping ----------------------------------------------------------------------

    def busy(self) -> bool:
        """Whether something is being emptied, and has to be looked at again soon."""
        return bool(self._clearing or self._dying)

    def press(self, now: float) -> list[Attempt]:
        """Go on emptying; return the attempts that were given up."""
        hopeless = []
        for attempt in list(self._clearing.values()):
            if now >= attempt.give_up_at:
                attempt.flags |= UNKILLABLE
                self._forget(attempt)
                hopeless.append(attempt)
            elif now >= attempt.kill_at:
                self._finish_off(attempt)
        for attempt in self._dying.values():
            self._finish_off(attempt)
        return hopeless

    def _finish_off(self, attempt: Attempt) -> None:
        if self._pen is not None:
            # Those that were not reaped: no other process has their number.
            for pid in [*attempt.strays, *([] if attempt.reaped else [attempt.pid])]:
                self._pen.take(pid)
        for pid in attempt.strays:
            self._kill(pid, attempt)
        if not attempt.reaped:
            self.signal(attempt, signal.SIGKILL)
        if self._pen is not None:
            self._pen.kill()

    def _kill(self, pid: int, attempt: Attempt | None) -> None:
        for other, found in kernel.descendants(pid):
            if attempt is not None:
                self._seen[other, found.began] = attempt
                attempt.killed.add((other, found.began))
            kernel.send(other, found.began, signal.SIGKILL)
        if attempt is not None:
            attempt.killed.add((pid, self.strays[pid].began))
        # A child that was not reaped: its number belongs to nobody else.
        _kill(pid)

    def stop(self, attempt: Attempt, how: int, signum: int, now: float) -> None:
        """Ask a tree to end, or end it; a stopped one is continued so that it can."""
        if how == KILL_LEADER:
            if not attempt.reaped:
                os.kill(attempt.pid, signal.SIGKILL)
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

    def signal(self, attempt: Attempt, *signals: int) -> None:
        """Signal every process of a tree once, wherever it has gone."""
        # Orphans come without a word, unless their parent was a child of ours.
        self._look([])
        for pid, found in list(self._outside(attempt)):
            self._seen[pid, found.began] = attempt
            kernel.send(pid, found.began, *signals)
        if not attempt.reaped:
            for signum in signals:
                _signal_group(attempt.pid, signum)

    def _outside(self, attempt: Attempt) -> Iterator[tuple[int, kernel.Stat]]:
        """Those that a signal to the group of the leader does not reach."""
        roots = list(attempt.strays)
        for pid in roots:
            if (found := kernel.stat(pid)) is not None:
                yield pid, found
        for root in [*roots, *([] if attempt.reaped else [attempt.pid])]:
            for pid, found in kernel.descendants(root):
                if attempt.reaped or found.group != attempt.pid:
                    yield pid, found

    def close(self) -> None:
        """Nothing is left to kill."""
        if self._pen is not None:
            self._pen.remove()

    def left(self) -> set[int]:
        """The orphans that are to be left alone."""
        return {pid for pid, stray in self.strays.items() if stray.left}


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        return


def _signal_group(group: int, signum: int) -> None:
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
            if not pause:
                for other, found in kernel.descendants(pid):
                    kernel.send(other, found.began, signal.SIGKILL)
            _kill(pid)
        try:
            while os.wait4(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        if not alive:
            return
        time.sleep(pause)
        pause = min(0.05, pause + 0.0005)
