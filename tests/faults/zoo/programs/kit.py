"""What the programs of the zoo have in common.

A program builds its tree, tells the judge through the FIFO `ZOO_READY` which attempt it
is and how many processes it has beside its leader, and then does what its form says:
`hang` keeps the leader for ever, `end` lets it end normally and leave the rest behind.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import NoReturn

FORM = sys.argv[1]

_SET_NAME = 15
_SET_CHILD_SUBREAPER = 36
_LINK = 0.005  # seconds; 200 links of a storm in a second


def built(processes: int) -> NoReturn:
    """The tree stands: say so, and go on in the form that was asked for."""
    tell(processes)
    finish()


def finish() -> NoReturn:
    if FORM == "end":
        os._exit(0)
    hang()


def tell(processes: int) -> None:
    with open(os.environ["ZOO_READY"], "wb", buffering=0) as fifo:
        fifo.write(f"{os.environ.get('TREADLE_ATTEMPT', '1')} {processes}\n".encode())


def hang() -> NoReturn:
    while True:
        signal.pause()


def child(work: Callable[[], object]) -> int:
    """Fork a process that does the work and hangs; its pid."""
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
        hang()
    finally:
        os._exit(1)


def orphan(work: Callable[[], object]) -> None:
    """A process whose parent is gone when this returns."""

    def parent() -> NoReturn:
        child(work)
        os._exit(0)

    os.waitpid(child(parent), 0)


class Gate:
    """Descendants pass it when they are in place; the leader waits for them."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()
        os.set_inheritable(self.writer, True)

    def passed(self) -> None:
        os.write(self.writer, b".")

    def wait(self, count: int = 1) -> None:
        while count:
            count -= len(os.read(self.reader, count))


def storm(prepare: Callable[[], object], each: Callable[[], object]) -> NoReturn:
    """A chain of processes, each of which forks the next one and exits."""
    gate = Gate()

    def chain() -> None:
        prepare()
        link = 0
        while True:
            link += 1
            if os.fork():
                os._exit(0)
            each()
            if link == 5:
                gate.passed()
            time.sleep(_LINK)

    orphan(chain)
    gate.wait()
    built(1)


def libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def set_name(name: str) -> None:
    libc().prctl(_SET_NAME, name.encode(), 0, 0, 0)


def become_subreaper() -> None:
    libc().prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def wipe_arguments() -> None:
    """Zeros where the kernel looks for the command line and the environment of this process."""
    with open("/proc/self/stat", "rb") as file:
        fields = file.read().rpartition(b")")[2].split()
    first, last = int(fields[45]), int(fields[48])  # arg_start, env_end
    ctypes.memset(first, 0, last - first)
