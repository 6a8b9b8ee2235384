"""Which of the ready jobs their provider is asked for, and when.

Without a limit, all at once. With one, so many are offered or queued at a time,
and the rest waits here: for graphs whose jobs are costly to hold.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from treadle.engine.commands import Command, Offer
from treadle.engine.model import NodeState
from treadle.engine.readiness import Node

_READY, _OFFERED = NodeState.READY, NodeState.OFFERED
_make = tuple.__new__


class Offers:
    """The offers that wait for an answer, and the jobs that wait to be offered.

    Args:
        limit: at most so many jobs are offered or queued; None for no limit.

    Attributes:
        open: how many offers wait for an answer.
        waiting: the ready jobs that are not offered yet.
    """

    __slots__ = ("_limit", "open", "waiting")

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self.open = 0
        self.waiting: deque[Node] = deque()

    def make(self, ready: Iterable[Node], queued: int) -> list[Command]:
        """Offer these jobs, as far as the limit allows; `queued` jobs wait for tokens."""
        if self._limit is not None:
            for node in ready:
                node.state = _READY
                self.waiting.append(node)
            return self.more(queued)
        commands: list[Command] = []
        for node in ready:
            node.state = _OFFERED
            commands.append(_make(Offer, (node.uid,)))
        self.open += len(commands)
        return commands

    def more(self, queued: int) -> list[Command]:
        """Offer what the limit allows now."""
        commands: list[Command] = []
        limit = self._limit or 0
        while self.waiting and self.open + queued < limit:
            node = self.waiting.popleft()
            node.state = _OFFERED
            self.open += 1
            commands.append(Offer(node.uid))
        return commands

    def clear(self) -> None:
        """Nothing is offered any more, and no answer is waited for."""
        self.open = 0
        self.waiting.clear()
