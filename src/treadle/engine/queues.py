"""Named queues with tokens, and the slots of active attempts.

A job starts when the head of its queue fits into the queue's free tokens. The
head that does not fit waits, and nobody behind it overtakes: what is released
in the meantime adds up for it, so that it cannot starve.

Tokens of several queues. The problem: a job that holds some of them and waits for
the others holds up everybody, and two such jobs each other, for ever. Taking the
queues one after the other in a fixed order would end the second, not the first;
letting jobs with fewer wishes pass would end both, and starve the ones with many.
So a job takes all its tokens at once or none (no "hold and wait": Coffman, Elphick
and Shoshani, System Deadlocks, Computing Surveys 3, 1971). It stands in the line of
each of its queues, and starts when it is the head of all of them and fits into all.

- Nobody behind it overtakes it in any of its queues, so it cannot starve.
- All lines follow one total order: the key, which is made once for each job, then
  the number of the push. So the least of all waiting jobs is the head of all its
  lines. It lacks only tokens, which are held by jobs that run, and these end:
  there is no deadlock.
- A head that cannot start here is not looked at again here. What can unblock it is a
  release or a resize in one of its queues, or that the job before it leaves one of
  its lines; each of these lists the queue where it happens, whose head it is then.
  So for each job that could start, at least one of its queues is listed.

What is not covered: while such a job is the head here and waits elsewhere, tokens
may lie idle here. That is the price of not being overtaken.
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
        seen = set[str]()
        for name, tokens in spec.claims:
            queue = self.by_name.get(name)
            if queue is None:
                names = ", ".join(map(repr, self.by_name))
                return f"wants queue {name!r}, which does not exist; there are: {names}"
            if name in seen:
                return f"names queue {name!r} twice; name it once, with all its tokens"
            if not tokens <= queue.capacity:
                return (
                    f"asks for {tokens} tokens of queue {name!r}, which has "
                    f"{queue.capacity}; ask for fewer or give the queue more"
                )
            seen.add(name)
        return None

    def push(self, key: Hashable, node: Node, spec: JobSpec) -> None:
        """Put a node into the line of each of its queues."""
        queue = self.by_name[spec.queue]
        queue.line.push(key, node)
        self.waiting += 1
        if not queue.listed:
            self._list(queue)
        if spec.further:
            for name, _ in spec.further:
                self.by_name[name].line.push(key, node)

    def _list(self, queue: TokenQueue) -> None:
        if not queue.listed:
            queue.listed = True
            heappush(self._listed, queue.index)

    def take(self) -> Node | None:
        """Take the next node that fits, with its tokens; None if no head fits."""
        listed = self._listed
        while listed:
            queue = self._in_order[listed[0]]
            node = queue.line.head()
            if node is not None and (spec := node.spec) is not None:
                if spec.further:
                    if self._take_of_all(node, spec):
                        return node
                elif spec.tokens <= queue.free:
                    queue.line.pop()
                    queue.free -= spec.tokens
                    queue.active += 1
                    self.waiting -= 1
                    return node
            # Nothing to do here until a push or a release lists the queue again.
            queue.listed = False
            heappop(listed)
        return None

    def _take_of_all(self, node: Node, spec: JobSpec) -> bool:
        claims = [(self.by_name[name], tokens) for name, tokens in spec.claims]
        if any(queue.line.head() is not node or queue.free < tokens for queue, tokens in claims):
            return False
        for queue, tokens in claims:
            queue.line.pop()
            queue.free -= tokens
            queue.active += 1
            # Another job is its head now, which perhaps waited in other lines for just that.
            self._list(queue)
        self.waiting -= 1
        return True

    def release(self, spec: JobSpec, slot: int) -> None:
        """Give back what an attempt held."""
        queue = self.by_name[spec.queue]
        queue.active -= 1
        # Set, not added, when nobody holds any: fractions do not add up exactly.
        queue.free = queue.free + spec.tokens if queue.active else queue.capacity
        self.slots.give(slot)
        if not queue.listed:
            self._list(queue)
        if spec.further:
            self._release_further(spec)

    def _release_further(self, spec: JobSpec) -> None:
        for name, tokens in spec.further:
            queue = self.by_name[name]
            queue.active -= 1
            queue.free = queue.free + tokens if queue.active else queue.capacity
            self._list(queue)

    def resize(self, name: str, tokens: float) -> None:
        """Give a queue another capacity; what is taken stays taken."""
        queue = self.by_name[name]
        queue.free += tokens - queue.capacity
        queue.capacity = tokens
        self._list(queue)

    def clear(self) -> list[Node]:
        """Empty all queues; return who waited."""
        dropped: list[Node] = []
        for queue in self._in_order:
            dropped += [node for node in queue.line if node.spec and node.spec.queue == queue.name]
            queue.line.clear()
        self.waiting = 0
        return dropped
