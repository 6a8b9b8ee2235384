"""Jobs that are Python functions, run by threads that take the next job themselves.

The problem: handing a job to a thread and its end back costs 10 to 35 µs on two processors,
each time, because two threads that take turns fight for the interpreter's lock. With one
thread that decides and others that work, that is the price of every job.

What is done: whoever has finished a job does what the end of it asks for (the engine, the
book, the facts) and takes the next job, under one lock for all. What a job returned is still
in the cache of the processor where the job that needs it is called; a chain runs on one
thread. Others are woken only while a job is left that could be taken at once. Threads are
made when they are first of use.

The thread that called `run` only watches: signals, timeouts, the pauses before retries. It
is told when its next appointment becomes earlier, and when all is over. It runs no jobs: an
exception that a signal raises would come out of the middle of one.

What is not covered: nothing can stop a thread. A function that goes on after its timeout is
waited for as long as the job's `grace` says, then given up: its job is `stuck`, and another
thread takes its place. It keeps the tokens of its queues until it does return, except for
those of the queue `default`, which stand for threads. `process=True` is the remedy.
"""

from __future__ import annotations

import math
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from treadle.clock import SYSTEM
from treadle.runner.binding import keywords
from treadle.runner.desk import Desk, Work, Worker
from treadle.runner.failure import stripped
from treadle.runner.scheduler import DeadlinePassed

_PATROL = 3600.0  # seconds; every wait has an end


class Member(Worker):
    """One thread of a crew.

    Args:
        serve: what it does.
        number: for its name.

    Attributes:
        sleep: is released by whoever wakes it.
    """

    def __init__(self, serve: Callable[[Member], None], number: int) -> None:
        self.sleep = threading.Lock()
        self.sleep.acquire()
        self.thread = threading.Thread(
            target=serve, args=(self,), name=f"treadle-{number}", daemon=True
        )


def _situation(desk: Desk) -> list[str]:
    """Say how a run is, in lines: what is active, since when; what waits."""
    now, nodes = desk.now(), desk.engine.readiness
    ended, queued = len(nodes.nodes) - nodes.unsettled, desk.engine.queues.waiting
    lines = [f"treadle: {len(desk.active)} active, {queued} queued, {ended} ended"]
    for name, work in desk.active.items():
        took, number = now - work.began, work.attempt.number
        lines.append(f"  {name}: {took:.1f} s, queue {work.job.queue}, attempt {number}")
    return lines


