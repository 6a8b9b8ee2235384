"""Whose each process is, and when a tree is empty.

Two kinds of children: *leaders*, one for each attempt, and *strays*, the orphans that
came back. The count of children (one read of /proc) against the count of those known
tells after each end whether there are strays nobody knows yet: with jobs that leave
nothing behind, that is all that emptiness costs.
"""

from __future__ import annotations

import os
import resource  # noqa: F401 -- `wait4` loads it, and must not find that it cannot be opened

from . import kernel
from .killing import kill_tree
from .wire import MARK

TYPE_CHECKING = False  # as type checkers read it: loading `typing` takes longer than all of this
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .attempt import Attempt

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

    Attributes:
        leaders: attempts by the pid of a leader that was not reaped.
        attempts: attempts by number, until their tree is empty.
        strays: orphans by pid.
        clearing: those whose leader has ended and whose tree is not empty.
        seen: whose a process is that was signalled, by pid and when it began.
        halted: leaders that were found stopped.
        wait_options: what `wait4` is to tell.
    """

    def __init__(self, session: bytes) -> None:
        self.leaders: dict[int, Attempt] = {}
        self.attempts: dict[int, Attempt] = {}
        self.strays: dict[int, Stray] = {}
        self.halted: list[int] = []
        self.wait_options = os.WNOHANG
        self._session = session
        self._homes: dict[int, Attempt] = {}
        self.clearing: dict[int, Attempt] = {}
        self.seen: dict[tuple[int, int], Attempt] = {}
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
            elif (stray := self.strays.pop(pid, None)) is not None and stray.owner is not None:
                stray.owner.strays.discard(pid)
        self.look(over)
        if self.strays:
            self._inherit(over)
        return self._settle(over, now)

    def look(self, over: Sequence[Attempt] = ()) -> None:
        """Find orphans that are not known yet: they come without a word.

        Args:
            over: attempts whose leader has ended just now.
        """
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

    def _adopt(self, pid: int, found: kernel.Stat, over: Sequence[Attempt]) -> None:
        number = self._marked(pid)
        if number is not None:
            owner = self.attempts.get(number)
        else:
            homes = self._homes
            owner = homes.get(found.session) or homes.get(found.group)
            owner = owner or self.seen.get((pid, found.began))
        stray = self.strays[pid] = Stray(found.began, owner)
        if owner is not None:
            owner.strays.add(pid)
            return
        if number is None:
            running = [*(a for a in self.attempts.values() if not a.reaped), *over]
            stray.suspects = {a.number for a in running if a.ticks <= found.began + 1}
        # Of an attempt that is over: left by permission, or a latecomer.
        stray.left = number in self._kept
        if not stray.left and not stray.suspects:
            kill_tree(pid)

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
                self.forget(attempt)
                empty.append(attempt)
            else:
                attempt.kill_at = now if attempt.killing else now + _LINGER
                attempt.give_up_at = attempt.kill_at + _GIVES_UP
                self.clearing[attempt.number] = attempt
        if self.clearing:
            for attempt in [a for a in self.clearing.values() if not a.strays]:
                self.forget(attempt)
                empty.append(attempt)
        return empty

    def forget(self, attempt: Attempt) -> None:
        """It is over, as far as anybody can make it so."""
        number = attempt.number
        del self.attempts[number]
        self.clearing.pop(number, None)
        if self._homes.get(attempt.pid) is attempt:
            del self._homes[attempt.pid]
        if attempt.keep and not attempt.stopped:
            self._kept.add(number)
        for pid in attempt.strays:
            self.strays[pid].left = True
        if self.seen:
            self.seen = {key: a for key, a in self.seen.items() if a is not attempt}

    def left(self) -> set[int]:
        """The orphans that are to be left alone."""
        return {pid for pid, stray in self.strays.items() if stray.left}
