"""Attempts on their way to a process: at once, or as soon as the system can spare one."""

from __future__ import annotations

import errno
import os
from time import monotonic

from . import wire
from .attempt import Unstartable
from .spawn import PASSING, take_back

TYPE_CHECKING = False  # as type checkers read it: loading `typing` takes longer than all of this
if TYPE_CHECKING:
    from collections.abc import Callable

    from .attempt import Attempt
    from .outbox import Outbox
    from .spawn import Spawner
    from .terminal import Terminal

_FIRST_PAUSE = 0.01  # seconds; doubled each time
_LONGEST_PAUSE = 0.5
_RETRY_FOR = 10.0


class Waiting:
    """An attempt that is to be spawned."""

    __slots__ = ("at", "give_up_at", "number", "passed", "pause", "spawn")

    def __init__(self, number: int, spawn: wire.Spawn, passed: list[int], now: float) -> None:
        self.number = number
        self.spawn = spawn
        self.passed = passed
        self.pause = _FIRST_PAUSE
        self.at = now
        self.give_up_at = now + _RETRY_FOR

    @property
    def wants_terminal(self) -> bool:
        """Whether it is to hold the terminal."""
        return b"terminal" in self.spawn.options

    def later(self, now: float) -> None:
        """Wait twice as long as the last time."""
        self.at = now + self.pause
        self.pause = min(_LONGEST_PAUSE, 2 * self.pause)


class Starts:
    """Starts attempts; a system that is short of something is asked again for 10 seconds.

    Args:
        spawner: makes the processes.
        terminal: lent to those that ask for it.
        outbox: told of those that cannot be started.
        begin: called with each attempt that was started.

    Attributes:
        waiting: those that are tried again.
    """

    def __init__(
        self,
        spawner: Spawner,
        terminal: Terminal,
        outbox: Outbox,
        begin: Callable[[Attempt], object],
    ) -> None:
        self.waiting: list[Waiting] = []
        self._spawner = spawner
        self._terminal = terminal
        self._outbox = outbox
        self._begin = begin

    def start(self, number: int, spawn: wire.Spawn, passed: list[int]) -> None:
        """Start an attempt, now or later."""
        now = monotonic()
        waiting = Waiting(number, spawn, passed, now)
        if not self._try(waiting, now):
            self.waiting.append(waiting)

    def try_again(self, now: float) -> None:
        """Start those whose time has come."""
        self.waiting = [w for w in self.waiting if w.at > now or not self._try(w, now)]

    def cancel(self, number: int) -> bool:
        """Do not start it any more; False if it does not wait here."""
        for waiting in self.waiting:
            if waiting.number == number:
                self.waiting.remove(waiting)
                self._fail(waiting, errno.ECANCELED, b"start\0" + waiting.spawn.argv[0])
                return True
        return False

    def _try(self, waiting: Waiting, now: float) -> bool:
        """Start it, or find that it cannot be; False if it is to be tried again."""
        try:
            if waiting.wants_terminal:
                self._terminal.lend()
            attempt = self._spawner.start(waiting.number, waiting.spawn, waiting.passed)
        except Unstartable as problem:
            if waiting.wants_terminal and problem.number != errno.EBUSY:
                self._terminal.take_back()
            if problem.number in PASSING and now < waiting.give_up_at:
                take_back(waiting.spawn)
                waiting.later(now)
                return False
            self._fail(waiting, problem.number, problem.what)
            return True
        self._close(waiting)
        self._begin(attempt)
        return True

    def _fail(self, waiting: Waiting, number: int, what: bytes) -> None:
        self._close(waiting)
        self._outbox.say(wire.FAILED, waiting.number, wire.failed_body(number, what))

    @staticmethod
    def _close(waiting: Waiting) -> None:
        for descriptor in waiting.passed:
            os.close(descriptor)
