"""`treadle` in the foreground of a terminal of its own."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from programs import PATIENCE, until

_SOURCE = Path(__file__).parents[2] / "src"
# A session of its own whose terminal is the standard input.
_BECOME = (
    "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)
# What a shell with job control does: the command is a group in the foreground, and who is
# told to stop is stopped.
_SHELL = (
    "import os, signal, sys\n"
    "signal.signal(signal.SIGTTOU, signal.SIG_IGN)\n"
    "child = os.fork()\n"
    "if not child:\n"
    "    os.setpgid(0, 0); os.tcsetpgrp(0, os.getpid())\n"
    "    signal.signal(signal.SIGTTOU, signal.SIG_DFL)\n"
    "    os.execv(sys.executable, [sys.executable, *sys.argv[1:]])\n"
    "while True:\n"
    "    _, status = os.waitpid(child, os.WUNTRACED)\n"
    "    if not os.WIFSTOPPED(status): break\n"
    "    os.tcsetpgrp(0, os.getpgrp())\n"
    "    print('[stopped]', flush=True)\n"
    "    sys.stdin.readline()\n"
    "    os.tcsetpgrp(0, child); os.killpg(child, signal.SIGCONT)\n"
    "sys.exit(os.waitstatus_to_exitcode(status))\n"
)


def _environment() -> dict[str, str]:
    """A person's: not that of a machine that tests."""
    ours = {name: value for name, value in os.environ.items() if name not in ("CI", "NO_COLOR")}
    return ours | {"PYTHONPATH": str(_SOURCE), "TERM": "xterm"}


class Screen:
    """A run in a terminal.

    Args:
        folder: where the workflow is.
        arguments: of `treadle`.
        shell: put a shell with job control in between.

    Attributes:
        text: all that was shown.
    """

    def __init__(self, folder: Path, *arguments: str, shell: bool = False) -> None:
        self.text = b""
        self._master, slave = pty.openpty()
        between = ["-c", _SHELL] if shell else []
        self.process = subprocess.Popen(
            [sys.executable, "-c", _BECOME, *between, "-m", "treadle", *arguments],
            cwd=folder,
            env=_environment(),
            stdin=slave,
            stdout=slave,
            stderr=slave,
        )
        os.close(slave)
        self._left = threading.Event()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        # Never blocked in a read: a terminal that is being read is not gone when it is closed.
        while not self._left.is_set():
            if not select.select([self._master], [], [], 0.02)[0]:
                continue
            try:
                self.text += os.read(self._master, 65536)
            except OSError:
                return

    def _leave(self) -> None:
        self._left.set()
        self._reader.join()
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def press(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._master, keys)

    def shows(self, text: bytes) -> None:
        """Wait until it shows something."""
        until(lambda: text in self.text, f"{text!r} on the terminal")

    def code(self) -> int:
        """Wait for the end."""
        return self.process.wait(PATIENCE)

    def hang_up(self) -> None:
        """The terminal goes away."""
        self._leave()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        # What was written last is still to be read.
        self._reader.join(1)
        self._leave()
