"""Thousands of short-lived processes that nobody has any business with.

In a small pid space they soon have the pids of jobs that were killed, and the numbers of
their groups too. Each of them reports every signal that reaches it; what it cannot catch,
its parent sees in its status.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from typing import NoReturn

_AT_ONCE = 12
_LIVES = 0.01  # seconds, at most
_UNCAUGHT = {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}


class Bystander:
    """Forks until the file `over` is there, then says what it saw."""

    def __init__(self) -> None:
        self.forks = 0
        self.pids: set[int] = set()
        self.alive: set[int] = set()
        self.foreign: list[str] = []
        self.reader, self.writer = os.pipe2(os.O_NONBLOCK)
        # Forks have them from their first instruction on.
        for signum in signal.valid_signals() - _UNCAUGHT:
            signal.signal(signum, self._report)

    def run(self) -> None:
        while not os.path.exists("over"):
            while len(self.alive) < _AT_ONCE:
                self._fork()
            self._reap()
        while self.alive:
            self._reap()
        self.foreign += self._reports()
        said = {"forks": self.forks, "pids": sorted(self.pids), "foreign": self.foreign}
        with open("bystander.json", "w", encoding="utf-8") as file:
            json.dump(said, file)

    def _fork(self) -> None:
        lives = random.uniform(0, _LIVES)
        pid = os.fork()
        if not pid:
            _live(lives)
        self.forks += 1
        self.pids.add(pid)
        self.alive.add(pid)

    def _report(self, signum: int, _: object) -> None:
        os.write(self.writer, f"{os.getpid()} got {signal.Signals(signum).name}\n".encode())

    def _reap(self) -> None:
        pid, status = os.waitpid(-1, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            self.alive.discard(pid)
        if status:
            self.foreign.append(f"{pid} ended with status {status}")

    def _reports(self) -> list[str]:
        try:
            return os.read(self.reader, 65536).decode().splitlines()
        except BlockingIOError:
            return []


def _live(seconds: float) -> NoReturn:
    try:
        os.setpgid(0, 0)
        time.sleep(seconds)
    finally:
        os._exit(0)


if __name__ == "__main__":
    os.chdir(sys.argv[1])
    Bystander().run()
