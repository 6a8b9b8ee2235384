"""The end of a run that cannot go on: everything stopped together, nothing left.

Entered with the exception that ended the run, again for each further interrupt,
each of which is one step harder: ask, kill, give up.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable

from treadle.engine import Collect, Command
from treadle.errors import StoreError, Terminated
from treadle.job.driver import Driver
from treadle.job.live import Live, logger
from treadle.job.ticket import EndMessage

_AGAIN = (KeyboardInterrupt, Terminated)


def wind_up(driver: Driver, error: BaseException) -> None:
    """Stop all attempts, wait for them, collect and finish each of them once.

    Args:
        driver: of the run.
        error: what ended the run.
    """
    engine = driver.engine
    _adopt(driver)
    driver.polite = _polite(error)
    if not engine.halts:
        logger.info("Interrupting jobs...")
    _perform(driver, error, engine.halt(type(error).__name__, driver._now()))  # noqa: SLF001 -- one unit
    for live in [live for uid, live in driver.live.items() if uid not in engine.active]:
        # Their end was being dealt with when the exception came.
        _finish(driver, error, live)
    _recover_ends(driver)
    while engine.active:
        _next(driver, error)


def _polite(error: BaseException) -> int:
    """The signal that jobs are asked with: the one that we were asked with.

    A program knows best what its own Ctrl-C means. SIGQUIT would make it dump core.
    """
    if isinstance(error, KeyboardInterrupt):
        return signal.SIGINT
    if isinstance(error, Terminated) and error.signum == signal.SIGHUP:
        return signal.SIGHUP
    return signal.SIGTERM


def _adopt(driver: Driver) -> None:
    """Answer for attempts that the engine has begun and the driver has not heard of."""
    driver.begun = True
    driver.offers.clear()
    for uid, attempt in driver.engine.active.items():
        if uid not in driver.live:
            job = driver.jobs[uid]
            executor = driver.wiring.executor(job)
            driver.live[uid] = Live(job, attempt.number, executor)


def _recover_ends(driver: Driver) -> None:
    """Post the ends that may have been lost: an exception can come with the message in hand."""
    for uid, live in driver.live.items():
        if live.running and live.executor.alive(live.job) is False:
            driver.inbox.post(EndMessage(uid, live.number))


def _next(driver: Driver, error: BaseException) -> None:
    deadline = driver.engine.next_deadline()
    message = driver._receive(_earlier(deadline, _recorded(driver)))  # noqa: SLF001 -- one unit
    if message is not None:
        _perform(driver, error, driver.react(message))
    now = driver._now()  # noqa: SLF001 -- one unit
    if deadline is not None and deadline <= now:
        _perform(driver, error, driver.engine.tick(now))


def _recorded(driver: Driver) -> float | None:
    """Record the ends so far; return when those that could not be are tried again."""
    ledger = driver.ledger
    if ledger is None:
        return None
    with contextlib.suppress(StoreError):  # it keeps the error for those who close the record
        ledger.keep_up(idle=False)
    return ledger.due


def _earlier(one: float | None, other: float | None) -> float | None:
    return one if other is None or (one is not None and one < other) else other


def _perform(driver: Driver, error: BaseException, commands: list[Command]) -> None:
    for command in commands:
        if isinstance(command, Collect):
            live = driver.live[command.uid]
            live.job.outcome = command.outcome
            _finish(driver, error, live)
        else:
            driver.perform([command])


def _finish(driver: Driver, error: BaseException, live: Live) -> None:
    """Collect and finish the job, as far as that has not been begun, and settle it."""
    job = live.job
    try:
        if not live.collected:
            live.collected = True
            _guard(driver, error, "collect", live, lambda: driver.owner.safe_collect(job))
        if not live.finished:
            live.finished = True
            _guard(driver, error, "on_finish", live, lambda: job.on_finish(driver.owner))
    finally:
        driver.doing = None
    driver.settle(live, requeue=False)


def _guard(
    driver: Driver, error: BaseException, what: str, live: Live, call: Callable[[], object]
) -> None:
    """Call back; what it raises is noted, since the run has ended for another reason."""
    driver.doing = (what, live.job.uid)
    try:
        call()
    except _AGAIN:
        raise
    except BaseException as second:  # noqa: BLE001 -- the first one is raised in the end
        logger.exception("%s of job %s raised while the run was stopped", what, live.job.uid)
        with contextlib.suppress(Exception):
            error.add_note(f"treadle: then {what} of job {live.job.uid!r} raised {second!r}")
