"""The signals of a person, a shell or a service manager, while a scheduler runs.

The problem: Python raises KeyboardInterrupt between any two bytecodes of the main
thread. Between starting a job and noting that it was started, that loses the job.

What does not work: catching it everywhere. Some instruction is always outside of
the last `try`, and a second Ctrl-C may come while the first is being handled.

What is done: while `run()` is on the main thread, and nobody else has taken the
signal, a handler of ours posts the signal to the scheduler's inbox, which is safe
anywhere, and the scheduler sees it when it next waits. Only in the user's own
callbacks, which may take long, is it raised on the spot. The other three would end
the process and leave the jobs behind (a closed terminal is a SIGHUP); they are
handled the same way, and `run()` raises `Terminated` when all are stopped. SIGQUIT says
first how the run is, and SIGUSR1 says only that; SIGTSTP stops the processes of the jobs
before it stops us. A long callback delays these three.

Not covered: a handler of the host's that raises an exception of its own. The
scheduler owns an attempt before it starts it, so such an exception leaves
nothing behind either, unless it hits the engine in the middle of a decision.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from treadle.errors import Terminated

_ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_ASKING = (signal.SIGTSTP, signal.SIGUSR1)


class Signals:
    """Takes the signals for the time of a run, where that is right.

    Args:
        post: called with the exception that stands for the signal.
        ask: called with a signal that is not to end the run.
        in_callback: whether the user's code is running.
    """

    def __init__(
        self,
        post: Callable[[BaseException], object],
        ask: Callable[[int], object],
        in_callback: Callable[[], bool],
    ) -> None:
        self._post = post
        self._ask = ask
        self._in_callback = in_callback
        self._before: dict[int, Any] = {}
        self._pid = os.getpid()
        self._wakes = -1

    def take(self) -> None:
        """Take those that nobody else has taken, if this is the main thread."""
        if threading.current_thread() is not threading.main_thread():
            return
        self._take(signal.SIGINT, signal.default_int_handler)
        for signum in (*_ENDING, *_ASKING):
            self._take(signum, signal.SIG_DFL)

    def _take(self, signum: int, untouched: object) -> None:
        current = signal.getsignal(signum)
        if current is untouched or isinstance(getattr(current, "__self__", None), Signals):
            self._before[signum] = current
            signal.signal(signum, self.handle)

    def wake(self, descriptor: int) -> None:
        """Write to this (a non-blocking socket; -1 for none) at the instant a signal arrives.

        So that one that comes between Python's last look and the kernel's wait ends that
        wait. Not where the host has such a descriptor of its own: it may be a pipe that
        somebody else counts on.
        """
        if descriptor < 0:
            self._sleep()
        elif self._before and self._wakes < 0:
            before = signal.set_wakeup_fd(descriptor, warn_on_full_buffer=False)
            self._wakes = descriptor
            if before >= 0:
                signal.set_wakeup_fd(before)
                self._wakes = -1

    def _sleep(self) -> None:
        if self._wakes >= 0:
            self._wakes = -1
            signal.set_wakeup_fd(-1)

    def give_back(self) -> None:
        """Give them back; may be called again."""
        self._sleep()
        for signum, handler in self._before.items():
            signal.signal(signum, handler)

    def handle(self, signum: int, frame: FrameType | None) -> None:
        """The handler: post, or raise in the user's code."""
        del frame
        if os.getpid() != self._pid:
            # A fork of this process, made by a job: nobody reads its inbox.
            self.give_back()
            os.kill(os.getpid(), signum)
            return
        if signum in _ASKING:
            self._ask(signum)
            return
        if signum == signal.SIGQUIT:
            self._ask(signum)
        error = KeyboardInterrupt() if signum == signal.SIGINT else Terminated(signum)
        if self._in_callback():
            raise error
        self._post(error)
