"""In which order the jobs of one queue start.

A key sorts first when it is smaller. Jobs with equal keys start in the order in
which they were pushed. Most runs know one priority only, so the jobs stand in
one deque for each key, and a heap holds just the keys.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from heapq import heappop, heappush
from typing import Any

from treadle.engine.model import VertexID
from treadle.engine.readiness import Node


class Line:
    """Jobs that wait for the tokens of one queue."""

    __slots__ = ("_by_key", "_keys")

    def __init__(self) -> None:
        self._by_key: dict[Hashable, deque[Node]] = {}
        self._keys: list[Any] = []

    def push(self, key: Hashable, node: Node) -> None:
        """Put the node behind all that have the same key."""
        same = self._by_key.get(key)
        if same is None:
            same = self._new(key)
        same.append(node)

    def _new(self, key: Hashable) -> deque[Node]:
        keys, by_key = self._keys, self._by_key
        if len(keys) == 1 and not by_key[keys[0]]:
            # Nobody waits: what was kept for the last key does for this one.
            same = by_key[key] = by_key.pop(keys[0])
            keys[0] = key
            return same
        same = by_key[key] = deque()
        heappush(keys, key)
        return same

    def head(self) -> Node | None:
        """The node that is to start next."""
        keys = self._keys
        while keys:
            same = self._by_key[keys[0]]
            if same:
                return same[0]
            if len(keys) == 1:
                # The last deque is kept: with one priority it is used again at once.
                return None
            del self._by_key[heappop(keys)]
        return None

    def pop(self) -> Node:
        """Take the node that `head` has just named."""
        return self._by_key[self._keys[0]].popleft()

    def clear(self) -> None:
        """Drop all nodes."""
        self._by_key.clear()
        self._keys.clear()

    def __iter__(self) -> Iterator[Node]:
        for key in sorted(self._keys):
            yield from self._by_key[key]


def longest_remaining_path(
    graph: Iterable[tuple[VertexID, Iterable[VertexID]]],
    weight: Callable[[VertexID], float] | None = None,
) -> Mapping[VertexID, float]:
    """For each job, the weight of the heaviest path from it to an end of the graph.

    Starting jobs by decreasing values is Hu's level algorithm (Operations
    Research 9, 1961) with weights. Without `weight`, every job weighs 1. The
    graph must be acyclic; time and memory are linear in vertices and edges.
    """
    predecessors = {uid: tuple(before) for uid, before in graph}
    dependents = dict.fromkeys(predecessors, 0)
    for before in predecessors.values():
        for uid in before:
            dependents[uid] += 1
    rank = dict.fromkeys(predecessors, 0.0)
    ends = [uid for uid, count in dependents.items() if not count]
    while ends:
        uid = ends.pop()
        rank[uid] += 1.0 if weight is None else weight(uid)
        for before_uid in predecessors[uid]:
            rank[before_uid] = max(rank[before_uid], rank[uid])
            dependents[before_uid] -= 1
            if not dependents[before_uid]:
                ends.append(before_uid)
    return rank
