"""What the warden knows of one attempt."""

from __future__ import annotations

import os

from .wire import End

TYPE_CHECKING = False  # as type checkers read it: loading `typing` takes longer than all of this
if TYPE_CHECKING:
    import resource

    from .pty import Pty
    from .watch import Watch

LEAVE_LEFT = b"leave"


class Unstartable(Exception):  # noqa: N818 -- reads as what it says
    """A program cannot be started.

    Args:
        number: the errno.
        what: what could not be done, and (after a NUL) with what; with the program, if
            nothing is said.
    """

    def __init__(self, number: int, what: bytes) -> None:
        super().__init__(number, what)
        self.number = number
        self.what = what


class Attempt:
    """An attempt from its spawn until its tree is empty.

    Attributes:
        number: what the scheduler calls it.
        pid: its leader; leads a group of the same number.
        strays: those of its processes that are children of the warden now.
        killed: what was killed of what it left behind, as (pid, when it began).
        killing: it is to go, all of it.
        reaped: its leader has ended.
        keep: what it leaves behind is left alone.
    """

    __slots__ = (
        "_status",
        "_usage",
        "began",
        "ended",
        "flags",
        "give_up_at",
        "halted_at",
        "keep",
        "kill_at",
        "killed",
        "killing",
        "number",
        "pid",
        "pty",
        "reaped",
        "stopped",
        "strays",
        "terminal",
        "ticks",
        "watch",
    )

    def __init__(self, number: int, pid: int, began: float, ticks: int, keep: bool) -> None:
        self.number = number
        self.pid = pid
        self.began = began
        self.ticks = ticks
        self.keep = keep
        self.ended = began
        self.flags = 0
        self.strays: set[int] = set()
        self.killed: set[tuple[int, int]] = set()
        self.stopped = self.killing = self.reaped = self.terminal = False
        self.kill_at = self.give_up_at = self.halted_at = 0.0
        self.watch: Watch | None = None
        self.pty: Pty | None = None
        self._status = 0
        self._usage: resource.struct_rusage | None = None

    def over(self, status: int, usage: resource.struct_rusage, now: float) -> None:
        """The leader has ended, with this wait status."""
        self.reaped = True
        self.ended = now
        self._status = os.waitstatus_to_exitcode(status)
        self._usage = usage

    @property
    def status(self) -> int:
        """Exit code of the leader, or the negative number of the signal that ended it."""
        return self._status

    def end(self) -> End:
        """What is told of it."""
        usage = self._usage
        user, system, rss = (
            (usage.ru_utime, usage.ru_stime, usage.ru_maxrss * 1024) if usage else (0.0, 0.0, 0)
        )
        # What a stop took with it was not left behind.
        leaked = 0 if self.stopped else len(self.killed)
        wall = self.ended - self.began
        return End(self.pid, self._status, user, system, wall, rss, leaked, self.flags)
