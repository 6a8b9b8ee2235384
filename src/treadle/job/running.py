"""How a run begins and how it ends, whatever comes in between.

The problem: an exception can come at any line, and while the first is dealt with,
a second one. What must happen in the end (stop the jobs, give the signals back,
let the threads go) must happen all the same.

What does not work is one `finally`: an interrupt between two of its lines skips the
rest. What is done: each such step may be repeated without harm, and is called from
two places, one inside the other. Not covered: a third exception at just the wrong
line. With the signal handlers of `treadle.job.signals` in place there is not even
a first one outside of callbacks; these two places are for hosts with handlers of
their own.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from treadle.errors import SchedulerError
from treadle.job.attempts import describe
from treadle.job.base import Job
from treadle.job.driver import Driver
from treadle.job.live import logger
from treadle.job.signals import Signals
from treadle.job.ticket import AskMessage, HaltMessage
from treadle.job.windup import wind_up

if TYPE_CHECKING:
    from treadle.dag import DAG
    from treadle.engine import Outcome
    from treadle.job.ledger import Ledger

# Each interrupt during the stop is taken, and made to count; a key held down sends 30 a second.
_PRESSES = 1000


class Running:
    """What the scheduler does around its stages."""

    _driver: Driver | None
    _lock: threading.RLock
    _running: bool
    _early: BaseException | None = None
    _callbacks_are_quick = False
    """Whether a signal may wait until a callback returns; else it is raised in it."""

    _goes_ahead = False
    """Whether jobs may be started before the one whose place they take is collected."""

    def _may_go_ahead(self, job: Job, outcome: Outcome) -> bool:
        """Whether that makes no difference when this job has ended in this way."""
        raise NotImplementedError

    _ledger: Ledger | None = None
    """Says what is to be recorded before what follows from it; None where nothing is."""

    _holds = False
    """Whether starts may be held back: whether `_hold_until` is asked at all."""

    def _hold_until(self, now: float) -> float | None:  # noqa: ARG002 -- a hook
        """The instant until which nothing is started, or None; both are monotonic seconds.

        Asked before each start while jobs wait to be started. While the instant is in the
        future, nothing starts; when it has come, or anything else happens before, this is
        asked again. Ends, timeouts and interrupts go on.
        """
        return None

    def init_state(self, dag: DAG) -> None:
        """Make everything ready for a run."""
        raise NotImplementedError

    def report_state(self, lines: list[str]) -> None:
        """Say how the run is, because SIGUSR1 or SIGQUIT asked for it: on the error output."""
        if sys.stderr is not None:
            sys.stderr.write("\n".join([*lines, ""]))

    def _open_journal(self, dag: DAG) -> None:
        """Begin the record of the run: all is ready, and nothing was started."""
        raise NotImplementedError

    def _work(self) -> None:
        """Go through the stages until all is done."""
        raise NotImplementedError

    def _run_through(self, dag: DAG) -> None:
        if self._running:
            raise SchedulerError("run() is under way on this scheduler; use another one")
        # What must be done at the end is done at two places, one inside the other: an
        # interrupt can keep a line from being run, but not two.
        signals = Signals(self._halt, self._ask, self._in_callback)
        try:
            try:
                self._running = True
                self._driver = None
                self._early = None
                signals.take()
                self._run(dag, signals)
            finally:
                self._end(signals)
        finally:
            self._end(signals)

    def _end(self, signals: Signals) -> None:
        if self._driver is not None and self._driver.journal is not None:
            self._driver.journal.release()
        signals.give_back()
        self._running = False
        self._close(wait=False)

    def _run(self, dag: DAG, signals: Signals) -> None:
        try:
            try:
                self.init_state(dag)
                self._listen(signals)
                self._open_journal(dag)
                self._work()
            except BaseException as error:
                self._stop(error)
                raise
        except BaseException as error:
            # The same once more, if an interrupt between two lines of the stop cut it short.
            driver = self._driver
            if driver is not None and (driver.live or driver.engine.active):
                self._stop(error)
            self._end_journal(error)
            raise
        else:
            self._end_journal(None)
        finally:
            self._close(wait=True)

    def _end_journal(self, error: BaseException | None) -> None:
        if self._driver is not None and self._driver.journal is not None:
            self._driver.journal.end(error)

    def _listen(self, signals: Signals) -> None:
        driver = self._driver
        if driver is not None:
            driver.inbox.when_heard(signals.wake)
            if self._early is not None:
                raise self._early

    def _stop(self, error: BaseException) -> list[BaseException]:
        """Wind up; each exception that comes in the meantime makes it harder.

        Returns:
            The interrupts that came.
        """
        driver, interrupts = self._driver, list[BaseException]()
        if driver is None:
            return interrupts
        describe(driver, error)
        for presses in range(_PRESSES):
            if presses and not (driver.live or driver.engine.active):
                break
            try:
                with Job.lock.using(self._lock):
                    wind_up(driver, error)
            except (KeyboardInterrupt, SystemExit) as interrupt:
                interrupts.append(interrupt)
            except BaseException:  # noqa: BLE001 -- whatever it is, the jobs are to be stopped
                logger.exception("bug in treadle: while the run was stopped; please report it")
        if driver.engine.stuck:
            names = ", ".join(repr(uid) for uid, _ in driver.engine.stuck)
            error.add_note(f"treadle: still running, could not be stopped: {names}")
        return interrupts

    def _close(self, wait: bool) -> None:
        driver = self._driver
        if driver is not None:
            for uid, _ in driver.engine.stuck if wait else ():
                logger.error("job %s could not be stopped and is still running", uid)
            driver.wiring.close(wait and not driver.engine.stuck)
            if wait:
                driver.wiring.sweep()

    def _halt(self, error: BaseException) -> None:
        driver = self._driver
        if driver is None and self._running:
            self._early = error
        if driver is not None and self._running:
            driver.halt_posted = True
            driver.inbox.post(HaltMessage(error))

    def _ask(self, signum: int) -> None:
        driver = self._driver
        if driver is not None and self._running:
            driver.inbox.post(AskMessage(signum))

    def _in_callback(self) -> bool:
        driver = self._driver
        if self._callbacks_are_quick:
            # Before there is a driver, `_early` takes it, and it is raised when there is one.
            return False
        if driver is None:
            # Nothing was started yet: an exception harms nobody, and there is no inbox.
            return True
        return driver.doing is not None and driver.doing[0] != "start"
