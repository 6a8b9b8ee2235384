"""One run: the only place where engine, executors and jobs meet.

::

      dag ──▶ engine ──Offer──▶ enqueue ──▶ provider ──▶ push ──Offered──▶ engine
                     ──Start──▶ launch ──▶ on_start, executor.start
                                              │ (threads, processes)
      inbox ◀── notify_end(uid) ◀─────────────┘
        │
        └─▶ wait ──Ended──▶ engine ──Collect──▶ collect, on_finish ──Collected──▶ engine
                 ──Tick───▶ engine ──Stop────▶ executor.interrupt, executor.kill

User code runs on the thread that called `run()`, one call at a time. That thread
waits in one place only (`_receive`), for one thing only: the next message in the
inbox or the engine's next deadline, whichever is first.

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
import queue
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from treadle.engine import (
    Collect,
    Command,
    Engine,
    EngineError,
    Finish,
    Offer,
    Outcome,
    Stage,
    Start,
    Stop,
    VertexID,
)
from treadle.errors import JobError, StalledError
from treadle.job.base import Job
from treadle.job.live import Live, logger
from treadle.job.situation import answer
from treadle.job.spec import requeue_delay
from treadle.job.ticket import (
    AskMessage,
    EndMessage,
    HaltMessage,
    LimitMessage,
    Message,
    Ticket,
)

if TYPE_CHECKING:
    from treadle.dag import DAG
    from treadle.job.scheduler import Scheduler
    from treadle.job.wiring import Wiring

_PATROL = 10.0  # seconds of silence after which the attempts are looked after


def describe(driver: Driver, error: BaseException) -> None:
    """Add a note to the exception that says in which callback of which job it was raised."""
    if driver.doing is not None and not isinstance(error, KeyboardInterrupt | SystemExit):
        what, uid = driver.doing
        with contextlib.suppress(Exception):
            error.add_note(f"treadle: raised by {what} of job {uid!r}; the run was stopped")
    driver.doing = None


def _earlier(one: float | None, other: float) -> float:
    return other if one is None else min(one, other)


class Driver:
    """Drives one run of a scheduler.

    Args:
        owner: the scheduler, whose stages and callbacks are called.
        dag: the graph, checked.
        engine: the engine for it.
        wiring: clock, executors and threads of the run.
    """

    def __init__(self, owner: Scheduler, dag: DAG, engine: Engine, wiring: Wiring) -> None:
        self.owner = owner
        self.dag = dag
        self.engine = engine
        self.wiring = wiring
        self.inbox = wiring.inbox
        self.jobs: dict[VertexID, Job] = {}
        self.live: dict[VertexID, Live] = {}
        self.offers: deque[VertexID] = deque()
        self.doing: tuple[str, VertexID] | None = None
        self.halt_posted = False
        self.begun = False
        self.attempts = 0
        self.held_until: float | None = None
        self._silence = 0.0
        self.polite: int = signal.SIGTERM
        self._now = wiring.clock.monotonic
        self._debug = logger.isEnabledFor(logging.DEBUG)

    # -- stages --------------------------------------------------------------------

    def enqueue(self) -> None:
        """Ask the provider for each job that is ready, and push it or skip it."""
        if not self.begun:
            self.begun = True
            self.perform(self.engine.begin(self._now()))
        offers = self.offers
        while offers and not self.halt_posted:
            uid = offers.popleft()
            job = self.jobs.get(uid) or self._provide(uid)
            if job.should_skip:
                self._skip(job)
            else:
                self.owner.push(job)

    def _provide(self, uid: VertexID) -> Job:
        data, predecessors = self.dag.vertex_data[uid], self.dag.get_predecessors(uid)
        self.doing = ("the provider", uid)
        job = self.owner.safe_job_provider(uid, data, predecessors, Ticket(self.inbox, uid))
        self.doing = None
        if not isinstance(job, Job):
            raise JobError(f"the provider returned {job!r} for {uid!r}; it must return a Job")
        if job.uid != uid:
            raise JobError(
                f"the provider returned job {job.uid!r} for vertex {uid!r}; "
                "a job's uid must be its vertex's"
            )
        return job

    def _skip(self, job: Job) -> None:
        self.doing = ("collect", job.uid)
        try:
            self.owner.safe_collect(job)
        except BaseException as error:
            describe(self, error)
            self._finish_skipped(job)
            raise
        self._finish_skipped(job)
        self.perform(self.engine.skipped(job.uid, self._now()))

    def _finish_skipped(self, job: Job) -> None:
        self.doing = ("on_finish", job.uid)
        job.on_finish(self.owner)
        self.doing = None

    def push(self, job: Job) -> None:
        """Put a job into its queue.

        Raises:
            JobError: it can never run, or it is queued or running already.
        """
        try:
            spec = self.wiring.spec(job)
        except BaseException:
            self.doing = ("the requirements", job.uid)
            raise
        try:
            self.engine.offered(job.uid, spec, self._now())
        except EngineError as error:
            raise JobError(
                f"cannot push: {error}; return True from collect to run it again"
            ) from None
        self.jobs[job.uid] = job

    def launch(self) -> None:
        """Start jobs as long as one fits."""
        for start in self._fitting():
            self._start(*start)
        if self.live or self.held_until is not None or self.halt_posted:
            return
        engine = self.engine
        if engine.stalled:
            names = ", ".join(repr(uid) for uid, _ in engine.stuck) or "nobody"
            raise StalledError(
                f"{engine.queues.waiting} jobs wait for tokens that are not there; "
                f"held by stuck jobs: {names}"
            )

    def _fitting(self) -> Iterator[Start]:
        """What can start now, decided one by one: a callback may push a better job in between."""
        engine, owner = self.engine, self.owner
        self.held_until = None
        while engine.queues.waiting and not self.halt_posted:
            if owner._holds and self._is_held():  # noqa: SLF001 -- one unit
                return
            commands = engine.launch(self._now())
            if not commands:
                return
            for command in commands:
                if command.__class__ is Start:
                    yield command
                else:
                    self.perform((command,))

    def _is_held(self) -> bool:
        now = self._now()
        until = self.owner._hold_until(now)  # noqa: SLF001 -- one unit
        self.held_until = until if until is not None and until > now else None
        return self.held_until is not None

    def _start_ahead(self, commands: list[Command]) -> list[Job]:
        """Start what fits now, before what has ended is dealt with: the machine need not wait.

        Only where the owner says that this makes no difference, and where no job that
        would have gone first becomes ready by that end.
        """
        for command in commands:
            if not isinstance(command, Collect) or not self.engine.frees_nobody(command.uid):
                return []
            job = self.live[command.uid].job
            if not self.owner._may_go_ahead(job, command.outcome):  # noqa: SLF001 -- one unit
                return []
        return [self._start(*start, ahead=True) for start in self._fitting()]

    def _start(self, uid: VertexID, number: int, slot: int, ahead: bool = False) -> Job:
        job = self.jobs[uid]
        live = self.live[uid] = Live(job, number, self.wiring.executor(job))
        self.attempts += 1
        job.attempt = number
        job._threads = self.wiring.threads  # noqa: SLF001 -- where Job.start finds its thread
        ticket = job.notify_end
        if isinstance(ticket, Ticket):
            ticket.attempt = number
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

    def wait(self) -> None:
        """Wait for the next end or deadline, then take all ends that have arrived."""
        deadline = self.engine.next_deadline()
        until = deadline if self.held_until is None else _earlier(deadline, self.held_until)
        if self.live or self.halt_posted or until is not None:
            message = self._receive(until)
            messages = self.inbox.messages
            while message is not None:
                self.take(message)
                message = None if messages.empty() else messages.get_nowait()
            if deadline is not None and deadline <= (now := self._now()):
                self.perform(self.engine.tick(now))
        elif not (self.offers or self.engine.queues.waiting or self.engine.finished):
            raise StalledError("bug in treadle: nothing is left to wait for; please report it")

    # -- messages ------------------------------------------------------------------

    def _receive(self, until: float | None) -> Message | None:
        # Many short waits make one long silence: whoever is asked often must not keep
        # the patrol away.
        left = _PATROL - self._silence
        timeout = left if until is None else min(left, until - self._now())
        try:
            message = self.wiring.receive(timeout)
        except queue.Empty:
            self._silence += max(timeout, 0.0)
            if self._silence >= _PATROL:
                self._silence = 0.0
                self._patrol()
            return None
        self._silence = 0.0
        return message

    def take(self, message: Message) -> None:
        """Handle one message; a halt is raised."""
        commands = self.react(message)
        ahead = self._start_ahead(commands) if self.owner._goes_ahead else ()  # noqa: SLF001 -- one unit
        self.perform(commands)
        for job in ahead:
            job.on_start(self.owner)

    def react(self, message: Message) -> list[Command]:
        """What is to be done about a message; a halt is raised."""
        if message.__class__ is EndMessage:
            return self.end(*message)
        if isinstance(message, HaltMessage):
            self.halt_posted = False
            raise message.error
        if isinstance(message, LimitMessage):
            return self.engine.overrun(*message, self._now())
        assert isinstance(message, AskMessage), message
        return answer(self, message.signum)

    def end(self, uid: VertexID, number: int) -> list[Command]:
        """Tell the engine that an attempt has ended; 0 is the one that is active."""
        live = self.live.get(uid)
        if live is None:
            return self.engine.ended(uid, number, Outcome.LOST, self._now())
        outcome = live.executor.outcome(live.job)
        return self.engine.ended(uid, number or live.number, outcome, self._now())

    def perform(self, commands: Iterable[Command]) -> None:
        """Do what the engine says."""
        for command in commands:
            if isinstance(command, Offer):
                self.offers.append(command.uid)
            elif isinstance(command, Collect):
                self._collect(self.live[command.uid], command.outcome)
            elif isinstance(command, Stop):
                self.stop(*command)
            else:
                assert isinstance(command, Finish), command

    # -- the end of an attempt -------------------------------------------------------

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
