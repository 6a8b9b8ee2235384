"""All processes that belong to one attempt, found and killed.

The problem: a job's program starts others, and those may outlive it, leave its
process group (`setsid`), or be re-parented when their parent exits. The kernel
keeps no list of "everything that came from here" for an ordinary process.

What does not work: killing the process group misses `setsid`; walking from
parent to child misses what was re-parented to init; becoming a subreaper would
collect the strays, but it changes the host process, whose other children it
would affect as well.

What is done: every child carries a mark in its environment, which all its
descendants inherit, and which `/proc/PID/environ` shows. A sweep reads every
process of the system, takes those whose mark belongs to an attempt of this
process that is over, and kills them by pidfd, checking the mark again through
the open pidfd so that a pid that was reused in between is never hit. Sweeps are
repeated until one finds nothing. A scheduler that is itself part of a job adds its
marks behind those it was given, so that the outer one finds its processes too.

Still not covered: a descendant that clears its environment *and* leaves the
group; anything when the scheduler itself is killed with SIGKILL; and systems
without /proc (there, the process group is all there is). The separate warden
process covers those.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import select
import signal
import threading
import time

from treadle.clock import SYSTEM
from treadle.process.warden import wire

MARK = wire.MARK.decode()

_PREFIX = f"{MARK}=".encode()
_ROUNDS_FOR = 2.0  # seconds; a fork storm of 200 forks a second is empty well before
_HAS_PROC = os.path.isdir("/proc/self/fd") and hasattr(os, "pidfd_open")


class Census:
    """The marks that this process gave out, and which of them may still be seen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._pid = 0
        self._session = b""
        self._allowed: set[bytes] = set()
        self._sweeping = threading.Lock()
        self._sweeps = 0

    def mark(self) -> str:
        """A new mark; its processes are left alone until `over` is called with it."""
        with self._lock:
            if self._pid != os.getpid():
                # A fork of the host has children of its own: not ours to kill.
                self._pid, self._session = os.getpid(), os.urandom(8).hex().encode()
                self._allowed.clear()
            mark = self._session + b":%d" % next(self._numbers)
            self._allowed.add(mark)
        return mark.decode()

    def adopt(self, session: str) -> None:
        """Answer for the marks of a session whose owner is gone; all of them are over."""
        self._pid, self._session = os.getpid(), session.encode()

    def over(self, mark: str) -> None:
        """The attempt with this mark is over: whatever still carries it is to go."""
        with self._lock:
            self._allowed.discard(mark.encode())

    def strays(self) -> list[int]:
        """The pids of processes whose attempt is over; empty where there is no /proc."""
        if not _HAS_PROC or not self._session:
            return []
        return [pid for pid in _pids() if self._is_stray(pid)]

    def _is_stray(self, pid: int) -> bool:
        mine = self._session + b":"
        over = [mark for mark in _marks_of(pid) if mark.startswith(mine)]
        return any(mark not in self._allowed for mark in over) and not _is_zombie(pid)

    def sweep(self) -> int:
        """Kill all strays; return how many there were.

        Callers that come while a sweep is under way share the next one.
        """
        seen = self._sweeps
        with self._sweeping:
            if self._sweeps > seen:
                # Another began after we asked, so it saw what we wanted swept.
                return 0
            self._sweeps += 1
            return self._sweep()

    def _sweep(self) -> int:
        killed: set[int] = set()
        end = SYSTEM.monotonic() + _ROUNDS_FOR
        while (strays := self.strays()) and SYSTEM.monotonic() < end:
            for pid in strays:
                if self._kill(pid):
                    killed.add(pid)
            time.sleep(0.001)
        return len(killed)

    def _kill(self, pid: int) -> bool:
        with contextlib.suppress(OSError):
            descriptor = os.pidfd_open(pid)
            try:
                # The pidfd pins the process; only now is what we read about it.
                if self._is_stray(pid):
                    signal.pidfd_send_signal(descriptor, signal.SIGKILL)
                    _await_end(descriptor)
                    return True
            finally:
                os.close(descriptor)
        return False


def sweep_session(session: str) -> int:
    """Kill whatever carries a mark of this session; return how many there were.

    For the session of a warden that is gone: all its attempts are over.
    """
    census = Census()
    census.adopt(session)
    return census.sweep()


def _await_end(descriptor: int) -> None:
    """Wait for the end of the process behind a pidfd, as long as a dying one may take."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    poll.poll(_ROUNDS_FOR * 1000)


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _marks_of(pid: int) -> list[bytes]:
    """One for each scheduler that the process is part of a job of, the outermost first."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            environment = file.read()
    except OSError:
        return []
    at = 0 if environment.startswith(_PREFIX) else environment.find(b"\0" + _PREFIX) + 1
    if not at and not environment.startswith(_PREFIX):
        return []
    return environment[at + len(_PREFIX) :].split(b"\0", 1)[0].split(b",")


def _stat(pid: int) -> list[bytes]:
    """State, parent, group and so on; of a process that is gone, as if it were a zombie."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return [b"Z", b"0", b"0"]


def _is_zombie(pid: int) -> bool:
    return _stat(pid)[0] in (b"Z", b"X")


CENSUS = Census()


def signal_group(group: int, signum: int) -> bool:
    """Send a signal to a process group; False if it is empty (or, rarely, not ours)."""
    try:
        os.killpg(group, signum)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def await_group(group: int) -> None:
    """Wait until all members of a group that was killed are dead.

    A signal is delivered a little later than `kill` returns. Their zombies are left
    to whoever inherited them.
    """
    wanted = str(group).encode()
    end = SYSTEM.monotonic() + _ROUNDS_FOR
    while _HAS_PROC and SYSTEM.monotonic() < end:
        members = [stat for pid in _pids() if (stat := _stat(pid))[2] == wanted]
        if all(stat[0] in (b"Z", b"X") for stat in members):
            return
        time.sleep(0.001)
