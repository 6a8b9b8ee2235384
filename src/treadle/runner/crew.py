"""Jobs that are Python functions, run by threads that take the next job themselves.

The problem: handing a job to a thread and its end back costs 10 to 35 µs on two processors,
each time, because two threads that take turns fight for the interpreter's lock. With one
thread that decides and others that work, that is the price of every job.

What is done: whoever has finished a job does what the end of it asks for (the engine, the
book, the facts) and takes the next job, under one lock for all. What a job returned is still
in the cache of the processor where the job that needs it is called; a chain runs on one
thread. Others are woken only while a job is left that could be taken at once. Threads are
made when they are first of use.

Where jobs are shorter than the waking of a thread, two threads are slower than one: they
only wait for each other's lock. So a thread whose job was that short wakes nobody, and one
that had to wait for the lock after such a job steps aside. Whether the next job is long is
not known before: the thread that watches looks every two milliseconds, as long as there are
jobs to take and threads to spare, and wakes one if little was done since.

The thread that called `run` only watches: signals, timeouts, the pauses before retries. It
is told when its next appointment becomes earlier, and when all is over. It runs no jobs: an
exception that a signal raises would come out of the middle of one.

What is not covered: nothing can stop a thread. A function that goes on after its timeout is
waited for as long as the job's `grace` says, then given up: its job is `stuck`, and another
thread takes its place. It keeps the tokens of its queues until it does return, except for
those of the queue `default`, which stand for threads. `process=True` is the remedy.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from treadle.runner.binding import keywords
from treadle.runner.desk import Desk, Work, Worker
from treadle.runner.failure import stripped
from treadle.runner.watcher import Watcher


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


class Crew(Watcher):
    """The threads of one round.

    Args:
        desk: decides; used under the lock of the crew only.
        most: how many threads there may be.

    Attributes:
        failure: what a view, or treadle itself, raised; the round was stopped for it.
    """

    def __init__(self, desk: Desk, most: float) -> None:
        super().__init__(desk)
        self.failure: BaseException | None = None
        self._most = most
        self._idle: list[Member] = []
        self._members: list[Member] = []

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

    def _has_spare(self) -> bool:
        return bool(self._idle) or len(self._members) - len(self.desk.stuck) < self._most

    def _share(self, member: Member) -> None:
        if not member.quick:
            self._call_another()
        else:
            self._keep_looking()

    def _call_another(self) -> None:
        if self._idle:
            self._idle.pop().sleep.release()
            return
        members = self._members
        if not self._has_spare():
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
        jobs, now = self.desk.jobs, self.desk.now
        lock.acquire()
        try:
            waited = False
            while (work := self._take(member, waited)) is not None:
                job = work.job
                call: Any = job.call
                arguments: dict[str, Any] | None = keywords(jobs, job, results)
                lock.release()
                value = raised = None
                try:
                    value = call.function(**arguments)  # type: ignore[arg-type]  # not None yet
                except BaseException as error:  # noqa: BLE001 -- whatever it is, it is the job's
                    raised = stripped(error)
                # Before the lock is waited for: that is no part of the job.
                at = now()
                # What it took is not to live longer than those who take it.
                arguments = None
                waited = not lock.acquire(False)
                if waited:
                    lock.acquire()
                try:
                    end(work, value, raised, at)
                except BaseException as error:  # noqa: BLE001 -- raised when the round is over
                    self._fail(error)
                if member.stuck:
                    # Another thread has taken its place; what it held is free again.
                    self._guarded(lambda: None)
                    return
        finally:
            lock.release()

    def _take(self, member: Member, waited: bool) -> Work | None:
        """Take a job, or wait for one; None if there never will be one.

        Args:
            member: who takes it.
            waited: it had to wait for the lock.
        """
        # Those for whom it waited go on.
        aside = waited and member.quick and bool(self.desk.active)
        if aside and self.desk.waiting:
            self._keep_looking()
        while not self.over:
            work = None
            if not aside:
                try:
                    work = self.desk.take(member)
                except BaseException as error:  # noqa: BLE001 -- raised when the round is over
                    self._fail(error)
            aside = False
            if work is not None:
                self.turns += 1
                if self._has_spare() and self.desk.waiting:
                    # There is more than this one.
                    self._share(member)
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
            member.quick = False
        return None
