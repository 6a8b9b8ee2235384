"""What the warden tells the scheduler: in one piece for each turn of the loop."""

from __future__ import annotations

import select

from . import wire

TYPE_CHECKING = False  # as type checkers read it: loading `typing` takes longer than all of this
if TYPE_CHECKING:
    import _socket

    from .attempt import Attempt

_TELL_STARTS = 0.02  # seconds; most programs have ended before, and that says it too


class Outbox:
    """Frames on their way. Never blocks: what the socket does not take now waits.

    Args:
        link: the socket, non-blocking.
        epoll: where it is registered.

    Attributes:
        begun: the pids of attempts whose start was not told yet.
        tell_at: when to tell it.
    """

    def __init__(self, link: _socket.socket, epoll: select.epoll) -> None:
        self.begun: dict[int, int] = {}
        self.tell_at = 0.0
        self._link = link
        self._epoll = epoll
        self._out: list[bytes] = []
        self._blocked = False

    def say(self, kind: int, number: int, body: bytes = b"") -> None:
        """Say something at the end of this turn."""
        self._out.append(wire.frame(kind, number, body))

    def started(self, attempt: Attempt) -> None:
        """Tell of a start, unless the end comes soon."""
        if not self.begun:
            self.tell_at = attempt.began + _TELL_STARTS
        self.begun[attempt.number] = attempt.pid

    def tell_starts(self) -> None:
        """Tell of those that have not ended soon."""
        for number, pid in self.begun.items():
            self.say(wire.STARTED, number, wire.started_body(pid))
        self.begun.clear()

    def ended(self, attempt: Attempt) -> None:
        """Tell of an end, which tells the pid as well."""
        self.begun.pop(attempt.number, None)
        self.say(wire.ENDED, attempt.number, wire.end_body(attempt.end()))

    def flush(self) -> None:
        """Give the socket as much as it takes."""
        if not self._out:
            return
        data = b"".join(self._out)
        try:
            sent = self._link.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            # The end of file is found where it is read.
            sent = len(data)
        blocked = sent < len(data)
        self._out = [data[sent:]] if blocked else []
        if blocked != self._blocked:
            self._blocked = blocked
            events = select.EPOLLIN | select.EPOLLOUT if blocked else select.EPOLLIN
            self._epoll.modify(self._link.fileno(), events)
