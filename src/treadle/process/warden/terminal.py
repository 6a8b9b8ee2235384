"""Lending the terminal to a job, and taking it back.

Only the foreground process group of a terminal may read from it, and gets the signals
that its keys send. The warden is in the scheduler's session, so it may say which group
that is.
"""

from __future__ import annotations

import errno
import os

from .attempt import Unstartable

TYPE_CHECKING = False  # as type checkers read it: loading `typing` takes longer than all of this
if TYPE_CHECKING:
    import signal
    from typing import Any
else:
    # Without the enumerations that `signal` puts around it.
    import _signal as signal


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
            raise Unstartable(errno.EBUSY, b"take the terminal for\0")
        import termios  # noqa: PLC0415 -- when it is first wanted

        try:
            self._descriptor = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
            self._owner = os.tcgetpgrp(self._descriptor)
            self._modes = termios.tcgetattr(self._descriptor)
            background = os.getpgid(self._scheduler) != self._owner
        except (OSError, termios.error) as error:
            self._close()
            raise Unstartable(error.args[0], b"take the terminal for\0") from None
        if background:
            self._close()
            raise Unstartable(errno.EPERM, b"take the terminal for\0")

    def give(self, group: int) -> None:
        """Let a group that was stopped hold it again."""
        try:
            os.tcsetpgrp(self._descriptor, group)
        except OSError:
            # The group is gone, or the terminal.
            return

    def halt(self) -> None:
        """The job was stopped from the keyboard: so is the scheduler, which stops the rest."""
        self._restore()
        try:
            os.killpg(self._owner, signal.SIGTSTP)
        except OSError:
            return

    def take_back(self) -> None:
        """The job has ended: the scheduler holds it again, as it was."""
        if self.lent:
            self._restore()
            self._close()

    def _restore(self) -> None:
        # All signals are blocked here, SIGTTOU among them: a group in the background may.
        import termios  # noqa: PLC0415 -- when it is first wanted

        try:
            os.tcsetpgrp(self._descriptor, self._owner)
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._modes)
        except (OSError, termios.error):
            # The terminal is gone.
            return

    def _close(self) -> None:
        if self.lent:
            os.close(self._descriptor)
            self._descriptor = -1
