"""The first process of the pair: it outlives the warden, whatever happens to that.

A subreaper above the warden. It waits for the warden's end and does nothing else; if
that was not a good one, what the warden leaves behind has come here, and is killed. The
scheduler waits for this process, and knows then that nothing is left.
"""

from __future__ import annotations

import os
import sys

from . import cgroup, kernel
from .killing import kill_all
from .loop import Warden

TYPE_CHECKING = False  # as type checkers read it: loading `typing` takes longer than all of this
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable
    from typing import NoReturn
else:
    # Without the enumerations that `signal` puts around it.
    import _signal as signal


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
    os.set_inheritable(link, False)
    kernel.become_subreaper()
    kernel.set_name(b"treadle-guard")
    group = cgroup.enclose(session.decode())
    guard = os.getpid()
    warden = os.fork()
    if not warden:
        _ward(guard, lambda: Warden(link, scheduler, watched, marks, session, group))
    os.close(link)
    _stand_guard(warden, group)


def _ward(guard: int, make: Callable[[], Warden]) -> NoReturn:
    code = 1
    try:
        kernel.die_with_parent(signal.SIGTERM)
        if os.getppid() == guard:
            kernel.become_subreaper()
            kernel.set_name(b"treadle-warden")
            make().run()
            code = 0
    except BaseException:  # noqa: BLE001 -- what ends it is told, and ends it
        # The scheduler finds the stream ended; this says why, to whoever reads its errors.
        sys.excepthook(*sys.exc_info())
    finally:
        # Without the interpreter's farewell: it takes longer than a whole job.
        os._exit(code)


def _stand_guard(warden: int, group: cgroup.Group | None) -> NoReturn:
    while True:
        pid, status = os.wait()
        if pid == warden:
            break
    if status:
        kill_all()
    cgroup.leave(group)
    os._exit(1 if status else 0)


def _pidfd(scheduler: int) -> int:
    """End of file on the socket says the same, but not if a fork of the scheduler holds it."""
    try:
        descriptor = os.pidfd_open(scheduler)
    except ProcessLookupError:
        os._exit(1)
    if os.getppid() != scheduler:
        os._exit(1)
    return descriptor


def _fill_standard_streams() -> None:
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
