"""A process that the warden runs: what `Run` offers, from afar."""

from __future__ import annotations

import os
import signal
import threading
from typing import IO, TYPE_CHECKING, Protocol

from treadle.errors import ProcessError
from treadle.process.conditions import Usage
from treadle.process.output import file_tail
from treadle.process.pipes import Capture
from treadle.process.warden import wire

if TYPE_CHECKING:
    from treadle.process.link import Link


class Listener(Protocol):
    """Who is told what becomes of a process."""

    def ended(self, run: RemoteRun) -> None:
        """Its tree is empty, or it could not be started; told once."""

    def over(self, limit: str) -> None:
        """It went over a limit on its output: `idle` or `output`."""


class RemoteRun:
    """A running (or finished) process of the warden's.

    Args:
        link: the warden.
        cmds: the program and its arguments.
        listener: told what becomes of it.

    Attributes:
        output: the file that its output goes to, if it is one that was named.
        out: what it wrote, after its end, if its output was `PIPE`.
        err: the same for its error output.
        leaked: how many processes it left behind when it ended; they were killed.
        usage: what it used; None before its end.
        oom: the kernel killed something of it for want of memory.
        unkillable: something of it could not be killed.
        over_limit: the limit on its output that it went over: `"idle"` or `"output"`.
        failure: why it could not be started.
        loss: why nobody knows how it ended.
    """

    number = 0
    leaked = 0
    usage: Usage | None = None
    oom = unkillable = False
    out: str | None = None
    err: str | None = None
    over_limit: str | None = None
    failure: ProcessError | None = None
    loss: str | None = None
    captures: tuple[Capture | None, Capture | None] | None = None
    stdin: IO[bytes] | None = None
    alarm: threading.Timer | None = None

    status: int | None = None
    output: bytes | None = None
    _pid: int | None = None
    _running = True

    def __init__(self, link: Link, cmds: list[str], listener: Listener) -> None:
        self.cmds = cmds
        self._link = link
        self._listener = listener

    @property
    def pid(self) -> int | None:
        """Its process id, as soon as it has one; None if it could not be started."""
        if self._pid is None and self._running:
            self._link.await_(lambda: self._pid is not None or not self._running)
        return self._pid

    @property
    def known_pid(self) -> int | None:
        """The pid if it is known already; a program that has just begun has none yet."""
        return self._pid

    def is_running(self) -> bool:
        """Whether it, or something that it started, is still there."""
        return self._running

    is_alive = is_running

    def poll(self) -> int | None:
        """The status, without waiting; None while it runs."""
        return None if self._running else self.status

    def wait(self) -> int | None:
        """Wait for its end, and for its tree to be empty; return the status."""
        if self._running:
            self._link.await_(lambda: not self._running)
        return self.status

    def tail(self, size: int = 4096) -> bytes:
        """The last bytes that it has written so far, where its output is a file; else none."""
        return file_tail(self.output, size)

    def join(self, timeout: float | None = None) -> None:
        """The same, under the name that threads have for it; the timeout is not looked at."""
        del timeout
        self.wait()

    # -- stopping ------------------------------------------------------------------------

    def terminate(self, signum: int = signal.SIGTERM) -> None:
        """Ask everything of it to end; what was stopped is continued so that it can."""
        self._link.stop(self.number, wire.ASK, signum)

    def kill(self, recursive: bool = True, timeout: float = 3) -> None:
        """End it, and (with `recursive`) everything that it started, at once.

        Returns without waiting; `timeout` is the seed's and has no use here.
        """
        del timeout
        self._link.stop(self.number, wire.KILL if recursive else wire.KILL_LEADER)

    def interrupt(self) -> None:
        """The seed's name for `kill`."""
        self.kill()

    def suspend(self) -> None:
        """Make everything of it stand still."""
        self._link.suspend(self.number, resume=False)

    def resume(self) -> None:
        """Let it go on."""
        self._link.suspend(self.number, resume=True)

    # -- what the warden says ------------------------------------------------------------

    def started(self, pid: int) -> None:
        """It runs."""
        self._pid = pid

    def over(self, limit: str) -> None:
        """It went over a limit on its output."""
        self.over_limit = limit
        self._listener.over(limit)

    def ended(self, end: wire.End) -> None:
        """It has ended, and its tree is empty."""
        self._pid = end.pid
        self.status = end.status
        self.usage = Usage(end.user, end.system, end.max_rss, end.wall)
        if end.leaked or end.flags:
            self.leaked = end.leaked
            self.oom = bool(end.flags & wire.OOM)
            self.unkillable = bool(end.flags & wire.UNKILLABLE)
        self._finish()

    def failed(self, number: int, what: bytes) -> None:
        """It could not be started."""
        verb, _, name = os.fsdecode(what).partition("\0")
        name = name or self.cmds[0]
        self.failure = ProcessError(f"cannot {verb} {name!r}: {os.strerror(number)}")
        self.failure.what = f"{verb} '{name}'"
        self.failure.__cause__ = OSError(number, os.strerror(number), name)
        self._finish()

    def lost(self, why: str) -> None:
        """Nobody knows how it ended, only that it did."""
        self.loss = why
        self._finish()

    def _finish(self) -> None:
        if self.captures is not None:
            self.out, self.err = (one.text() if one is not None else None for one in self.captures)
        if self.alarm is not None:
            self.alarm.cancel()
        if self.stdin is not None:
            self.stdin.close()
        self._running = False
        self._listener.ended(self)
