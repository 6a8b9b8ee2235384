"""Processes that call functions: they are used again, and stopped with all that they started.

Three ways were open.

- `concurrent.futures.ProcessPoolExecutor`: nothing can stop one call. Its only kill breaks
  the whole pool, and what a worker started survives it; so do the workers when the program
  is killed with SIGKILL.
- loky: the same with a pool that mends itself, and a dependency.
- Workers that are children of treadle's warden, as commands are. They are killed with all
  that they started at their timeout, at the end of the run, and when the program dies; they
  can have limits, a priority, an environment; the kernel's verdict (out of memory) is known.

So it is the third. A worker is a Python that runs `treadle/runner/worker.py` and speaks with
us through a socket that nobody else has. It starts in some 50 ms, and each call after that
costs less than one. Jobs with the same conditions use the same workers, one after the other.

What is not covered: what a call leaves behind in its process (global variables, threads,
processes of its own) is there for the next call, and ends with the worker at the end of the
run. Where there is no warden, the words about it in `treadle.executors.process` hold.
"""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from treadle.errors import ProcessError
from treadle.process import Conditions, Run
from treadle.process.available import available
from treadle.process.launch import launch
from treadle.process.link import Link, WardenLost
from treadle.runner import worker
from treadle.runner.pickles import preparation

if TYPE_CHECKING:
    from treadle.process.remote import RemoteRun

_COMMAND = [sys.executable, "-P", str(Path(worker.__file__))]


class Circumstances(NamedTuple):
    """What distinguishes workers: a call runs only in one that has what its job says.

    Attributes:
        cwd: the folder.
        env: variables beside those of the program, sorted.
        limits: sorted.
        nice: its priority.
        umask: permissions that new files do not get.
    """

    cwd: str
    env: tuple[tuple[str, str], ...] = ()
    limits: tuple[tuple[str, int], ...] = ()
    nice: int | None = None
    umask: int | None = None


class _Deaf:
    """Nobody needs to be told: whoever waits for a worker reads from its socket."""

    def ended(self, run: RemoteRun) -> None:
        """See `Listener`."""

    def over(self, limit: str) -> None:
        """See `Listener`."""


class WorkerProcess:
    """One worker.

    Args:
        of: where it belongs.
        process: it.
        channel: our end of the socket.
    """

    def __init__(self, of: Circumstances, process: Run | RemoteRun, channel: socket.socket) -> None:
        self.of = of
        self.process = process
        self._channel = channel

    def send(self, frame: bytes) -> None:
        """Send a frame; if nobody takes it, that is seen where the answer is waited for.

        Raises:
            FrameError: it is too large.
        """
        with suppress(OSError):
            worker.send(self._channel, frame)

    def receive(self) -> bytes | None:
        """Wait for an answer; None if the worker has ended."""
        try:
            return worker.receive(self._channel)
        except (OSError, worker.FrameError):
            return None

    def hang_up(self) -> None:
        """Let it end: it hears that nobody is there any more."""
        self._channel.close()


class Workers:
    """The worker processes of a run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: dict[Circumstances, list[WorkerProcess]] = {}
        self._all: list[WorkerProcess] = []
        self._link: Link | None = None
        self._preparation: bytes | None = None

    def take(self, of: Circumstances) -> WorkerProcess:
        """Return a worker that waits, or a new one.

        Raises:
            ProcessError: it cannot be started.
        """
        with self._lock:
            while idle := self._idle.get(of):
                one = idle.pop()
                if one.process.is_running():
                    return one
            if self._preparation is None:
                self._preparation = preparation()
            one = self._start(of)
            self._all.append(one)
        one.send(self._preparation)
        return one

    def _start(self, of: Circumstances) -> WorkerProcess:
        ours, theirs = socket.socketpair()
        try:
            process = self._launch(of, theirs)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return WorkerProcess(of, process, ours)

    def _launch(self, of: Circumstances, theirs: socket.socket) -> Run | RemoteRun:
        conditions = Conditions(limits=dict(of.limits) or None, nice=of.nice, umask=of.umask)
        options: dict[str, Any] = {
            "cwd": of.cwd,
            "env": dict(of.env),
            "ignore_environ": False,
            "input": theirs.fileno(),
            "conditions": conditions,
            "bg": True,
        }
        if not available():
            return Run(_COMMAND, **options)
        try:
            return launch(self._warden(), _Deaf(), _COMMAND, **options)
        except WardenLost:
            return launch(self._warden(), _Deaf(), _COMMAND, **options)

    def _warden(self) -> Link:
        if self._link is None or self._link.broken:
            self._link = Link()
            self._link.open()
        return self._link

    def give_back(self, one: WorkerProcess) -> None:
        """It waits for the next call."""
        with self._lock:
            self._idle.setdefault(one.of, []).append(one)

    def discard(self, one: WorkerProcess) -> None:
        """It is not to be used again: kill it, and wait until nothing of it is left."""
        one.process.kill()
        one.process.wait()
        one.hang_up()
        with self._lock:
            self._all.remove(one)

    def close(self) -> None:
        """The run is over: kill all that is left."""
        for one in self._all:
            one.process.kill()
        for one in self._all:
            with suppress(ProcessError):
                one.process.wait()
            one.hang_up()
        if self._link is not None:
            self._link.close()
