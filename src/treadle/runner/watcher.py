"""What the thread does that has called `run`, while a crew works: it watches, and runs no job."""

from __future__ import annotations

import math
import os
import queue
import signal
import sys
import threading
from abc import ABCMeta, abstractmethod
from collections.abc import Callable

from treadle.clock import SYSTEM
from treadle.runner.desk import Desk
from treadle.runner.scheduler import DeadlinePassed

_PATROL = 3600.0  # seconds; every wait has an end
_LOOK = 2e-3  # seconds between two looks at what is waiting
_BUSY = 20  # jobs in that time


class Watcher(metaclass=ABCMeta):
    """Signals, deadlines, and threads that are called when others are held up by long jobs.

    Args:
        desk: decides; used under the lock only.

    Attributes:
        over: nothing is left to do.
        turns: how many jobs were taken so far.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.over = False
        self.turns = 0
        self._lock = threading.Lock()
        self._inbox: queue.SimpleQueue[BaseException | int | None] = queue.SimpleQueue()
        self._alarm = math.inf
        self._looking = False
        desk.appoint = self._appoint

    @abstractmethod
    def _guarded(self, do: Callable[[], object]) -> None:
        """Do something with the lock that may make jobs ready, or raise."""

    @abstractmethod
    def _has_spare(self) -> bool:
        """Whether there is a thread that does nothing, or may be another."""

    @abstractmethod
    def _call_another(self) -> None:
        """Wake such a thread, if there is one."""

    def begin(self) -> None:
        """Offer the first jobs, and let a first thread take one."""
        with self._lock:
            self._guarded(self.desk.begin)

    def post(self, message: BaseException | int) -> None:
        """Let `watch` return an exception, or answer a signal; for handlers of signals."""
        self._inbox.put(message)

    def halt(self, reason: str) -> None:
        """Start nothing more; said again, give up what runs."""
        with self._lock:
            self._guarded(lambda: self.desk.halt(reason))

    def watch(self, until: float = math.inf) -> BaseException | None:
        """Wait until all is over, an exception is posted, or an instant has come.

        Returns:
            The exception that was posted, `DeadlinePassed`, or None if all is over.
        """
        turns = 0
        while not self.over:
            with self._lock:
                self._alarm = self.desk.next()
                # Nothing may wait at the moment, and something a moment later.
                going_on = self.desk.waiting or (self._looking and self.turns != turns)
                self._looking = self._has_spare() and going_on
                turns = self.turns
            now = self.desk.now()
            if until <= now:
                return DeadlinePassed()
            longest = _LOOK if self._looking else _PATROL
            try:
                wait = min(self._alarm, until, now + longest) - now
                message = SYSTEM.receive(self._inbox, max(wait, 0.0))
            except queue.Empty:
                self._look(turns)
                continue
            if isinstance(message, int):
                self._answer(message)
            elif message is not None:
                return message
        return None

    def _look(self, turns: int) -> None:
        """Do what is due; call another thread if little was done since `turns`."""
        with self._lock:
            if self.desk.next() <= self.desk.now():
                self._guarded(self.desk.tick)
            elif self._looking and self.turns - turns < _BUSY and self.desk.waiting:
                self._call_another()

    def _appoint(self, at: float) -> None:
        if at < self._alarm:
            self._alarm = at
            self._inbox.put(None)

    def _keep_looking(self) -> None:
        """Jobs are left, and nobody was called for them."""
        if not self._looking:
            self._looking = True
            self._inbox.put(None)

    # -- signals that ask ----------------------------------------------------------------

    def _answer(self, signum: int) -> None:
        """Stand still (SIGTSTP), or say how the run is."""
        if signum != signal.SIGTSTP:
            with self._lock:
                lines = self._situation()
            sys.stderr.write("".join(f"{line}\n" for line in lines))
            return
        began = self.desk.now()
        # Only the default action stops a process as a shell knows it; all threads stop with it.
        handler = signal.signal(signum, signal.SIG_DFL)
        os.kill(os.getpid(), signum)
        signal.signal(signum, handler)
        with self._lock:
            self.desk.engine.continued(self.desk.now() - began, began)

    def _situation(self) -> list[str]:
        """Say how the run is, in lines: what is active, since when; what waits."""
        now, engine = self.desk.now(), self.desk.engine
        ended = len(engine.readiness.nodes) - engine.readiness.unsettled
        lines = [
            f"treadle: {len(engine.active)} active, {engine.queues.waiting} queued, {ended} ended"
        ]
        for name, work in engine.active.items():
            took = now - work.began
            lines.append(f"  {name}: {took:.1f} s, queue {work.job.queue}, attempt {work.number}")
        return lines
