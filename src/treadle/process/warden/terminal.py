"""Lending the terminal to a job, and taking it back.

Only the foreground process group of a terminal may read from it, and gets the signals
that its keys send. The warden is in the scheduler's session, so it may say which group
that is.
"""

from __future__ import annotations

import errno
import os
import signal
import termios
from contextlib import suppress
from typing import Any

from .become import Unstartable


class Terminal:
    """The controlling terminal, lent to one job at a time.

    Args:
        scheduler: whose terminal it is.
    """

    def __init__(self, scheduler: int) -> None:
        self._scheduler = scheduler
        self._descriptor = -1
        self._owner = 0
        self._modes: list[Any] = []

    @property
    def lent(self) -> bool:
        """Whether a job holds it."""
        return self._descriptor >= 0

    def lend(self) -> None:
        """Note how it is, before a job takes it.

        Raises:
            Unstartable: there is none, or the scheduler does not hold it.
        """
        if self.lent:
            raise Unstartable(errno.EBUSY, b"take the terminal for")
        try:
            self._descriptor = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
            self._owner = os.tcgetpgrp(self._descriptor)
            self._modes = termios.tcgetattr(self._descriptor)
            background = os.getpgid(self._scheduler) != self._owner
        except (OSError, termios.error) as error:
            self._close()
            raise Unstartable(error.args[0], b"take the terminal for") from None
        if background:
            self._close()
            raise Unstartable(errno.EPERM, b"take the terminal for")

    def give(self, group: int) -> None:
        """Let a group that was stopped hold it again."""
        with suppress(OSError):
            os.tcsetpgrp(self._descriptor, group)

    def halt(self) -> None:
        """The job was stopped from the keyboard: so is the scheduler, which stops the rest."""
        self._restore()
        with suppress(OSError):
            os.killpg(self._owner, signal.SIGTSTP)

    def take_back(self) -> None:
        """The job has ended: the scheduler holds it again, as it was."""
        if self.lent:
            self._restore()
            self._close()

    def _restore(self) -> None:
        # All signals are blocked here, SIGTTOU among them: a group in the background may.
        with suppress(OSError, termios.error):
            os.tcsetpgrp(self._descriptor, self._owner)
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._modes)

    def _close(self) -> None:
        if self.lent:
            os.close(self._descriptor)
            self._descriptor = -1
