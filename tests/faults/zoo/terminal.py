"""Pid 1 of one trial of the interrupt storm: `treadle run` in the foreground of a terminal.

A Ctrl-C is the character that a key sends: the terminal makes it a SIGINT for the whole
foreground group. Presses count from when treadle has begun: before that it is Python that
starts, and says what Python says when it is interrupted.
"""

from __future__ import annotations

import json
import os
import pty
import signal
import sys
import time
from collections.abc import Callable

from .pid1 import Namespace, listing, shows_traceback
from .setting import environment
from .trial import Press, Pressed

RETURNS_WITHIN = 1.0
EMPTY_WITHIN = 1.0
_BEGINS_WITHIN = 10.0
_PATIENCE = 4.0  # seconds beyond a promise, to tell late from never
_HEEDED = 0.3  # seconds before its end in which a run may finish in spite of a press
_CTRL_C = b"\x03"


class Terminal:
    """One trial.

    Args:
        press: what to do.
        folder: holds the workflow.
        path: where Python finds treadle.
    """

    def __init__(self, press: Press, folder: str, path: str) -> None:
        self.press = press
        self.space = Namespace()
        self.text = b""
        self.presses: list[float] = []
        self.problems: list[str] = []
        os.chdir(folder)
        os.mkfifo("ready")
        self.fifo = os.open("ready", os.O_RDWR | os.O_NONBLOCK)
        env = environment(path) | {"TERM": "xterm", "ZOO_READY": f"{folder}/ready"}
        self.scheduler, self.screen = pty.fork()
        if not self.scheduler:
            os.execve(sys.executable, [sys.executable, "-m", "treadle", "run", "-j8"], env)
        os.set_blocking(self.screen, False)
        self._inputs = [self.screen, self.fifo]

    def play(self) -> Pressed:
        """Press, see what follows."""
        if not self._wait(self._has_begun, _BEGINS_WITHIN, every=0.002):
            self.problems.append("it never began")
        begun = time.monotonic()
        for offset in self.press.offsets:
            self._wait(self._has_ended, begun + offset - time.monotonic())
            if not self._has_ended():
                os.write(self.screen, _CTRL_C)
                self.presses.append(time.monotonic())
        self._judge_exit()
        self._judge_survivors()
        self._judge_text()
        code = self.space.ended.get(self.scheduler)
        shown = self.text.decode(errors="replace")
        return Pressed(self.problems, code, len(self.presses), shown)

    def _judge_exit(self) -> None:
        due = self._due()
        self._wait(self._has_ended, due - time.monotonic() + _PATIENCE)
        late = time.monotonic() - due
        if not self._has_ended():
            self.problems.append("treadle did not end; where it was is on the screen")
            os.kill(self.scheduler, signal.SIGABRT)  # faulthandler shows the stacks
            self._wait(self._has_ended, _PATIENCE)
            return
        if late > 0:
            self.problems.append(f"treadle ended {late:.2f} s later than promised")
        code = self.space.ended[self.scheduler]
        finished = code == 0 and self.press.finishes
        if finished and self.presses and time.monotonic() - self.presses[0] > _HEEDED:
            self.problems.append("the presses were not heeded")
        elif code != 130 and not finished:
            self.problems.append(f"exit code {code}, not 130")

    def _due(self) -> float:
        """When treadle has to have ended; the second press does not wait for the grace."""
        if not self.presses:
            return time.monotonic() + self.press.grace
        due = self.presses[0] + self.press.grace + RETURNS_WITHIN
        return min([due, *(at + RETURNS_WITHIN for at in self.presses[1:2])])

    def _judge_survivors(self) -> None:
        left = self.space.survivors(EMPTY_WITHIN)
        if left:
            self.problems.append(f"survivors:{listing(left)}")

    def _judge_text(self) -> None:
        if shows_traceback(self.text.decode(errors="replace")):
            self.problems.append("a traceback")
        if self.text.count(b"interrupted by") > 1:
            self.problems.append("it said more than once that it was interrupted")

    # -- waiting -----------------------------------------------------------------------

    def _wait(self, until: Callable[[], bool], seconds: float, every: float = 0.02) -> bool:
        def looked() -> bool:
            self._read()
            return until()

        return self.space.wait(looked, seconds, *self._inputs, every=every)

    def _read(self) -> None:
        """Take what was written to the terminal, which would otherwise be full some day."""
        try:
            while self.screen in self._inputs and (piece := os.read(self.screen, 65536)):
                self.text += piece
        except BlockingIOError:
            return
        except OSError:  # how a terminal says that nobody is there any more
            self._inputs.remove(self.screen)

    def _has_begun(self) -> bool:
        """Output, the folder of the logs, or what the trial waits for beside them."""
        if self.press.ready:
            return self._is_ready()
        return bool(self.text) or os.path.isdir(".treadle/logs") or self._has_ended()

    def _is_ready(self) -> bool:
        try:
            return bool(os.read(self.fifo, 4096))
        except BlockingIOError:
            return False

    def _has_ended(self) -> bool:
        return self.scheduler in self.space.ended


def main() -> None:
    """Read the trial, write the verdict."""
    said = json.loads(sys.argv[1])
    terminal = Terminal(Press(**said["press"]), said["folder"], said["path"])
    sys.stdout.write(json.dumps(terminal.play()._asdict()))


if __name__ == "__main__":
    main()