class Crew:
    """The threads of one round.

    Args:
        desk: decides; used under the lock of the crew only.
        most: how many threads there may be.

    Attributes:
        over: nothing is left to do.
        failure: what a view, or treadle itself, raised; the round was stopped for it.
    """

    def __init__(self, desk: Desk, most: float) -> None:
        self.desk = desk
        self.over = False
        self.failure: BaseException | None = None
        self._most = most
        self._lock = threading.Lock()
        self._inbox: queue.SimpleQueue[BaseException | int | None] = queue.SimpleQueue()
        self._idle: list[Member] = []
        self._members: list[Member] = []
        self._alarm = math.inf
        desk.appoint = self._appoint

    # -- the thread that watches ---------------------------------------------------------

    def begin(self) -> None:
        """Offer the first jobs, and let a first thread take one."""
        with self._lock:
            self._guarded(self.desk.begin)

    def post(self, message: BaseException | int) -> None:
        """Let `watch` return an exception, or answer a signal; for handlers of signals."""
        self._inbox.put(message)

    def watch(self, until: float = math.inf) -> BaseException | None:
        """Wait until all is over, an exception is posted, or an instant has come.

        Returns:
            The exception that was posted, `DeadlinePassed`, or None if all is over.
        """
        while not self.over:
            with self._lock:
                self._alarm = self.desk.next()
            now = self.desk.now()
            if until <= now:
                return DeadlinePassed()
            try:
                wait = min(self._alarm, until, now + _PATROL) - now
                error = SYSTEM.receive(self._inbox, max(wait, 0.0))
            except queue.Empty:
                with self._lock:
                    self._guarded(self.desk.tick)
                continue
            if isinstance(error, int):
                self._answer(error)
            elif error is not None:
                return error
        return None

    def _answer(self, signum: int) -> None:
        """Stand still (SIGTSTP), or say how the run is."""
        if signum != signal.SIGTSTP:
            with self._lock:
                lines = _situation(self.desk)
            sys.stderr.write("".join(f"{line}\n" for line in lines))
            return
        began = self.desk.now()
        # Only the default action stops a process as a shell knows it; all threads stop with it.
        handler = signal.signal(signum, signal.SIG_DFL)
        os.kill(os.getpid(), signum)
        signal.signal(signum, handler)
        with self._lock:
            self.desk.engine.continued(self.desk.now() - began, began)

    def _appoint(self, at: float) -> None:
        if at < self._alarm:
            self._alarm = at
            self._inbox.put(None)

    def halt(self, reason: str) -> None:
        """Start nothing more; said again, give up what runs."""
        with self._lock:
            self._guarded(lambda: self.desk.halt(reason))

    def join(self) -> None:
        """Wait until all threads are gone that can go."""
        for member in self._members:
            if not member.stuck:
                member.thread.join()

    # -- with the lock -------------------------------------------------------------------

    def _guarded(self, do: Callable[[], object]) -> None:
        try:
            do()
        except BaseException as error:  # noqa: BLE001 -- raised when the round is over
            self._fail(error)
        if self.desk.waiting:
            self._call_another()
        self._look_around()

    def _fail(self, error: BaseException) -> None:
        if self.failure is None:
            self.failure = error
            self._inbox.put(error)
        self.desk.engine.halt("failure", self.desk.now())

    def _look_around(self) -> None:
        """Wake everybody if there never will be anything to do."""
        # After a failure in the middle of a decision the books may wait for its other half.
        broken = self.failure is not None and not self.desk.engine.active
        if (self.desk.over or broken) and not self.over:
            self.over = True
            self._inbox.put(None)
            for member in self._idle:
                member.sleep.release()
            self._idle.clear()

    def _is_over(self) -> bool:
        return self.over

    def _call_another(self) -> None:
        if self._idle:
            self._idle.pop().sleep.release()
            return
        members = self._members
        if len(members) - len(self.desk.stuck) >= self._most:
            return
        member = Member(self._serve, len(members) + 1)
        members.append(member)
        try:
            member.thread.start()
        except RuntimeError as error:  # the system has no more threads
            members.pop()
            if not members:
                self._fail(error)

    # -- the threads that work -----------------------------------------------------------

    def _serve(self, member: Member) -> None:
        lock, end, results = self._lock, self.desk.end, self.desk.book.results
        jobs = self.desk.jobs
        lock.acquire()
        try:
            while (work := self._take(member)) is not None:
                job = work.job
                call: Any = job.call
                arguments: dict[str, Any] | None = keywords(jobs, job, results)
                lock.release()
                value = raised = None
                try:
                    value = call.function(**arguments)  # type: ignore[arg-type]  # not None yet
                except BaseException as error:  # noqa: BLE001 -- whatever it is, it is the job's
                    raised = stripped(error)
                # What it took is not to live longer than those who take it.
                arguments = None
                lock.acquire()
                try:
                    end(work, value, raised)
                except BaseException as error:  # noqa: BLE001 -- raised when the round is over
                    self._fail(error)
                if member.stuck:
                    # Another thread has taken its place; what it held is free again.
                    self._guarded(lambda: None)
                    return
        finally:
            lock.release()

    def _take(self, member: Member) -> Work | None:
        """Take a job, or wait for one; None if there never will be one."""
        while not self.over:
            try:
                work = self.desk.take(member)
            except BaseException as error:  # noqa: BLE001 -- raised when the round is over
                self._fail(error)
                work = None
            if work is not None:
                if self.desk.waiting and (self._idle or len(self._members) < self._most):
                    # There is more than this one.
                    self._call_another()
                return work
            self._look_around()
            if self._is_over():
                break
            self._idle.append(member)
            self._lock.release()
            try:
                member.sleep.acquire()
            finally:
                self._lock.acquire()
        return None
