"""One process and its tree: started, awaited by one thread, killed from any."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from treadle.errors import ProcessError
from treadle.process.command import checked_command, checked_variables
from treadle.process.conditioned import conditioned, possible
from treadle.process.conditions import PLAIN, Conditions, Usage
from treadle.process.output import STDOUT, Redirection, Streams, file_tail
from treadle.process.pipes import Capture, Feed
from treadle.process.tree import CENSUS, await_group, signal_group
from treadle.process.waitstatus import exit_status
from treadle.process.warden import wire


class Run:
    """A running (or finished) process, in a process group of its own.

    Args:
        cmds: the program and its arguments.
        cwd: the directory it starts in.
        output: where its output goes; see `treadle.process.output.Streams`.
        error: where its error output goes; by default where the output goes.
        input: where it reads from; by default there is nothing to read.
        bg: True to return at once, False to wait for the end.
        timeout: seconds after which its tree is killed; None for never.
        env: its environment, marks aside; None for the host's.
        set_sigpipe: let it be ended by writing to a closed pipe, as programs expect.
        parse_shebang: the seed's; here the kernel reads the first line of a script.
        ignore_environ: False to add `env` to the host's environment instead.
        conditions: limits, priority and so on; what only the warden can give is refused.

    Attributes:
        pid: its process id.
        output: the file that its output goes to, if it is one that was named.
        out: what it wrote, after its end, if `output` was `PIPE`.
        err: the same for `error`.
        leaked: how many processes it left behind when it ended; they were killed.

    Raises:
        ProcessError: it could not be started; says which program, and why.

    What only the warden knows (`usage`, `oom`, `over_limit`, `loss`) is there and empty.
    """

    usage: Usage | None = None
    oom = unkillable = False
    over_limit: str | None = None
    loss: str | None = None

    def __init__(
        self,
        cmds: Sequence[str],
        cwd: str | os.PathLike[str] | None = None,
        output: Redirection = None,
        error: Redirection = STDOUT,
        input: Redirection | bytes = None,  # noqa: A002 -- the seed's name
        bg: bool = False,
        timeout: float | None = None,
        env: Mapping[str, str] | None = None,
        set_sigpipe: bool = True,
        parse_shebang: bool = False,
        ignore_environ: bool = True,
        conditions: Conditions = PLAIN,
    ) -> None:
        del parse_shebang
        self.cmds = checked_command(cmds)
        self.leaked = 0
        self.out: str | None = None
        self.err: str | None = None
        self._status: int | None = None
        self._ended = threading.Event()
        self._waiting = threading.Lock()
        self._signalling = threading.Lock()
        self._reaped = False
        self._stopped_hard = False
        self._leave_running = conditions.leak == "leave"
        self._conditions = possible(conditions)
        self.output: str | None = None
        if isinstance(output, str | os.PathLike):
            self.output = os.path.abspath(os.fspath(output).removeprefix("+"))
        self._mark = CENSUS.mark()
        try:
            environment = _environment(env, ignore_environ, self._mark)
            self._popen = self._spawn(cwd, environment, set_sigpipe, output, error, input)
        except BaseException:
            CENSUS.over(self._mark)
            raise
        self.pid = self._popen.pid
        pipes = (self._popen.stdout, self._popen.stderr)
        self._captures = [Capture(pipe) if pipe is not None else None for pipe in pipes]
        self._alarm = self._limit(timeout)
        if not bg:
            self._finish()

    def _spawn(
        self,
        cwd: str | os.PathLike[str] | None,
        environment: dict[bytes, bytes],
        set_sigpipe: bool,
        output: Redirection,
        error: Redirection,
        source: Redirection | bytes,
    ) -> subprocess.Popen[bytes]:
        try:
            with Streams(output, error, source) as streams:
                # No preexec_fn: with it the host is copied (fork), without it not (vfork).
                popen = subprocess.Popen(
                    conditioned(self.cmds, self._conditions),
                    stdin=streams.input,
                    stdout=streams.output,
                    stderr=streams.error,
                    cwd=cwd,
                    env=environment,
                    restore_signals=set_sigpipe,
                    # Also without the host's terminal: what reads or sets that from the
                    # background would be stopped, and wait for ever.
                    start_new_session=True,
                )
        except (OSError, ValueError, subprocess.SubprocessError) as problem:
            raise ProcessError(f"cannot start {self.cmds[0]!r}: {problem}") from problem
        if streams.data is not None and popen.stdin is not None:
            Feed(popen.stdin, streams.data)
        return popen

    def _limit(self, timeout: float | None) -> threading.Timer | None:
        if timeout is None:
            return None
        alarm = threading.Timer(timeout, self.kill)
        alarm.daemon = True
        alarm.start()
        return alarm

    def _finish(self) -> None:
        try:
            self.wait()
        except BaseException:
            self.kill()
            self.wait()
            raise

    @property
    def known_pid(self) -> int:
        """The pid, without waiting for it."""
        return self.pid

    @property
    def status(self) -> int | None:
        """Exit code, or the negative number of the signal that ended it; None while it runs."""
        return self._status

    @status.setter
    def status(self, value: int | None) -> None:
        self._status = value

    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return not self._ended.is_set()

    def poll(self) -> int | None:
        """The status, without waiting; None while it runs."""
        return None if self.is_running() else self._status

    def wait(self) -> int | None:
        """Wait for its end, and for its tree to be empty; return the status."""
        with self._waiting:
            if not self._ended.is_set():
                self._reap()
                self._ended.set()
        return self._status

    def _reap(self) -> None:
        """Learn the status while the pid is still held, clear the group, let the pid go.

        Only this method reaps, and no signal is sent after it has: while the
        leader is an unreaped zombie, its pid and group can belong to no one else.
        """
        status = self._status_unreaped()
        with self._signalling:
            if not self._leave_running:
                signal_group(self.pid, signal.SIGKILL)
            code = self._popen.wait()
            self._reaped = True
        if self._status is None:
            self._status = status if hasattr(os, "waitid") else code
        if self._alarm is not None:
            self._alarm.cancel()
        if not self._leave_running:
            self._clear()
        self.out, self.err = (one.text() if one is not None else None for one in self._captures)

    def _status_unreaped(self) -> int | None:
        if not hasattr(os, "waitid"):
            # Old macOS: the pid is let go with the status, so the group is signalled
            # an instant after that.
            self._popen.wait()
            return None
        try:
            return exit_status(_wait_unreaped(self.pid))
        except ChildProcessError:
            # The host ignores SIGCHLD: the kernel threw the status away.
            return None

    def _clear(self) -> None:
        CENSUS.over(self._mark)
        if self._stopped_hard or signal_group(self.pid, 0):
            await_group(self.pid)
            self.leaked = CENSUS.sweep()

    def tail(self, size: int = 4096) -> bytes:
        """The last bytes that it has written so far, where its output is a file; else none."""
        return file_tail(self.output, size)

    def terminate(self, signum: int = signal.SIGTERM) -> None:
        """Ask the process group to end; a stopped one is continued so that it can."""
        self._signal(signum, signal.SIGCONT)

    def suspend(self) -> None:
        """Make the process group stand still."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, *signals: int) -> None:
        with self._signalling:
            for signum in signals if not self._reaped else ():
                signal_group(self.pid, signum)

    def kill(self, recursive: bool = True, timeout: float = 3) -> None:
        """End the process and (with `recursive`) everything it started, at once.

        Returns without waiting; `wait` returns when the tree is empty. `timeout`
        is the seed's and has no use here.
        """
        del timeout
        with self._signalling:
            if self._reaped:
                return
            if recursive:
                self._stopped_hard = True
                signal_group(self.pid, signal.SIGKILL)
            else:
                self._popen.send_signal(signal.SIGKILL)

    def interrupt(self) -> None:
        """The seed's name for `kill`."""
        self.kill()


def _environment(env: Mapping[str, str] | None, alone: bool, mark: str) -> dict[bytes, bytes]:
    """As bytes, which is what the kernel wants: the host's is not decoded and encoded each time."""
    environment = {} if env is not None and alone else dict(os.environb)
    environment |= checked_variables(env)
    # Behind the mark of the job that this process itself is part of, if it is.
    marks = [os.environb.get(wire.MARK), mark.encode()]
    environment[wire.MARK] = b",".join(filter(None, marks))
    return environment


def _wait_unreaped(pid: int) -> Any:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
