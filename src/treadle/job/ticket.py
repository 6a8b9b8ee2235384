"""How the end of an attempt reaches the scheduler, once.

A job says that it has ended by calling `notify_end(uid)`: from any thread, perhaps
twice, perhaps early, perhaps late, when it was queued again and runs for the
second time. So `notify_end` is a ticket that knows its job and the number of the
attempt that is under way, and what it posts carries both; the engine drops what
is not the first end of the attempt that is active.

`Job.start` takes the stamp off the ticket and uses it when the thread is really
done: whatever `run` calls in the meantime, or later, counts for nothing.
Not covered: a class that overrides `start` and calls twice from a thread of its
own, with a requeue between the two calls. Nothing tells that from a true end.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple

from treadle.engine import Outcome, VertexID

if TYPE_CHECKING:
    import socket


class EndMessage(NamedTuple):
    """Somebody says that a job has ended; `attempt` 0 for the one that is active."""

    uid: VertexID
    attempt: int


class HaltMessage(NamedTuple):
    """Stop the run, for this reason."""

    error: BaseException


class LimitMessage(NamedTuple):
    """An attempt went over a limit that is looked after where it runs."""

    uid: VertexID
    attempt: int
    outcome: Outcome


class AskMessage(NamedTuple):
    """Somebody outside wants something of the run: to stand still, or to say how it is."""

    signum: int


Message = EndMessage | HaltMessage | LimitMessage | AskMessage

_make = tuple.__new__


class Inbox:
    """All that a scheduler waits for; may be posted to from any thread or signal handler.

    It stands in the place of the seed's `queue.Queue`: `put(uid)` says that the
    job has ended, for jobs that were pushed from outside the graph.
    """

    def __init__(self) -> None:
        self.messages: SimpleQueue[Message] = SimpleQueue()
        self.post: Callable[[Message], object] = self.messages.put
        self.asleep = False
        self._bell: tuple[socket.socket, socket.socket] | None = None
        self._heard: Callable[[int], object] | None = None

    def when_heard(self, call: Callable[[int], object]) -> None:
        """Call this with the descriptor to write to when there is a bell, -1 when it goes."""
        self._heard = call

    @property
    def bell(self) -> socket.socket:
        """For a reader that waits elsewhere as well: readable when something was posted.

        It is rung while `asleep` is set. The reader sets that before it looks whether a
        message is there: one that it does not see was put after that, and rings.
        """
        if self._bell is None:
            self._bell = _bell()
            self.post = self._post_and_ring
            if self._heard is not None:
                self._heard(self._bell[1].fileno())
        return self._bell[0]

    def _post_and_ring(self, message: Message) -> None:
        self.messages.put(message)
        if self.asleep and self._bell is not None:
            # Full: it has been rung often enough. Closed: the run is over.
            with suppress(OSError):
                self._bell[1].send(b"!")

    def close(self) -> None:
        """Nobody reads any more."""
        bell, self._bell = self._bell, None
        if bell is not None and self._heard is not None:
            self._heard(-1)
        self.post = self.messages.put
        for end in bell or ():
            end.close()

    def put(self, uid: VertexID) -> None:
        """Say that the job has ended."""
        self.post(EndMessage(uid, 0))

    def qsize(self) -> int:
        """How many messages wait."""
        return self.messages.qsize()

    def empty(self) -> bool:
        """Whether no message waits."""
        return self.messages.empty()


def _bell() -> tuple[socket.socket, socket.socket]:
    import socket  # noqa: PLC0415 -- for runs with processes only: it takes a while to load

    ends = socket.socketpair()
    for end in ends:
        end.setblocking(False)
    return ends


class Ticket:
    """The `notify_end` of one job."""

    __slots__ = ("_inbox", "attempt", "uid")

    def __init__(self, inbox: Inbox, uid: VertexID) -> None:
        self.uid = uid
        self.attempt = -1
        self._inbox = inbox

    def __call__(self, uid: VertexID) -> None:
        """Say that the attempt under way has ended."""
        attempt = self.attempt if uid == self.uid else -1
        self._inbox.post(_make(EndMessage, (uid, attempt)))

    def stamped(self) -> Callable[[Any], None]:
        """Take the stamp: from now on only what is returned here can end the attempt."""
        attempt, inbox = self.attempt, self._inbox
        self.attempt = -1

        def notify(uid: VertexID) -> None:
            inbox.post(_make(EndMessage, (uid, attempt)))

        return notify
