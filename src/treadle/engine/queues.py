"""Named queues with tokens, and the slots of active attempts.

A job starts when the head of its queue fits into the queue's free tokens. The
head that does not fit waits, and nobody behind it overtakes: what is released
in the meantime adds up for it, so that it cannot starve.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from heapq import heappop, heappush

from treadle.engine.model import JobSpec
from treadle.engine.order import Line
from treadle.engine.readiness import Node


class TokenQueue:
    """One named queue: its capacity, its free tokens, and who waits for them."""

    __slots__ = ("active", "capacity", "free", "index", "line", "listed", "name")

    def __init__(self, name: str, capacity: float, index: int) -> None:
        self.name = name
        self.capacity = capacity
        self.free = capacity
        self.index = index
        self.active = 0
        self.line = Line()
        self.listed = False


class Slots:
    """Numbers for active attempts, unique among them, the last freed first.

    The first ones handed out are n-1, n-2, … 0, as in the seed. Jobs that take no
    tokens can be more than n: then new numbers are made.

    Attributes:
        give: called with a number, gives it back.
    """

    __slots__ = ("_freed", "_fresh", "_more", "give")

    def __init__(self, count: int) -> None:
        self._fresh = count
        self._more = count
        self._freed: list[int] = []
        self.give = self._freed.append

    def take(self) -> int:
        """A free number."""
        if self._freed:
            return self._freed.pop()
        if self._fresh:
            self._fresh -= 1
            return self._fresh
        self._more += 1
        return self._more - 1

    def free(self) -> list[int]:
        """The free numbers; the last is taken next."""
        return [*range(self._fresh), *self._freed]


class Queues:
    """All queues of a run, served in the order in which they were named."""

    def __init__(self, tokens: Mapping[str, float]) -> None:
        self.by_name = {
            name: TokenQueue(name, capacity, index)
            for index, (name, capacity) in enumerate(tokens.items())
        }
        self._in_order = list(self.by_name.values())
        self._listed: list[int] = []
        self.slots = Slots(int(sum(tokens.values())))
        self.waiting = 0

    def refusal(self, spec: JobSpec) -> str | None:
        """Why a job with this spec could never run, or None."""
        queue = self.by_name.get(spec.queue)
        if queue is None:
            names = ", ".join(map(repr, self.by_name))
            return f"wants queue {spec.queue!r}, which does not exist; there are: {names}"
        if not spec.tokens <= queue.capacity:
            return (
                f"asks for {spec.tokens} tokens of queue {spec.queue!r}, which has "
                f"{queue.capacity}; ask for fewer or give the queue more"
            )
        return None

    def push(self, key: Hashable, node: Node, spec: JobSpec) -> None:
        """Put a node into its queue."""
        queue = self.by_name[spec.queue]
        queue.line.push(key, node)
        self.waiting += 1
        if not queue.listed:
            self._list(queue)

    def _list(self, queue: TokenQueue) -> None:
        queue.listed = True
        heappush(self._listed, queue.index)

    def take(self) -> Node | None:
        """Take the next node that fits, with its tokens; None if no head fits."""
        listed = self._listed
        while listed:
            queue = self._in_order[listed[0]]
            node = queue.line.take(queue.free)
            if node is not None and node.spec is not None:
                queue.free -= node.spec.tokens
                queue.active += 1
                self.waiting -= 1
                return node
            # Nothing to do here until a push or a release lists the queue again.
            queue.listed = False
            heappop(listed)
        return None

    def release(self, spec: JobSpec, slot: int) -> None:
        """Give back what an attempt held."""
        queue = self.by_name[spec.queue]
        queue.active -= 1
        # Set, not added, when nobody holds any: fractions do not add up exactly.
        queue.free = queue.free + spec.tokens if queue.active else queue.capacity
        self.slots.give(slot)
        if not queue.listed:
            self._list(queue)

    def resize(self, name: str, tokens: float) -> None:
        """Give a queue another capacity; what is taken stays taken."""
        queue = self.by_name[name]
        queue.free += tokens - queue.capacity
        queue.capacity = tokens
        if not queue.listed:
            self._list(queue)

    def clear(self) -> list[Node]:
        """Empty all queues; return who waited."""
        dropped: list[Node] = []
        for queue in self._in_order:
            dropped.extend(queue.line)
            queue.line.clear()
        self.waiting = 0
        return dropped
