"""End a tool in one way, and see what is left: pid 1 of a PID namespace.

    unshare --pid --fork --mount-proc --kill-child python bench/_arena.py FOLDER WAY WAIT COMMAND...

Whatever the tool starts is in the namespace and cannot leave it, so that survivors are
counted and not searched for. When this process ends, the kernel kills all of them.

The job says in FOLDER/child and FOLDER/escaped which processes it made. For Ctrl-C the
tool is the foreground of a terminal, as it is under a shell, and the terminal is sent
the character. For the signals there is no terminal, as in CI. What is left is what is
there WAIT seconds later.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import signal
import sys
import termios
import time
from pathlib import Path
from typing import Any

INTERRUPT = b"\x03"
WAYS = {"Ctrl-C": None, "SIGTERM": signal.SIGTERM, "SIGKILL": signal.SIGKILL}
STARTS_WITHIN = 90.0  # seconds
SETTLES_WITHIN = 0.5  # from the start of the job until the tool waits for it
BETWEEN = 0.02

_DEFAULTS = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)


class Arena:
    """A tool, its terminal if it has one, and all that runs here."""

    def __init__(self, folder: Path, way: str, wait: float, command: list[str]) -> None:
        self._folder = folder
        self._way = way
        self._wait = wait
        self._terminal = -1
        self._log = os.open(folder / "output", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        self.code: int | None = None
        os.chdir(folder)
        self._tool = self._start(command)

    def _start(self, command: list[str]) -> int:
        files = [os.open(os.devnull, os.O_RDONLY), self._log, self._log]
        if self._way == "Ctrl-C":
            self._terminal, end = pty.openpty()
            os.set_blocking(self._terminal, False)
            os.setsid()
            fcntl.ioctl(end, termios.TIOCSCTTY, 0)
            files = [end] * 3
        pid = os.fork()
        if not pid:
            _become(command, files)
        return pid

    def play(self) -> dict[str, Any]:
        """Wait for the job, end the tool, wait for the rest, and say what is left."""
        if not self._until(self._job_runs, STARTS_WITHIN):
            raise TimeoutError(f"the job did not start: {self._output()}")
        self._until(lambda: False, SETTLES_WITHIN)
        began = time.monotonic()
        self._end()
        self._until(lambda: not alive(), self._wait)
        self._reap()
        left = alive()
        child, escaped = (left.pop(self._pid(name), "") for name in ("child", "escaped"))
        tool = left.pop(self._tool, "")
        return {
            "child": bool(child),
            "escaped": bool(escaped),
            "tool": bool(tool),
            "others": sorted(left.values()),
            "code": self.code,
            "seconds": round(time.monotonic() - began, 2),
        }

    def _end(self) -> None:
        signum = WAYS[self._way]
        if signum is None:
            os.write(self._terminal, INTERRUPT)
        else:
            os.kill(self._tool, signum)

    def _until(self, fact: Any, seconds: float) -> bool:
        """Look after children and terminal until something is the case."""
        end = time.monotonic() + seconds
        while not fact():
            if time.monotonic() > end:
                return False
            self._reap()
            self._drain()
            time.sleep(BETWEEN)
        return True

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                if found[0] == self._tool:
                    self.code = os.waitstatus_to_exitcode(found[1])

    def _drain(self) -> None:
        # A terminal that nobody has open is an error.
        with contextlib.suppress(OSError):
            while self._terminal >= 0 and (piece := os.read(self._terminal, 65536)):
                os.write(self._log, piece)

    def _job_runs(self) -> bool:
        if self.code is not None:
            raise RuntimeError(f"the tool ended with {self.code}: {self._output()}")
        return all((self._folder / name).exists() for name in ("child", "escaped"))

    def _pid(self, name: str) -> int:
        return int((self._folder / name).read_text(encoding="ascii"))

    def _output(self) -> str:
        return (self._folder / "output").read_text(encoding="utf-8", errors="replace")[-2000:]


def _become(command: list[str], files: list[int]) -> None:
    """In the fork: the foreground of the terminal if there is one, then the tool."""
    try:
        os.setpgid(0, 0)
        if os.isatty(files[0]):
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            os.tcsetpgrp(files[0], os.getpid())
        for signum in (*_DEFAULTS, signal.SIGTTOU):
            signal.signal(signum, signal.SIG_DFL)
        for number, file in enumerate(files):
            os.dup2(file, number)
        os.execvp(command[0], command)
    finally:
        os._exit(127)


def alive() -> dict[int, str]:
    """All processes here but this one, by pid, with their names."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid():
            with contextlib.suppress(OSError):
                text = Path(f"/proc/{entry}/stat").read_text(encoding="utf-8", errors="replace")
                name, _, rest = text.partition("(")[2].rpartition(")")
                if rest.split()[0] not in "ZX":
                    found[int(entry)] = name
    return found


def main() -> None:
    folder, way, wait, *command = sys.argv[1:]
    print(json.dumps(Arena(Path(folder), way, float(wait), command).play()))


if __name__ == "__main__":
    main()
