"""Transitive reduction: the fewest edges that keep every path.

An edge p -> v of an acyclic graph is redundant if p also reaches v through
another predecessor of v (Aho, Garey and Ullman, SIAM J. Comput. 1:2, 1972). The
textbook search from every vertex costs vertices times edges even where nothing
is redundant. Here the depth of a vertex (the edges of its longest path from a
start) tells most edges apart: a path through another predecessor makes v at
least two deeper than p. So only edges that span two levels or more are
searched for, backwards from the predecessors of v and never above the
shallowest candidate. A layered graph or a chain needs no search; the worst case
is still vertices times edges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from treadle.dag.edges import Edges, VertexID


def reduced(edges: Edges) -> dict[VertexID, Collection[VertexID]]:
    """Predecessors by vertex, without the redundant ones.

    Raises:
        DAGError: the graph has a cycle or lacks a predecessor.
    """
    depth = _depths(edges)
    result: dict[VertexID, Collection[VertexID]] = {}
    for vertex, before in edges.predecessors.items():
        spanning = {p for p in before if depth[vertex] - depth[p] > 1}
        redundant = _reached(edges, before, spanning, depth) if spanning else spanning
        result[vertex] = tuple(p for p in before if p not in redundant)
    return result


def _depths(edges: Edges) -> dict[VertexID, int]:
    depth: dict[VertexID, int] = {}
    for vertex in edges.order():
        before = edges.predecessors[vertex]
        depth[vertex] = 1 + max(depth[p] for p in before) if before else 0
    return depth


def _reached(
    edges: Edges,
    before: Collection[VertexID],
    spanning: set[VertexID],
    depth: dict[VertexID, int],
) -> set[VertexID]:
    shallowest = min(depth[p] for p in spanning)
    pending = [p for p in before if depth[p] > shallowest]
    seen: set[VertexID] = set()
    left = len(spanning)
    while pending and left:
        for ancestor in edges.predecessors[pending.pop()]:
            if ancestor not in seen and depth[ancestor] >= shallowest:
                seen.add(ancestor)
                pending.append(ancestor)
                left -= ancestor in spanning
    return seen & spanning
