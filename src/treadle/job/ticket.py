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
from queue import SimpleQueue
from typing import Any, NamedTuple

from treadle.engine import VertexID


class EndMessage(NamedTuple):
    """Somebody says that a job has ended; `attempt` 0 for the one that is active."""

    uid: VertexID
    attempt: int


class HaltMessage(NamedTuple):
    """Stop the run, for this reason."""

    error: BaseException


Message = EndMessage | HaltMessage

_make = tuple.__new__


class Inbox:
    """All that a scheduler waits for; may be posted to from any thread or signal handler.

    It stands in the place of the seed's `queue.Queue`: `put(uid)` says that the
    job has ended, for jobs that were pushed from outside the graph.
    """

    def __init__(self) -> None:
        self.messages: SimpleQueue[Message] = SimpleQueue()

    def put(self, uid: VertexID) -> None:
        """Say that the job has ended."""
        self.messages.put(EndMessage(uid, 0))

    def qsize(self) -> int:
        """How many messages wait."""
        return self.messages.qsize()

    def empty(self) -> bool:
        """Whether no message waits."""
        return self.messages.empty()


class Ticket:
    """The `notify_end` of one job."""

    __slots__ = ("_post", "attempt", "uid")

    def __init__(self, inbox: Inbox, uid: VertexID) -> None:
        self.uid = uid
        self.attempt = -1
        self._post = inbox.messages.put

    def __call__(self, uid: VertexID) -> None:
        """Say that the attempt under way has ended."""
        attempt = self.attempt if uid == self.uid else -1
        self._post(_make(EndMessage, (uid, attempt)))

    def stamped(self) -> Callable[[Any], None]:
        """Take the stamp: from now on only what is returned here can end the attempt."""
        attempt, post = self.attempt, self._post
        self.attempt = -1

        def notify(uid: VertexID) -> None:
            post(_make(EndMessage, (uid, attempt)))

        return notify
