"""What somebody outside asks of a run with a signal: to stand still, or to say how it is."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from treadle.clock import SYSTEM
from treadle.engine import Command

if TYPE_CHECKING:
    from treadle.job.driver import Driver
    from treadle.job.live import Live


def answer(driver: Driver, signum: int) -> list[Command]:
    """Do what SIGTSTP, SIGUSR1 or SIGQUIT ask for."""
    if signum != signal.SIGTSTP:
        driver.owner.report_state(situation(driver))
        return []
    return _stand_still(driver)


def situation(driver: Driver) -> list[str]:
    """How a run is, in lines: what is active, since when, in which queue; what waits."""
    engine, now = driver.engine, driver._now()  # noqa: SLF001 -- one unit
    ended = len(engine.readiness.nodes) - engine.readiness.unsettled
    head = f"{len(driver.live)} active, {engine.queues.waiting} queued, {ended} ended"
    held = f"; stopping ({engine.halts})" if engine.halts else ""
    return [f"treadle: {head}{held}", *(_line(live, now) for live in driver.live.values())]


def _line(live: Live, now: float) -> str:
    job = live.job
    for_ = f"{now - live.since:.1f} s" if live.running else "starting"
    pid = getattr(getattr(job, "proc_handle", None), "known_pid", None)
    process = f", process {pid}" if pid else ""
    told = ", told to end" if job.interrupted else ""
    return f"  {job.uid}: {for_}, queue {job.queue_name}, attempt {live.number}{process}{told}"


def _stand_still(driver: Driver) -> list[Command]:
    """Ctrl-Z: the processes of all jobs stop, then this one; after `fg`, all go on.

    Deadlines move on by as long as that took. What runs in threads stops with us.
    """
    for live in driver.live.values():
        live.suspend(resume=False)
    began = SYSTEM.monotonic()
    # The handler steps aside: only the default action stops a process as a shell knows it.
    handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTSTP)
    signal.signal(signal.SIGTSTP, handler)
    for live in driver.live.values():
        live.suspend(resume=True)
    stood = SYSTEM.monotonic() - began
    return driver.engine.continued(stood, driver._now())  # noqa: SLF001 -- one unit
