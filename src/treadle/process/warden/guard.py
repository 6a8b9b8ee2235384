"""The first process of the pair: it outlives the warden, whatever happens to that.

A subreaper above the warden. It waits for the warden's end and does nothing else; if
that was not a good one, what the warden leaves behind has come here, and is killed. The
scheduler waits for this process, and knows then that nothing is left.
"""

from __future__ import annotations

import os
import signal
from typing import NoReturn

from . import kernel
from .loop import Warden
from .trees import kill_all


def main(link: int, scheduler: int, marks: bytes, session: bytes) -> NoReturn:
    """Become guard and warden.

    Args:
        link: the warden's end of the socket.
        scheduler: the process at the other end, and the parent of this one.
        marks: the marks that the environment has, of jobs that this is a part of.
        session: what the marks of this warden's attempts begin with.
    """
    _fill_standard_streams()
    # Everything is blocked for good: nothing interrupts, and what matters is read from a
    # descriptor. Programs are started with an empty mask.
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    # A parent that ignores it passes that on, and ends would go unnoticed.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    watched = _pidfd(scheduler)
    kernel.become_subreaper()
    kernel.set_name(b"treadle-guard")
    guard = os.getpid()
    warden = os.fork()
    if not warden:
        _ward(guard, link, scheduler, watched, marks, session)
    os.close(link)
    _stand_guard(warden)


def _ward(
    guard: int, link: int, scheduler: int, watched: int, marks: bytes, session: bytes
) -> NoReturn:
    code = 1
    try:
        kernel.die_with_parent(signal.SIGTERM)
        if os.getppid() == guard:
            kernel.become_subreaper()
            kernel.set_name(b"treadle-warden")
            Warden(link, scheduler, watched, marks, session).run()
            code = 0
    finally:
        # Without the interpreter's farewell: it takes longer than a whole job.
        os._exit(code)


def _stand_guard(warden: int) -> NoReturn:
    while True:
        pid, status = os.wait()
        if pid == warden:
            break
    if status:
        kill_all()
    os._exit(1 if status else 0)


def _pidfd(scheduler: int) -> int:
    """End of file on the socket says the same, but not if a fork of the scheduler holds it."""
    descriptor = os.pidfd_open(scheduler)
    if os.getppid() != scheduler:
        os._exit(1)
    return descriptor


def _fill_standard_streams() -> None:
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
