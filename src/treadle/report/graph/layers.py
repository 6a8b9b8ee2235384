"""Which layer each node stands in: everything that a node needs stands left of it.

The first of the four steps of Sugiyama, Tagawa and Toda (IEEE Trans. Systems, Man and
Cybernetics 11:2, 1981): layers, crossings, coordinates, curves. A node stands one layer
behind the last of its needs (the longest path from a start), and then as far to the right as
what needs it allows, where that shortens more edges than it lengthens: a greedy step of the
network simplex of Gansner, Koutsofios, North and Vo (IEEE Trans. Software Eng. 19:3, 1993).

Longest-path layers can be very high: two hundred jobs behind one are a column that fits no
page. A layer is a set of nodes of which none needs another, so any part of it may stand left
of the rest. High layers are cut into several, as Coffman and Graham bound the width.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import count, groupby
from typing import TypeAlias

Neighbours: TypeAlias = Sequence[Sequence[int]]
"""For each node, by its number, other nodes."""

MAX_HEIGHT = 36
"""Nodes; a layer of more is cut."""
_SHAPE = 3.0
"""How many times wider than high a node is, with the room around it: for the cutting."""


def linked(size: int, edges: Sequence[tuple[int, int]]) -> tuple[list[list[int]], list[list[int]]]:
    """Return for each node what stands before it and what stands after it."""
    before: list[list[int]] = [[] for _ in range(size)]
    after: list[list[int]] = [[] for _ in range(size)]
    for first, second in edges:
        before[second].append(first)
        after[first].append(second)
    return before, after


def components(before: Neighbours, after: Neighbours) -> list[list[int]]:
    """Return the parts of a graph that hang together, in order of their first nodes."""
    seen: set[int] = set()
    found = []
    for start in range(len(before)):
        if start in seen:
            continue
        seen.add(start)
        part = [start]
        for node in part:
            fresh = [one for one in (*before[node], *after[node]) if one not in seen]
            fresh = list(dict.fromkeys(fresh))
            seen.update(fresh)
            part += fresh
        found.append(sorted(part))
    return found


def layers_of(before: Neighbours, after: Neighbours) -> list[int]:
    """Return the layer of each node, from 0.

    Raises:
        ValueError: the graph has a cycle.
    """
    order = _in_order(before, after)
    layer = [0] * len(before)
    for node in order:
        layer[node] = 1 + max((layer[one] for one in before[node]), default=-1)
    for node in reversed(order):
        if len(after[node]) > len(before[node]):
            layer[node] = min(layer[one] for one in after[node]) - 1
    return _cut(layer, before, after)


def _in_order(before: Neighbours, after: Neighbours) -> list[int]:
    waiting = [len(needs) for needs in before]
    order = [node for node, number in enumerate(waiting) if not number]
    for node in order:
        for other in after[node]:
            waiting[other] -= 1
            if not waiting[other]:
                order.append(other)
    if len(order) < len(before):
        raise ValueError("a graph with a cycle has no layers")
    return order


def _cut(layer: list[int], before: Neighbours, after: Neighbours) -> list[int]:
    """Put the nodes of high layers into several; those with the same neighbours stay together."""
    members: dict[int, list[int]] = {}
    for node, number in enumerate(layer):
        members.setdefault(number, []).append(node)
    result = list(layer)
    fresh = count()
    for number in sorted(members):
        nodes = members[number]
        alike = {
            node: (min(after[node], default=-1), min(before[node], default=-1)) for node in nodes
        }
        nodes.sort(key=alike.__getitem__)
        groups = [list(group) for _, group in groupby(nodes, alike.__getitem__)]
        for piece in _pieces(groups):
            at = next(fresh)
            for node in piece:
                result[node] = at
    return result


def _pieces(groups: list[list[int]]) -> list[list[int]]:
    """Make pieces of about the same size; a group is cut only where it is larger than those."""
    size = sum(map(len, groups))
    if size <= MAX_HEIGHT:
        return [[node for group in groups for node in group]]
    height = max(MAX_HEIGHT * 2 // 3, math.isqrt(int(_SHAPE * size)))
    height = math.ceil(size / math.ceil(size / height))
    most = height * 4 // 3
    found: list[list[int]] = [[]]
    for group in groups:
        step = height if len(group) > most else most
        for at in range(0, len(group), step):
            piece = group[at : at + step]
            if found[-1] and len(found[-1]) + len(piece) > most:
                found.append([])
            found[-1] += piece
    return found
