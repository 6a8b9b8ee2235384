"""The attempts of a run: each is started, stopped if need be, collected and settled once.

What may go wrong, and what holds then: an exception can come out of any callback,
and (from a signal) out of any line. An attempt is in the engine's books and in
`live` before anything of it is started, so winding up finds all of them; each is
stopped, awaited, collected and finished once, and only then is the exception
raised. An attempt whose start was cut short is taken back from its executor
(`revoke`) or, if it had begun after all, awaited.
"""

from __future__ import annotations

import contextlib
import logging
import signal
from collections.abc import Iterable
from typing import TYPE_CHECKING

from treadle.engine import Command, Engine, Outcome, Stage, VertexID
from treadle.job.base import Job
from treadle.job.live import Live, logger
from treadle.job.spec import requeue_delay
from treadle.job.ticket import EndMessage, Ticket

if TYPE_CHECKING:
    from treadle.job.journal import Journal
    from treadle.job.scheduler import Scheduler
    from treadle.job.wiring import Wiring


def describe(driver: Attempts, error: BaseException) -> None:
    """Add a note to the exception that says in which callback of which job it was raised."""
    if driver.doing is not None and not isinstance(error, KeyboardInterrupt | SystemExit):
        what, uid = driver.doing
        with contextlib.suppress(Exception):
            error.add_note(f"treadle: raised by {what} of job {uid!r}; the run was stopped")
    driver.doing = None


class Attempts:
    """What a driver does with the attempts that it answers for.

    Args:
        owner: the scheduler, whose callbacks are called.
        engine: what decides.
        wiring: clock, executors and threads of the run.

    Attributes:
        jobs: those that were pushed and are not settled, by id.
        live: the attempts that are not settled, by the job's id.
        doing: what is being called, and of which job, if it is not our own code.
        attempts: how many were started so far.
        journal: takes what is recorded; None where nothing is.
        polite: the signal that a process is asked to end with.
    """

    def __init__(self, owner: Scheduler, engine: Engine, wiring: Wiring) -> None:
        self.owner = owner
        self.engine = engine
        self.wiring = wiring
        self.inbox = wiring.inbox
        self.journal: Journal | None = None
        self.jobs: dict[VertexID, Job] = {}
        self.live: dict[VertexID, Live] = {}
        self.doing: tuple[str, VertexID] | None = None
        self.attempts = 0
        self.polite: int = signal.SIGTERM
        self._now = wiring.clock.monotonic
        self._debug = logger.isEnabledFor(logging.DEBUG)

    def perform(self, commands: Iterable[Command]) -> None:
        """Do what the engine says."""
        raise NotImplementedError

    def _start(self, uid: VertexID, number: int, slot: int, ahead: bool = False) -> Job:
        job = self.jobs[uid]
        live = self.live[uid] = Live(job, number, self.wiring.executor(job))
        self.attempts += 1
        job.attempt = number
        job._threads = self.wiring.threads  # noqa: SLF001 -- where Job.start finds its thread
        ticket = job.notify_end
        if isinstance(ticket, Ticket):
            ticket.attempt = number
        if self.journal is not None:
            self.journal.started(job, slot)
        if not ahead:
            self.doing = ("on_start", uid)
            job.on_start(self.owner)
        self.doing = ("start", uid)
        live.executor.start(job, slot)
        self.doing = None
        live.running = True
        live.since = now = self._now()
        self.engine.started(uid, number, now)
        return job

    def end(self, uid: VertexID, number: int) -> list[Command]:
        """Tell the engine that an attempt has ended; 0 is the one that is active."""
        live = self.live.get(uid)
        if live is None:
            return self.engine.ended(uid, number, Outcome.LOST, self._now())
        outcome = live.executor.outcome(live.job)
        return self.engine.ended(uid, number or live.number, outcome, self._now())

    def _collect(self, live: Live, outcome: Outcome) -> None:
        job = live.job
        uid = job.uid
        job.outcome = outcome
        if self._debug:
            how = "interrupted" if job.interrupted else "finished"
            logger.debug("job %s %s after %.3f s", uid, how, job.timing_info.duration)
        live.collected = True
        self.doing = ("collect", uid)
        requeue = self.owner.safe_collect(job)
        live.finished = True
        self.doing = ("on_finish", uid)
        job.on_finish(self.owner)
        self.doing = None
        self.settle(live, bool(requeue))

    def settle(self, live: Live, requeue: bool) -> None:
        """Tell the engine that the attempt was dealt with."""
        job, uid = live.job, live.job.uid
        requeue = requeue and self._may_requeue(live)
        delay = requeue_delay(job, self.owner.requeue_delay) if requeue else 0.0
        if self.journal is not None:
            self.journal.ended(job, requeue, delay)
        if requeue:
            job._renew()  # noqa: SLF001 -- the next attempt is a new one
        else:
            self.jobs.pop(uid, None)
        del self.live[uid]
        self.perform(self.engine.collected(uid, requeue, delay, self._now()))

    def _may_requeue(self, live: Live) -> bool:
        if live.job.outcome is Outcome.STUCK:
            logger.warning("job %s is not run again: it is stuck", live.job.uid)
            return False
        if not self.engine.may_requeue(live.number):
            logger.warning("job %s is not run again after %d attempts", live.job.uid, live.number)
            return False
        return True

    # -- stopping ----------------------------------------------------------------------

    def stop(self, uid: VertexID, number: int, stage: Stage) -> None:
        """Stop an attempt; what it does about that is not waited for."""
        live = self.live[uid]
        live.job._polite = self.polite  # noqa: SLF001 -- what asking is, this time
        live.stop(stage)
        if not live.running and live.executor.revoke(live.job):
            self.inbox.post(EndMessage(uid, number))

    def _patrol(self) -> None:
        """Nothing was heard for a while: find attempts that are gone, name those in doubt."""
        now = self._now()
        for uid, live in list(self.live.items()):
            if live.gone(now) and self.inbox.empty():
                self.perform(self.engine.ended(uid, live.number, Outcome.LOST, now))
