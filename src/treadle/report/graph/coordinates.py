"""How high each cell stands: near those that it is linked with, and clear of its neighbours.

For one layer, with all others fixed, that is a least-squares problem with an order to be
kept: the weighted mean of its links is where a cell wants to be, and neighbours keep a
distance. Less the distances, wishes have only to be non-decreasing, which pooling adjacent
violators solves exactly in linear time (Ayer and others, Ann. Math. Statist. 26:4, 1955;
for layers, Gansner and others, 1993). Sweeps over the layers repeat it: first one-sided
ones, which carry a place along a chain at once, then two-sided ones, which balance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from treadle.report.graph.routes import Cells

_WORK = 1_000_000
"""Links to look at in all sweeps together."""
MAX_SWEEPS = 30

Apart = Callable[[int, int], float]
"""How far the middles of two neighbours are apart at least."""


def heights(cells: Cells, apart: Apart) -> list[float]:
    """Return the middle of each cell, downwards, in the units of `apart`."""
    gaps = [[apart(a, b) for a, b in pairwise(layer)] for layer in cells.layers]
    places = _stacked(cells, gaps)
    links = sum(map(len, cells.after))
    sweeps = max(4, min(MAX_SWEEPS, _WORK // max(1, links)))
    for sweep in range(sweeps):
        # The last ones look both ways.
        one_sided = sweep < sweeps // 2
        order = range(len(cells.layers)) if sweep % 2 == 0 else range(len(cells.layers) - 1, -1, -1)
        for number in order:
            _settle(cells, number, gaps[number], places, (sweep % 2) if one_sided else None)
    return places


def _stacked(cells: Cells, gaps: list[list[float]]) -> list[float]:
    places = [0.0] * len(cells.after)
    for layer, between in zip(cells.layers, gaps, strict=True):
        at = -sum(between) / 2
        for cell, gap in zip(layer, [*between, 0.0], strict=True):
            places[cell] = at
            at += gap
    return places


def _settle(
    cells: Cells, number: int, gaps: list[float], places: list[float], side: int | None
) -> None:
    layer = cells.layers[number]
    wishes, weights = [], []
    for cell in layer:
        near = {} if side == 1 else cells.before[cell]
        far = {} if side == 0 else cells.after[cell]
        weight = sum(near.values()) + sum(far.values())
        pull = sum(places[one] * heavy for one, heavy in near.items())
        pull += sum(places[one] * heavy for one, heavy in far.items())
        # Without links it would rather stay, but not at the cost of others.
        wishes.append(pull / weight if weight else places[cell])
        weights.append(weight or 0.05)
    for cell, place in zip(layer, fitted(wishes, weights, gaps), strict=True):
        places[cell] = place


def fitted(wishes: Sequence[float], weights: Sequence[float], gaps: Sequence[float]) -> list[float]:
    """Return places in the given order, close to the wishes and at least `gaps` apart.

    Args:
        wishes: where each would be if it were alone.
        weights: how much each wish counts, above 0.
        gaps: the distances between neighbours, one fewer than wishes.
    """
    offsets = [0.0]
    for gap in gaps:
        offsets.append(offsets[-1] + gap)
    pools: list[tuple[float, float, int]] = []  # mean, weight, members
    for wish, weight, offset in zip(wishes, weights, offsets, strict=False):
        mean, members = wish - offset, 1
        while pools and pools[-1][0] >= mean:
            other, heavy, many = pools.pop()
            mean = (mean * weight + other * heavy) / (weight + heavy)
            weight, members = weight + heavy, members + many  # noqa: PLW2901 -- the pool grows
        pools.append((mean, weight, members))
    means = [mean for mean, _, members in pools for _ in range(members)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=False)]
