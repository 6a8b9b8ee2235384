"""Jobs that override `run`: each runs in a thread, and threads are used again.

A new thread costs about as much as eight hand-overs to a waiting one. So a
thread that has finished a job waits for the next, on one queue for all: the
thread that is warm takes it. A thread is made only when nobody waits, so jobs
that run at the same time never wait for each other. `close` ends them all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

from treadle.engine.model import NEVER, Outcome
from treadle.executors.base import Runnable, kill_process, process_outcome


class JobThread:
    """The thread of one attempt, as its owner sees it: what `threading.Thread` offers.

    It ends with the attempt, also where the real thread lives on for the next one.
    """

    __slots__ = ("_done", "_work", "ended", "ident", "name")

    daemon = False

    def __init__(self, work: Callable[[], object], name: str) -> None:
        self.name = name
        self.ident: int | None = None
        self.ended = False
        # Taken out by whoever runs it or revokes it: the first of all callers gets it.
        self._work = [work]
        self._done: threading.Event | None = None

    def is_alive(self) -> bool:
        """Whether the attempt has not ended yet."""
        return not self.ended

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of the attempt, `timeout` seconds at most."""
        if self._done is None:
            self._done = threading.Event()
        # The event is in place before `ended` is looked at, and `finish` sets
        # `ended` before it looks for the event: one of the two sees the other.
        if not self.ended:
            self._done.wait(timeout)

    def revoke(self) -> bool:
        """True if the work had not begun, and now never will."""
        try:
            self._work.pop()
        except IndexError:
            return False
        self.finish()
        return True

    def finish(self) -> None:
        """The attempt is over: from now on nobody finds it alive."""
        self.ended = True
        if self._done is not None:
            self._done.set()

    def run(self, thread: threading.Thread) -> None:
        """Do the work in this thread; a failure goes to `threading.excepthook`."""
        try:
            work = self._work.pop()
        except IndexError:
            return
        self.ident = thread.ident
        thread.name = self.name
        try:
            work()
        except BaseException as error:  # noqa: BLE001 -- what a thread does with it
            threading.excepthook(
                threading.ExceptHookArgs((type(error), error, error.__traceback__, thread))
            )
        finally:
            self.finish()


class ThreadCache:
    """Threads that run `JobThread`s, one each at a time.

    Args:
        prepare: called once in each new thread.
        reuse: False for a new thread each time.
    """

    def __init__(self, prepare: Callable[[], None] = lambda: None, reuse: bool = True) -> None:
        self._prepare = prepare
        self._reuse = reuse
        self._queue: SimpleQueue[JobThread | None] = SimpleQueue()
        # One entry for each thread that waits (or is about to) and is not spoken for.
        self._idle: list[None] = []
        self._threads: set[threading.Thread] = set()

    def start(self, job: JobThread) -> None:
        """Run the job in a thread of its own.

        Raises:
            RuntimeError: the system has no more threads.
        """
        try:
            self._idle.pop()
        except IndexError:
            self._spawn(job)
        else:
            self._queue.put(job)

    def _spawn(self, job: JobThread) -> None:
        thread = threading.Thread(target=self._serve, args=(job,), daemon=False)
        self._threads.add(thread)
        try:
            thread.start()
        except BaseException:
            if thread.ident is None:
                self._threads.discard(thread)
            raise

    def _serve(self, job: JobThread | None) -> None:
        self._prepare()
        thread = threading.current_thread()
        while job is not None:
            job.run(thread)
            if not self._reuse:
                break
            job = None
            self._idle.append(None)
            if self._queue.empty():
                thread.name = "treadle-idle"
            job = self._queue.get()
        # Passed on to the next one that waits.
        self._queue.put(None)
        self._threads.discard(thread)

    def close(self, wait: bool = True) -> None:
        """End the threads: those that wait at once, those that work when they have finished.

        Args:
            wait: return only when all have ended.
        """
        threads = list(self._threads)
        self._queue.put(None)
        for thread in threads if wait else ():
            if thread.ident is not None:
                thread.join()


class ThreadExecutor:
    """Runs a job's `run` in a thread, through `Job.start`.

    A Python thread cannot be killed. So an interrupted job is waited for as long
    as it takes, unless it says how long with its own `grace`.
    """

    grace = NEVER
    kill_grace = 1.0

    def start(self, job: Runnable, slot: int) -> None:
        """Call the job's `start`, which takes a thread from the scheduler's cache."""
        job.start(slot)

    def revoke(self, job: Runnable) -> bool:
        """Take the attempt back if no thread has begun it."""
        return job.handle is None or bool(job.handle.revoke())

    def interrupt(self, job: Runnable) -> None:
        """Call the job's `interrupt`."""
        job.interrupt()

    def kill(self, job: Runnable) -> None:
        """Kill the job's process, if it has one; nothing can be done to a thread."""
        kill_process(job)

    def alive(self, job: Runnable) -> bool | None:
        """Ask the handle."""
        return job.handle is not None and bool(job.handle.is_alive())

    def outcome(self, job: Runnable) -> Outcome:
        """How its process ended, if it has one; else `run` returned or raised."""
        return process_outcome(job)
