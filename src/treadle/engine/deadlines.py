"""What is due when.

A heap with lazy deletion. Nearly every deadline is cancelled (most jobs end
before their timeout), so cancelled entries are counted and swept out when they
are more than half: constant cost for each, and memory bounded by the live ones.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from treadle.engine.attempt import Attempt
from treadle.engine.model import NEVER
from treadle.engine.readiness import Node

_SWEEP_FROM = 64


class Deadlines:
    """Instants at which an attempt or a delayed node wants attention; one each."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Attempt | Node]] = []
        self._count = 0
        self._cancelled = 0

    def set(self, item: Attempt | Node, at: float) -> None:
        """Set, move or (with `NEVER`) cancel the deadline of the item."""
        if item.deadline != NEVER:
            self.cancel(item)
        if at != NEVER:
            self.add(item, at)

    def add(self, item: Attempt | Node, at: float) -> None:
        """Set the deadline of an item that has none."""
        item.deadline = at
        self._count = count = self._count + 1
        heappush(self._heap, (at, count, item))

    def cancel(self, item: Attempt | Node) -> None:
        """The item, which has a deadline, has none any more."""
        item.deadline = NEVER
        self._cancelled = cancelled = self._cancelled + 1
        if cancelled > _SWEEP_FROM and cancelled * 2 > len(self._heap):
            self._sweep()

    def _sweep(self) -> None:
        self._heap = [entry for entry in self._heap if entry[2].deadline == entry[0]]
        heapify(self._heap)
        self._cancelled = 0

    def shift(self, seconds: float) -> None:
        """Move all of them this much later."""
        self._sweep()
        moved = []
        for at, count, item in self._heap:
            item.deadline = at + seconds
            moved.append((item.deadline, count, item))
        self._heap = moved

    def next(self) -> float | None:
        """The earliest deadline, or None."""
        heap = self._heap
        while heap:
            at, _, item = heap[0]
            if item.deadline == at:
                return at
            heappop(heap)
            self._cancelled = max(0, self._cancelled - 1)
        return None

    def due(self, now: float) -> list[Attempt | Node]:
        """Take all items whose deadline is `now` or before, earliest first."""
        items = []
        while (at := self.next()) is not None and at <= now:
            item = heappop(self._heap)[2]
            item.deadline = NEVER
            items.append(item)
        return items
