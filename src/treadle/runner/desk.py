"""What is decided between two jobs of a crew: engine, book and facts, without a thread.

Whoever calls holds the lock of the crew. The plain course of a job takes the short ways of
`Express` and of `CallBook`; stops, failures and retries take the long ones.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from treadle.clock import SYSTEM
from treadle.engine import NEVER, Attempt, Collect, Offer, Outcome
from treadle.engine.express import Express
from treadle.runner.failure import GOOD, ending_of, given_up
from treadle.runner.specs import Specs
from treadle.unwatched import unwatched
from treadle.workflow.plan import DEFAULT_QUEUE

if TYPE_CHECKING:
    from treadle.engine import Command
    from treadle.engine.readiness import Node
    from treadle.report.reasons import Ending
    from treadle.runner.callbook import CallBook
    from treadle.runner.precedence import Order
    from treadle.workflow.plan import Plan, PlannedJob

_EXITED = Outcome.EXITED
_QUICK = 50e-6  # seconds


class Worker:
    """Who runs a job.

    Attributes:
        stuck: its job was given up: it is not counted on any more.
        quick: its last job took less than it costs to wake somebody for the next.
    """

    stuck = quick = False


class Work(Attempt):
    """An attempt, with what is needed to run it.

    Attributes:
        job: what the workflow says.
        began: when it began.
        worker: who runs it.
    """

    __slots__ = ("began", "job", "worker")

    job: PlannedJob
    began: float
    worker: Worker


class Desk:
    """Decides for one round of calls.

    Args:
        plan: all jobs.
        needs: those to run, and which of them each one needs; each has a call in a thread,
            or nothing to run.
        book: what comes of them.
        queues: the tokens of each queue.
        order: which of the ready jobs goes first, as for `Scheduler`.
        max_active: jobs at a time; None leaves that to the queues.
        drains: nothing more is started once the book says so.
        telling: whether anybody wants to know of each job.
        log: keeps what an attempt raised; returns where.

    Attributes:
        appoint: called with an instant that is earlier than those that `next` gave.
        stalled: jobs wait for tokens that stuck ones hold.
        stuck: the jobs that were given up.
        active: the attempts that are under way, by the job's name; it is the engine's own.
    """

    def __init__(
        self,
        plan: Plan,
        needs: Mapping[str, Sequence[str]],
        book: CallBook,
        queues: Mapping[str, float],
        *,
        order: Order,
        max_active: int | None,
        drains: bool,
        telling: bool,
        log: Callable[[str, int, BaseException], str | None],
    ) -> None:
        self.jobs = plan.jobs
        self.book = book
        with unwatched():
            self.engine = Express(needs.items(), queues, make=Work, max_active=max_active)
            flat = not any(plan.jobs[name].priority for name in needs)
            self.engine.order_by(order, flat=flat)
        self.appoint: Callable[[float], object] = lambda _: None
        self.stalled = False
        self.stuck: list[str] = []
        self.now = SYSTEM.monotonic
        self._default = queues.get(DEFAULT_QUEUE, 0)
        self._drains = drains
        self._telling = telling
        self._log = log
        self._specs = Specs(queues)
        self.active = self.engine.active
        self._first: dict[str, float] = {}

    # -- the round -----------------------------------------------------------------------

    def begin(self) -> None:
        """Offer the jobs that need nothing."""
        self._offer(self.engine.first())

    def next(self) -> float:
        """Return the instant at which `tick` is to be called; infinite if there is none."""
        deadline = self.engine.next_deadline()
        return math.inf if deadline is None else deadline

    def tick(self) -> None:
        """Do what is due: timeouts, further attempts."""
        now = self.now()
        if self.next() <= now:
            self._do(self.engine.tick(now))

    def halt(self, reason: str) -> None:
        """Start nothing more; said again, give up what runs."""
        self._do(self.engine.halt(reason, self.now()))

    @property
    def _drained(self) -> bool:
        return self._drains and self.book.draining

    @property
    def waiting(self) -> bool:
        """Whether there are jobs that a free thread might take."""
        return bool(self.engine.queues.waiting) and not self._drained

    @property
    def over(self) -> bool:
        """Whether nothing runs, and nothing can be taken any more."""
        if self.engine.active:
            return False
        return self.engine.finished or self._drained or self.stalled

    # -- one job -------------------------------------------------------------------------

    def take(self, worker: Worker) -> Work | None:
        """Take the next job that may start now; None if there is none."""
        if self.book.draining and self._drains:
            return None
        now = self.now()
        engine = self.engine
        work = engine.next(now)
        if work is None:
            # With a job to take, that was asked for in vain: stuck ones hold the tokens.
            self.stalled = engine.stalled
            return None
        work.job = self.jobs[work.node.uid]  # type: ignore[index]  # ids are names
        work.began = now
        work.worker = worker
        if work.deadline != NEVER:
            self.appoint(work.deadline)
        if self._telling:
            self._tell_start(work)
        return work

    def _tell_start(self, work: Work) -> None:
        name = work.job.name
        claims = dict(work.spec.claims)
        try:
            self.book.started(name, work.number, work.began, queues=claims, slot=work.slot)
        except BaseException:
            # It is not run, and its end is not told either.
            self.engine.ended(name, work.number, _EXITED, work.began)
            self.engine.collected(name, False, 0.0, work.began)
            raise

    def end(self, work: Work, value: Any, raised: BaseException | None, at: float) -> None:
        """Deal with the end of a job that was taken.

        Args:
            work: the attempt.
            value: what the function returned.
            raised: what it raised instead.
            at: when that was.
        """
        if raised is None and not self._telling:
            ready = self.engine.done(work)
            if ready is not None:
                took = at - work.began
                work.worker.quick = took < _QUICK
                self.book.passed(work.job.name, work.number, took, value)
                if ready:
                    self._offer(ready)
                return
        self._end(work, value, raised, at)

    def _end(self, work: Work, value: Any, raised: BaseException | None, now: float) -> None:
        job = work.job
        for command in self.engine.ended(job.name, work.number, _EXITED, now):
            outcome: Outcome = command.outcome  # type: ignore[union-attr]  # it is a Collect
            if raised is None and outcome is not Outcome.TIMED_OUT:
                # It may have been asked to end, and could not hear that: it did what it is for.
                self.book.results[job.name] = value
                self._settle(work, GOOD, now)
            else:
                self._settle(work, ending_of(job, outcome, raised, work.spec.timeout), now)
            return
        self._resize(job, -1)

    def _settle(self, work: Work, ending: Ending, now: float) -> None:
        name, number = work.job.name, work.number
        error, log = ending.raised or ending.error, None
        if error is not None:
            self.book.errors[name] = error
            log = self._log(name, number, error)
        first = self._first.get(name)
        try:
            delay = self.book.ended(
                name, number, ending, began=work.began, now=now, first_began=first, log=log
            )
        except BaseException:
            # A view raised: the run stops for it, but this job is over.
            self.engine.collected(name, False, 0.0, now)
            raise
        if delay is None:
            self._do(self.engine.collected(name, False, 0.0, now))
            return
        self._first.setdefault(name, work.began)
        self._do(self.engine.collected(name, True, delay, now))
        self.appoint(now + delay)

    def _do(self, commands: Iterable[Command]) -> None:
        nodes = self.engine.readiness.nodes
        for command in commands:
            if isinstance(command, Offer):
                self._offer((nodes[command.uid],))
            elif isinstance(command, Collect):
                self._give_up(command)

    def _offer(self, nodes: Iterable[Node]) -> None:
        left = list(nodes)
        book, jobs, engine = self.book, self.jobs, self.engine
        origins = book.origins
        for node in left:
            name: str = node.uid  # type: ignore[assignment]  # ids are names
            job = jobs[name]
            unsure = (origins or job.when is not None or job.on) and name not in self._first
            if unsure and (why := book.verdict(name, os.environ)):
                book.skip(name, why)
            elif job.call is None:
                book.gathered(name)
            else:
                engine.queue(node, self._specs.of(job, self._first))
                continue
            commands = engine.skipped(name, self.now())
            left += [engine.readiness.nodes[c.uid] for c in commands if isinstance(c, Offer)]

    # -- threads that do not come back ---------------------------------------------------

    def _give_up(self, command: Collect) -> None:
        name: str = command.uid  # type: ignore[assignment]  # ids are names
        work = self.engine.stuck[name, command.attempt]
        work.worker.stuck = True
        self.stuck.append(name)
        self._resize(work.job, 1)
        self._settle(work, given_up(work.job, work.cause, work.spec.timeout), self.now())

    def _resize(self, job: PlannedJob, sign: int) -> None:
        """Give the thread that takes its place the tokens of a stuck one, or take them back."""
        if job.queue == DEFAULT_QUEUE:
            self._default += sign * job.tokens
            self.engine.resized(DEFAULT_QUEUE, self._default, self.now())
