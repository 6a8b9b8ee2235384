"""A pseudo-terminal for a job, so that its tools behave as in front of a person."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import termios
from contextlib import suppress

_SIZE = struct.pack("HHHH", 24, 80, 0, 0)
_PIECE = 1 << 16
_PIECES = 64  # at a time: one job's flood must not keep the warden from the others


class Pty:
    """The two ends of a pseudo-terminal, and where its output goes.

    Args:
        output: the descriptor that output is written to; copied, not taken.
    """

    def __init__(self, output: int) -> None:
        self.master, self._slave = os.openpty()
        self._output = os.dup(output)
        os.set_blocking(self.master, False)
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, _SIZE)
        modes = termios.tcgetattr(self._slave)
        # No carriage returns: the log holds what the program wrote.
        modes[1] &= ~termios.OPOST
        modes[3] &= ~termios.ECHO
        termios.tcsetattr(self._slave, termios.TCSANOW, modes)

    def take(self) -> list[int]:
        """In the child, which leads a new session: make it the terminal of that session."""
        fcntl.ioctl(self._slave, termios.TIOCSCTTY, 0)
        return [self._slave, self._slave]

    def started(self) -> None:
        """The child has its end: let go of it here, so that the last one of them is noticed."""
        os.close(self._slave)
        self._slave = -1

    def copy(self) -> bool:
        """Move what was written to the output; False when nobody can write any more."""
        for _ in range(_PIECES):
            try:
                data = os.read(self.master, _PIECE)
            except BlockingIOError:
                return True
            except OSError as error:
                if error.errno == errno.EIO:
                    return False
                raise
            if not data:
                return False
            self._write(data)
        return True

    def _write(self, data: bytes) -> None:
        # A full disk is the job's misfortune, not the warden's: what does not fit is lost.
        with suppress(OSError):
            while data:
                data = data[os.write(self._output, data) :]

    def close(self) -> None:
        """Let go of it."""
        for descriptor in (self.master, self._slave, self._output):
            if descriptor >= 0:
                os.close(descriptor)
