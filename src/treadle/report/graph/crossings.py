"""The order of cells within their layers, so that few edges cross.

Layer by layer, forwards and backwards in turn, each cell goes to the mean place of those that
it is linked with (the barycentre heuristic of Sugiyama, Tagawa and Toda); neighbours that
cross less the other way round then change places (the transposition of Gansner and others).
The best order of all sweeps is kept. Crossings are counted as inversions with a tree of sums
(Barth, Juenger and Mutzel, J. Graph Algorithms Appl. 8:2, 2004). Ties keep their order, so
the same graph gives the same picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise

from treadle.report.graph.routes import Cells

MAX_SWEEPS = 24
_WORK = 500_000
"""Links to look at in all sweeps together."""
_SMALL = 2_000
"""Links of a graph that is small enough for transposing."""
_PATIENCE = 4
"""Sweeps without any gain after which no more are made."""

Links = Sequence[Mapping[int, int]]


def reduce_crossings(cells: Cells) -> None:
    """Put the cells of each layer in a good order, in place."""
    links = sum(map(len, cells.after))
    small = links <= _SMALL
    fewest, best = -1, cells.layers
    idle = 0
    for sweep in range(max(2, min(MAX_SWEEPS, _WORK // max(1, links)))):
        _sweep(cells, forwards=sweep % 2 == 0)
        if small:
            _transpose(cells)
        crossings = count_crossings(cells)
        idle = idle + 1 if 0 <= fewest <= crossings else 0
        if fewest < 0 or crossings < fewest:
            fewest, best = crossings, [list(layer) for layer in cells.layers]
        if idle == _PATIENCE or not fewest:
            break
    cells.layers = best


def count_crossings(cells: Cells) -> int:
    """Return how many pairs of links cross."""
    return sum(
        _inversions(_ends(layer, cells.after, _places(following)), len(following))
        for layer, following in zip(cells.layers, cells.layers[1:], strict=False)
    )


def _places(layer: Sequence[int]) -> dict[int, int]:
    return {cell: place for place, cell in enumerate(layer)}


def _ends(layer: Sequence[int], after: Links, places: Mapping[int, int]) -> list[int]:
    return [end for cell in layer for end in sorted(places[other] for other in after[cell])]


def _inversions(numbers: Sequence[int], size: int) -> int:
    """Count the pairs that stand in the wrong order, with a Fenwick tree."""
    tree = [0] * (size + 1)
    found = 0
    for seen, number in enumerate(numbers):
        at, smaller = number + 1, 0
        while at:
            smaller += tree[at]
            at &= at - 1
        found += seen - smaller
        at = number + 1
        while at <= size:
            tree[at] += 1
            at += at & -at
    return found


def _sweep(cells: Cells, *, forwards: bool) -> None:
    order = cells.layers if forwards else cells.layers[::-1]
    links = cells.before if forwards else cells.after
    for fixed, layer in pairwise(order):
        places = _places(fixed)
        # A cell without links stays where it is, as a share of the height of its layer.
        scale = len(fixed) / max(1, len(layer))
        wanted = {
            cell: sum(places[one] for one in links[cell]) / len(links[cell])
            if links[cell]
            else place * scale
            for place, cell in enumerate(layer)
        }
        layer.sort(key=wanted.__getitem__)
        _balance(layer, wanted, cells.nodes)


def _balance(layer: list[int], wanted: Mapping[int, float], nodes: int) -> None:
    """Put edges in the midst of nodes that want the same place.

    A line with many branches would else run below all of them, lower in each layer.
    """
    begin = 0
    for _, group in groupby(layer, wanted.__getitem__):
        cells = list(group)
        leaves = [cell for cell in cells if cell < nodes]
        lines = [cell for cell in cells if cell >= nodes]
        half = (len(leaves) + 1) // 2
        layer[begin : begin + len(cells)] = leaves[:half] + lines + leaves[half:]
        begin += len(cells)


def _transpose(cells: Cells) -> None:
    for number, layer in enumerate(cells.layers):
        sides = []
        if number:
            sides.append((cells.before, _places(cells.layers[number - 1])))
        if number + 1 < len(cells.layers):
            sides.append((cells.after, _places(cells.layers[number + 1])))
        ends = {
            cell: [sorted(places[one] for one in links[cell]) for links, places in sides]
            for cell in layer
        }
        for at in range(len(layer) - 1):
            upper, lower = ends[layer[at]], ends[layer[at + 1]]
            if _gain(upper, lower) > 0:
                layer[at], layer[at + 1] = layer[at + 1], layer[at]


def _gain(upper: list[list[int]], lower: list[list[int]]) -> int:
    return sum(
        (high > low) - (high < low)
        for highs, lows in zip(upper, lower, strict=True)
        for high in highs
        for low in lows
    )
