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
"""

from __future__ import annotations

import queue
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
    Start,
    Stop,
    VertexID,
)
from treadle.errors import JobError, StalledError
from treadle.job.attempts import Attempts, describe
from treadle.job.base import EmptyJob, Job
from treadle.job.situation import answer
from treadle.job.ticket import (
    AskMessage,
    EndMessage,
    HaltMessage,
    LimitMessage,
    Message,
    Ticket,
)
from treadle.status import ReturnValue

if TYPE_CHECKING:
    from treadle.dag import DAG
    from treadle.job.journal import Journal
    from treadle.job.scheduler import Scheduler
    from treadle.job.wiring import Wiring

_PATROL = 10.0  # seconds of silence after which the attempts are looked after


class Driver(Attempts):
    """Drives one run of a scheduler.

    Args:
        owner: the scheduler, whose stages and callbacks are called.
        dag: the graph, checked.
        engine: the engine for it.
        wiring: clock, executors and threads of the run.
    """

    def __init__(self, owner: Scheduler, dag: DAG, engine: Engine, wiring: Wiring) -> None:
        super().__init__(owner, engine, wiring)
        self.dag = dag
        self.offers: deque[VertexID] = deque()
        self.halt_posted = False
        self.begun = False
        self.ledger = owner._ledger  # noqa: SLF001 -- one unit
        self.pushed_aside = False
        self.held_until: float | None = None
        self._silence = 0.0

    def record_in(self, journal: Journal) -> None:
        """Record what happens from here on."""
        self.journal = self.ledger = journal

    # -- stages --------------------------------------------------------------------

    def enqueue(self) -> None:
        """Ask the provider for each job that is ready, and push it or skip it."""
        if not self.begun:
            self.begun = True
            self.perform(self.engine.begin(self._now()))
        offers, ledger = self.offers, self.ledger
        if ledger is not None and offers and not ledger.is_recorded():
            # A job is ready because something ended, and that is not recorded yet.
            return
        while offers and not self.halt_posted:
            uid = offers.popleft()
            job = self.jobs.get(uid) or self._provide(uid)
            if job.should_skip:
                self._skip(job)
            else:
                self.owner.push(job)

    def _provide(self, uid: VertexID) -> Job:
        data, journal = self.dag.vertex_data[uid], self.journal
        if journal is not None and uid in journal.standing:
            return EmptyJob(uid, data, Ticket(self.inbox, uid), ReturnValue.unchanged)
        predecessors = self.dag.get_predecessors(uid)
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
        if self.journal is not None:
            self.journal.passed(job)
        self.doing = ("on_finish", job.uid)
        job.on_finish(self.owner)
        self.doing = None

    def push(self, job: Job) -> None:
        """Put a job into its queue.

        Raises:
            JobError: it can never run, or it is queued or running already.
        """
        if self.journal is not None:
            self.journal.queued(job)
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
        if self.journal is not None:
            self.engine.resume(job.uid, self.journal.attempts(job))
            self.pushed_aside |= self.doing is not None

    def launch(self) -> None:
        """Start jobs as long as one fits."""
        if self.pushed_aside and self.ledger is not None:
            # By a callback, because of what is not recorded yet. Without room, nothing fits.
            self.pushed_aside = False
            self.ledger.is_recorded()
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
        engine = self.engine
        may_hold = self.ledger is not None or self.owner._holds  # noqa: SLF001 -- one unit
        self.held_until = None
        while engine.queues.waiting and not self.halt_posted:
            if may_hold and self._is_held():
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
        ledger, owner = self.ledger, self.owner
        if ledger is not None and (ledger.full is not None and not ledger.is_recorded()):
            until = ledger.due
        else:
            until = owner._hold_until(now) if owner._holds else None  # noqa: SLF001 -- one unit
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

    def wait(self) -> None:
        """Wait for the next end or deadline, then take all ends that have arrived."""
        until = deadline = self.engine.next_deadline()
        # Whoever holds starts says so again in each turn: what was said before is void.
        held, self.held_until = self.held_until, None
        if held is not None and (until is None or held < until):
            until = held
        ledger = self.ledger
        if ledger is not None:
            ledger.keep_up(idle=not self.live)
            if ledger.due is not None and (until is None or ledger.due < until):
                until = ledger.due
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
