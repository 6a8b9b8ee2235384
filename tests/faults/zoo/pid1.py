"""A judge is pid 1 of a PID namespace: it starts, sees and outlives every process in it.

Whatever a process does, it stays in the namespace, and in its parent's /proc too if it
makes one of its own. When pid 1 exits, the kernel kills all that is left.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

_DEAD = (b"Z", b"X")
_SHOWN = 8
_LOOKS = 10  # while a listed process is gone: the next one of its chain is not listed
_ALL = 0x40000000  # __WALL: also children made by clone with a signal of their own


class Process(NamedTuple):
    """One process, as a person would want to see it in a report."""

    pid: int
    name: str
    state: str
    command: str

    def __str__(self) -> str:
        return f"{self.pid} {self.name} [{self.state}] {self.command}"


def listing(lines: Iterable[str]) -> str:
    """The first of some lines, for a person."""
    first = list(lines)
    more = [f"and {len(first) - _SHOWN} more"] if len(first) > _SHOWN else []
    return "".join(f"\n      {line}" for line in first[:_SHOWN] + more)


def shows_traceback(output: str) -> bool:
    """Whether treadle wrote one; the output of jobs, which it shows behind a bar, may have some."""
    return "Traceback" in output.replace("| Traceback", "")


class Namespace:
    """All processes but this one.

    Attributes:
        ended: exit codes of those that were reaped; 128 and the number of the signal for a
            signal, as a shell has it.
    """

    def __init__(self) -> None:
        assert os.getpid() == 1, "a judge has a PID namespace of its own"
        self.ended: dict[int, int] = {}
        self._woken, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def start(self, argv: list[str], env: Mapping[str, str], output: str) -> int:
        """Start a program in a session of its own, with nothing to read; its pid."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, output, flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ]
        return os.posix_spawn(argv[0], argv, env, file_actions=actions, setsid=True)

    def reap(self) -> bool:
        """Take the status of each child that has ended; True if nothing at all is left.

        Every process of the namespace descends from pid 1, and whoever loses its parent
        becomes a child of pid 1: no child means no process. No reading of /proc could say
        that, for a chain of short-lived ones is always where one does not look.
        """
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG | _ALL)
            except ChildProcessError:
                return True
            if not pid:
                return False
            code = os.waitstatus_to_exitcode(status)
            self.ended[pid] = code if code >= 0 else 128 - code

    def wait(
        self,
        until: Callable[[], bool],
        seconds: float,
        *descriptors: int,
        every: float = 0.05,
    ) -> bool:
        """Wait for a fact, looking at each end, at each input, and now and then."""
        end = time.monotonic() + seconds
        while True:
            self.reap()
            if until():
                return True
            left = end - time.monotonic()
            if left <= 0:
                return False
            readable, _, _ = select.select([self._woken, *descriptors], [], [], min(left, every))
            if self._woken in readable:
                os.read(self._woken, 4096)

    def running(self) -> list[Process]:
        """Every process but pid 1 that is not dead, as far as /proc tells."""
        found: list[Process] = []
        for _ in range(_LOOKS):
            self.reap()
            pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
            looks = [_look(pid) for pid in sorted(pids) if pid != 1]
            found = [look for look in looks if look is not None and look.state not in "ZX"]
            if None not in looks:
                break
        return found

    def survivors(self, seconds: float) -> list[str]:
        """What is left when all had so long to go; empty as soon as nothing is."""
        if self.wait(self.reap, seconds, every=0.005):
            return []
        return [str(process) for process in self.running()] or ["one that /proc does not show"]

    def named(self, name: str) -> int | None:
        """The first process that was started under this name."""
        return next((process.pid for process in self.running() if process.name == name), None)


def _look(pid: int) -> Process | None:
    try:
        name, state = _stat(f"/proc/{pid}/stat")
        if state in _DEAD and _has_threads(pid):
            state = b"zombie with threads"
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            command = file.read().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return None
    return Process(pid, name.decode(errors="replace"), state.decode(), command[:200])


def _stat(path: str) -> tuple[bytes, bytes]:
    with open(path, "rb") as file:
        head, _, tail = file.read().rpartition(b")")
    return head.partition(b"(")[2], tail.split()[0]


def _has_threads(pid: int) -> bool:
    """A leader whose main thread has ended looks like a zombie while the others go on."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            if _stat(f"/proc/{pid}/task/{thread}/stat")[1] not in _DEAD:
                return True
        except OSError:
            continue
    return False
