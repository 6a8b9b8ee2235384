"""Tags: which tagged vertices influence a vertex, and graphs without some vertices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from treadle.errors import DAGError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from treadle.dag.edges import Edges, VertexID

    Found = list[tuple[int, VertexID, Any]]


def nearest_tags(
    edges: Edges,
    tags: Mapping[VertexID, Any],
    start: VertexID,
    *,
    max_distance: int | None,
    max_element: int | None,
    forwards: bool,
) -> Found:
    """The nearest tag on each branch that leads away from `start`, by distance."""
    neighbours = edges.unordered_successors() if forwards else edges.predecessors
    found: Found = []
    seen = {start}
    level: list[VertexID] = [start]
    distance = 0
    while level and (not distance or max_distance is None or distance <= max_distance):
        for vertex in edges.ranked(v for v in level if tags.get(v) is not None):
            found.append((distance, vertex, tags[vertex]))
            if len(found) == max_element:
                return found
        level = _next_level(neighbours, tags, level, seen)
        distance += 1
    return found


def _next_level(
    neighbours: Mapping[VertexID, Collection[VertexID]],
    tags: Mapping[VertexID, Any],
    level: list[VertexID],
    seen: set[VertexID],
) -> list[VertexID]:
    following = []
    for vertex in level:
        if tags.get(vertex) is None:
            fresh = [n for n in neighbours.get(vertex, ()) if n not in seen]
            seen.update(fresh)
            following += fresh
    return following


def bridged(edges: Edges, drop: Callable[[VertexID], bool]) -> dict[VertexID, Collection[VertexID]]:
    """Predecessors without the dropped vertices, whose own predecessors take their place."""
    kept: dict[VertexID, Collection[VertexID]] = {}
    bridges: dict[VertexID, Collection[VertexID]] = {}
    for vertex in edges.order():
        home = bridges if drop(vertex) else kept
        home[vertex] = _effective(edges.ranked(edges.predecessors[vertex]), bridges)
    return {vertex: kept[vertex] for vertex in edges.predecessors if vertex in kept}


def _effective(
    before: list[VertexID], bridges: dict[VertexID, Collection[VertexID]]
) -> Collection[VertexID]:
    # A chain of dropped vertices shares one collection.
    if len(before) == 1 and before[0] in bridges:
        return bridges[before[0]]
    found: dict[VertexID, None] = {}
    for predecessor in before:
        found.update(dict.fromkeys(bridges.get(predecessor, (predecessor,))))
    return tuple(found)


def refuse_tagged(tags: Mapping[VertexID, Any], vertex: VertexID) -> None:
    """Refuse to drop a tagged vertex.

    Raises:
        DAGError: the vertex is tagged.
    """
    if tags.get(vertex) is not None:
        raise DAGError(f"suppressing {vertex} impact context")
