"""Searches over edges: topological order, cycles, shortest paths, closure, critical path.

All are linear in vertices plus edges (the sort by insertion adds a logarithm
where insertion order is not topological) and none recurses.
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from treadle.errors import DAGError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from treadle.dag.edges import Edges, VertexID


def topological_order(edges: Edges) -> list[VertexID]:
    """The vertices such that each follows its predecessors; ties by insertion.

    Kahn's algorithm (CACM 5:11, 1962) with a heap of insertion ranks: of the
    vertices that are ready the one inserted first comes next, so the answer is
    the smallest of all topological orders. It lacks the vertices on or behind a
    cycle, and those behind a missing predecessor.
    """
    vertices, rank, successors = list(edges.predecessors), edges.rank(), edges.successors()
    waiting = {vertex: len(before) for vertex, before in edges.predecessors.items() if before}
    ready = [rank[vertex] for vertex in vertices if vertex not in waiting]
    order = []
    while ready:
        vertex = vertices[heappop(ready)]
        order.append(vertex)
        for successor in successors.get(vertex, ()):
            waiting[successor] -= 1
            if not waiting[successor]:
                heappush(ready, rank[successor])
    return order


def cycle_error(edges: Edges, order: Iterable[VertexID]) -> DAGError:
    """The error naming a cycle among the vertices that a topological order lacks."""
    sorted_out = set(order)
    left = {vertex: None for vertex in edges.predecessors if vertex not in sorted_out}
    start = _vertex_on_cycle(edges, left)
    cycle = shortest_path(edges, start, edges.predecessors[start]) or []
    return DAGError(f"cycle detected: {path_text([*cycle, start])}")


def path_text(path: Sequence[VertexID], limit: int = 100) -> str:
    """`a -> b -> c`; the middle of a path of more than `limit` vertices is left out."""
    names = [str(v) for v in (path if len(path) <= limit else path[: limit // 2])]
    if len(path) > limit:
        tail = path[-(limit // 2) :]
        names += [f"({len(path) - len(names) - len(tail)} more)", *map(str, tail)]
    return " -> ".join(names)


def _vertex_on_cycle(edges: Edges, left: dict[VertexID, None]) -> VertexID:
    # Each vertex left has a predecessor that is left, so a walk backwards never
    # ends: the first vertex met twice is on a cycle.
    rank = edges.rank()
    vertex = next(iter(left))
    seen: set[VertexID] = set()
    while vertex not in seen:
        seen.add(vertex)
        before = [p for p in edges.predecessors[vertex] if p in left]
        vertex = min(before, key=rank.__getitem__)
    return vertex


def shortest_path(
    edges: Edges,
    source: VertexID,
    targets: Collection[VertexID],
) -> list[VertexID] | None:
    """A shortest list from `source` along successors to any of `targets`, or None.

    Breadth first; of several shortest paths, the one whose vertices were inserted first.
    """
    successors = edges.successors()
    origin: dict[VertexID, VertexID] = {source: source}
    frontier = deque([source])
    goal = frozenset(targets)
    while frontier:
        vertex = frontier.popleft()
        if vertex in goal:
            return _trace(origin, source, vertex)
        for successor in successors.get(vertex, ()):
            if successor not in origin:
                origin[successor] = vertex
                frontier.append(successor)
    return None


def _trace(origin: dict[VertexID, VertexID], source: VertexID, vertex: VertexID) -> list[VertexID]:
    path = [vertex]
    while vertex != source:
        vertex = origin[vertex]
        path.append(vertex)
    path.reverse()
    return path


def closes_cycle(edges: Edges, vertex: VertexID, fresh: Collection[VertexID]) -> bool:
    """Whether `vertex` reaches one of `fresh`, which are to become its predecessors.

    Searches backwards from `fresh` and forwards from `vertex` in turn: either
    search answers when it runs dry, or when it meets the other.
    """
    successors, predecessors = edges.unordered_successors(), edges.predecessors
    behind, ahead = set(fresh), {vertex}
    if vertex in behind:
        return True
    backwards, forwards = list(behind), [vertex]
    while backwards and forwards:
        if _step(backwards, predecessors.get(backwards.pop(), ()), behind, ahead):
            return True
        if _step(forwards, successors.get(forwards.pop(), ()), ahead, behind):
            return True
    return False


def _step(
    frontier: list[VertexID],
    neighbours: Iterable[VertexID],
    mine: set[VertexID],
    other: set[VertexID],
) -> bool:
    for vertex in neighbours:
        if vertex in other:
            return True
        if vertex not in mine:
            mine.add(vertex)
            frontier.append(vertex)
    return False


def closure(edges: Edges, vertex: VertexID) -> set[VertexID]:
    """All ancestors of `vertex`; itself too if it is on a cycle."""
    found: set[VertexID] = set()
    pending = list(edges.predecessors.get(vertex, ()))
    while pending:
        ancestor = pending.pop()
        if ancestor not in found:
            found.add(ancestor)
            pending.extend(edges.predecessors.get(ancestor, ()))
    return found


def critical_path(edges: Edges, weight: Callable[[VertexID], float]) -> list[VertexID]:
    """The heaviest path of an acyclic graph.

    The longest path by dynamic programming over a topological order, as in the
    critical path method (Kelley and Walker, 1959).

    Raises:
        ValueError: a weight is negative or not a number.
    """
    total: dict[VertexID, float] = {}
    best: dict[VertexID, VertexID] = {}
    rank = edges.rank()
    for vertex in edges.order():
        own = weight(vertex)
        if not own >= 0:
            raise ValueError(f"vertex {vertex!r} has weight {own!r}, which is not 0 or more")
        total[vertex] = own
        if before := edges.predecessors[vertex]:
            heaviest = max(before, key=lambda p: (total[p], -rank[p]))
            best[vertex] = heaviest
            total[vertex] += total[heaviest]
    return _backtrack(best, total, rank)


def _backtrack(
    best: dict[VertexID, VertexID], total: dict[VertexID, float], rank: dict[VertexID, int]
) -> list[VertexID]:
    if not total:
        return []
    path = [max(total, key=lambda v: (total[v], -rank[v]))]
    while path[-1] in best:
        path.append(best[path[-1]])
    path.reverse()
    return path
