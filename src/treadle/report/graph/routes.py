"""The ways of edges through the layers that lie between their ends.

An edge that spans several layers passes each of them at a place of its own, as in Sugiyama's
method: a cell that is no node. Edges with one end in common may share these cells, and
are drawn as one line that branches. Such a line stays readable because it belongs to one
node: whatever branches off needs it, or is needed by it. It also keeps the cells few: at most
one for each node and layer, not for each edge and layer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

MAX_CELLS = 20_000
"""Cells for edges; where there would be more, the longest edges go straight instead."""

STIFF = 5_000
"""How much more a line through layers is kept straight than an edge between two nodes.

With 8, as others have it, the twenty nodes of a layer that branch off bend it together.
"""

Link = tuple[int, int, str]
"""The two ends of an edge, and its kind: edges of different kinds share nothing."""


@dataclass(slots=True)
class Cells:
    """Nodes and the places where edges pass layers, all of them numbers.

    Attributes:
        layers: the cells of each layer, from top to bottom.
        nodes: how many are nodes; higher numbers are places of edges.
        routes: the cells that each edge goes through, its ends among them.
        before: for each cell those of the layer before that it is linked with, and how
            heavy that is: heavy links are kept straight.
        after: the same for the layer behind.
    """

    layers: list[list[int]]
    nodes: int
    routes: list[list[int]] = field(default_factory=list)
    before: list[dict[int, int]] = field(default_factory=list)
    after: list[dict[int, int]] = field(default_factory=list)


def routed(layer: Sequence[int], links: Sequence[Link]) -> Cells:
    """Return the cells of a graph whose nodes have layers."""
    cells = Cells([[] for _ in range(max(layer, default=-1) + 1)], len(layer))
    for node, number in enumerate(layer):
        cells.layers[number].append(node)
    trunks = _trunks(layer, links)
    _make(cells, trunks, layer)
    size = len(layer) + sum(map(len, trunks.made.values()))
    cells.before = [{} for _ in range(size)]
    cells.after = [{} for _ in range(size)]
    for link, owner in zip(links, trunks.owners, strict=True):
        cells.routes.append(_route(link, layer, trunks.made.get(owner, {})))
        _link(cells, cells.routes[-1], layer)
    return cells


@dataclass(slots=True)
class _Trunks:
    """For each edge what it shares its way with; for each of those its cells by layer."""

    owners: list[tuple[str, int, str]]
    made: dict[tuple[str, int, str], dict[int, int]]


def _trunks(layer: Sequence[int], links: Sequence[Link]) -> _Trunks:
    far = [(a, b, kind) for a, b, kind in links if layer[b] - layer[a] > 1]
    leaving = Counter((a, kind) for a, _, kind in far)
    entering = Counter((b, kind) for _, b, kind in far)
    owners = [
        ("into", b, kind) if entering[b, kind] > leaving[a, kind] else ("from", a, kind)
        for a, b, kind in links
    ]
    return _Trunks(owners, _wanted(layer, links, owners))


def _wanted(
    layer: Sequence[int], links: Sequence[Link], owners: list[tuple[str, int, str]]
) -> dict[tuple[str, int, str], dict[int, int]]:
    """Say which layers each trunk passes, the longest not at all if there are too many."""
    found: dict[tuple[str, int, str], dict[int, int]] = {}
    for (a, b, _), owner in zip(links, owners, strict=True):
        if layer[b] - layer[a] > 1:
            found.setdefault(owner, {}).update(dict.fromkeys(range(layer[a] + 1, layer[b]), 0))
    left = MAX_CELLS
    for owner, passed in sorted(found.items(), key=lambda item: len(item[1])):
        left -= len(passed)
        if left < 0:
            del found[owner]
    return found


def _make(cells: Cells, trunks: _Trunks, layer: Sequence[int]) -> None:
    number = len(layer)
    for passed in trunks.made.values():
        for at in sorted(passed):
            passed[at] = number
            cells.layers[at].append(number)
            number += 1


def _route(link: Link, layer: Sequence[int], passed: dict[int, int]) -> list[int]:
    a, b, _ = link
    between = [passed[at] for at in range(layer[a] + 1, layer[b]) if at in passed]
    return [a, *between, b]


def _link(cells: Cells, route: list[int], layer: Sequence[int]) -> None:
    """Take note of the links of a way; weights after Gansner and others, who have 1, 2, 8."""
    if len(route) == 2 and layer[route[1]] - layer[route[0]] > 1:
        return  # it goes straight across the layers
    for a, b in pairwise(route):
        weight = (1, 2, STIFF)[(a >= cells.nodes) + (b >= cells.nodes)]
        cells.after[a][b] = cells.before[b][a] = weight
