"""Guard and warden as processes: started together, ended for good."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import socket
import subprocess
import sys

from treadle.errors import ProcessError
from treadle.process.tree import MARK, sweep_session
from treadle.process.warden import cgroup

_START = (
    "import sys; a = sys.argv; sys.path.append(a[1]); from warden.guard import main; "
    "main(int(a[2]), int(a[3]), a[4].encode(), a[5].encode())"
)
_FOLDER = os.path.dirname(os.path.abspath(__file__))
_CLEARS_WITHIN = 10.0  # seconds for the guard of a warden that is gone
_CLOSES_WITHIN = 5.0  # seconds
_KILLED_WITHIN = 1.0  # seconds

# Guards that stayed when their run was over: reaped when there is an occasion.
_staying: list[subprocess.Popen[bytes]] = []


class Pair:
    """A guard and its warden."""

    def __init__(self) -> None:
        self._session = os.urandom(8).hex()
        # A pidfd, as a file: one that gets lost is closed all the same.
        self._warden: io.FileIO | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    def start(self, theirs: socket.socket) -> None:
        """Start them.

        Args:
            theirs: the warden's end of the socket.

        Raises:
            ProcessError: they cannot be started.
        """
        _staying[:] = [guard for guard in _staying if guard.poll() is None]
        arguments = [_FOLDER, str(theirs.fileno()), str(os.getpid()), _outer(), self._session]
        try:
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _START, *arguments],
                pass_fds=[theirs.fileno()],
                # Keys that signal the foreground group of the terminal are not for the warden.
                process_group=0,
                cwd="/",
            )
        except OSError as problem:
            raise ProcessError(f"cannot start the warden: {problem}") from problem

    def greet(self, pid: int) -> None:
        """The warden says that it is there, and who it is."""
        with contextlib.suppress(OSError):
            self._warden = os.fdopen(os.pidfd_open(pid), "rb", buffering=0)

    @property
    def greeted(self) -> bool:
        """Whether the warden has been there."""
        return self._warden is not None

    def lost(self) -> str:
        """Something is wrong with it: return, with the reason, when nothing of it is left.

        It may have been killed, or be stopped: then it is ended, and the guard, a
        subreaper as well, ends what comes to it. Where the guard was killed too, control
        group and marks are what is left to go by.
        """
        self._kill()
        code = self._await_guard(_CLEARS_WITHIN)
        if code != 0:
            self._clear()
        greeted = self.greeted
        self._let_go()
        if greeted:
            return "the warden ended"
        return f"the warden could not be started (exit {code}); TREADLE_WARDEN=0 does without it"

    def _clear(self) -> None:
        folder = cgroup.delegated()
        group = cgroup.Group(f"{folder}/{cgroup.name(self._session)}") if folder else None
        if group is not None:
            group.kill()
        sweep_session(self._session)
        if group is not None:
            cgroup.pen(group).remove()
            group.remove()

    def closed(self) -> None:
        """It was told that the run is over: wait for its end."""
        if self._await_guard(_CLOSES_WITHIN) is None:
            self._kill()
            if self._await_guard(_KILLED_WITHIN) is None and self._guard is not None:
                # It waits for what cannot be killed now, and kills it when it can.
                _staying.append(self._guard)
        self._let_go()

    def _kill(self) -> None:
        if self._warden is not None:
            # Closed: it has been let go already.
            with contextlib.suppress(OSError, ValueError):
                signal.pidfd_send_signal(self._warden.fileno(), signal.SIGKILL)

    def _await_guard(self, seconds: float) -> int | None:
        if self._guard is None:
            return 0
        try:
            return self._guard.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def _let_go(self) -> None:
        if self._warden is not None:
            self._warden.close()


def _outer() -> str:
    """The marks of the jobs that this process itself is part of, and a comma."""
    marks = os.environ.get(MARK)
    return f"{marks}," if marks else ""
