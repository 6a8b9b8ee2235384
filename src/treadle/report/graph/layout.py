"""Where everything stands in a picture that is read from left to right.

Parts that do not hang together are laid out one by one and put on shelves, like words in
lines; nodes without any edge stand in a grid below them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from treadle.report.graph.coordinates import heights
from treadle.report.graph.crossings import reduce_crossings
from treadle.report.graph.layers import components, layers_of, linked
from treadle.report.graph.routes import Link, routed

ROW = 14.0
"""Between two nodes of a layer."""
COLUMN = 46.0
"""Between two layers at least."""
_WIDEST = 150.0
_LABELLED = 96.0
_PART = 34.0
_LINE = 9.0


class Box(NamedTuple):
    """A node: its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float


class Point(NamedTuple):
    """Right, and down, from the upper left corner of the picture."""

    x: float
    y: float


@dataclass(slots=True)
class Layout:
    """A picture in numbers.

    Attributes:
        boxes: each node.
        ways: for each edge an even number of points: a curve leads from the first to the
            second, a line to the third, a curve to the fourth and so on.
    """

    boxes: list[Box]
    ways: list[list[Point]]
    width: float = 0.0
    height: float = 0.0


def layout(
    sizes: Sequence[tuple[float, float]], links: Sequence[Link], plain: str = "success"
) -> Layout:
    """Return where nodes and edges stand.

    Args:
        sizes: width and height of each node.
        links: edges by the numbers of their ends, with their kinds.
        plain: the kind of edge that gets no label, and no room for one.

    Raises:
        ValueError: the graph has a cycle.
    """
    before, after = linked(len(sizes), [(a, b) for a, b, _ in links])
    whole = Layout([Box(0, 0, 0, 0)] * len(sizes), [[]] * len(links))
    parts, alone = [], []
    for nodes in components(before, after):
        if len(nodes) == 1:
            alone += nodes
        else:
            parts.append(_Part(nodes, sizes, links, plain))
    _shelve(whole, parts, alone, sizes)
    return whole


class _Part:
    """Nodes that hang together, laid out by themselves."""

    def __init__(
        self,
        nodes: list[int],
        sizes: Sequence[tuple[float, float]],
        links: Sequence[Link],
        plain: str,
    ) -> None:
        own = {node: number for number, node in enumerate(nodes)}
        self.nodes = nodes
        self.edges = [number for number, (a, _, _) in enumerate(links) if a in own]
        self._sizes = [sizes[node] for node in nodes]
        self._links = [(own[links[e][0]], own[links[e][1]], links[e][2]) for e in self.edges]
        before, after = linked(len(nodes), [(a, b) for a, b, _ in self._links])
        self._cells = routed(layers_of(before, after), self._links)
        reduce_crossings(self._cells)
        self._middles = heights(self._cells, self._apart)
        self._columns = self._place_columns(plain)
        self.layout = self._drawn()

    def _apart(self, upper: int, lower: int) -> float:
        count = len(self._sizes)
        half = sum(self._sizes[cell][1] / 2 for cell in (upper, lower) if cell < count)
        return half + (ROW if upper < count and lower < count else _LINE)

    def _place_columns(self, plain: str) -> list[tuple[float, float]]:
        """Return the left and right side of each layer."""
        labelled = {cell for (a, _, kind) in self._links if kind != plain for cell in (a,)}
        left, found = 0.0, []
        for layer in self._cells.layers:
            width = max(self._sizes[cell][0] for cell in layer if cell < len(self._sizes))
            found.append((left, left + width))
            steepest = max(map(self._steepness, layer))
            least = _LABELLED if labelled.intersection(layer) else COLUMN
            left += width + max(least, min(_WIDEST, COLUMN + steepest * 0.12))
        return found

    def _steepness(self, cell: int) -> float:
        ends = self._cells.after[cell]
        return max((abs(self._middles[one] - self._middles[cell]) for one in ends), default=0.0)

    def _drawn(self) -> Layout:
        at = {
            cell: column
            for column, layer in zip(self._columns, self._cells.layers, strict=True)
            for cell in layer
        }
        boxes = []
        for node, (_, height) in enumerate(self._sizes):
            left, right = at[node]
            boxes.append(Box(left, self._middles[node] - height / 2, right - left, height))
        ways = [self._way(route, at) for route in self._cells.routes]
        ys = [y for box in boxes for y in (box.y, box.y + box.height)]
        ys += [point.y for way in ways for point in way]
        drawn = Layout(boxes, ways, self._columns[-1][1], max(ys) - min(ys))
        return _moved(drawn, 0.0, -min(ys))

    def _way(self, route: list[int], at: dict[int, tuple[float, float]]) -> list[Point]:
        points = [Point(side, self._middles[cell]) for cell in route for side in at[cell]]
        return points[1:-1]


def _moved(part: Layout, x: float, y: float) -> Layout:
    boxes = [Box(box.x + x, box.y + y, box.width, box.height) for box in part.boxes]
    ways = [[Point(point.x + x, point.y + y) for point in way] for way in part.ways]
    return Layout(boxes, ways, part.width, part.height)


def _shelve(
    whole: Layout, parts: list[_Part], alone: list[int], sizes: Sequence[tuple[float, float]]
) -> None:
    """Put the parts next to each other and below each other, the single nodes last."""
    room = sum((one.layout.width + _PART) * (one.layout.height + _PART) for one in parts)
    limit = max([math.sqrt(room * 1.8), *(one.layout.width for one in parts)])
    x = y = tallest = 0.0
    for one in parts:
        if x and x + one.layout.width > limit:
            x, y, tallest = 0.0, y + tallest + _PART, 0.0
        _put(whole, one, _moved(one.layout, x, y))
        tallest = max(tallest, one.layout.height)
        x += one.layout.width + _PART * 2
    whole.height = y + tallest
    if alone:
        _grid(whole, alone, sizes, whole.height + _PART if parts else 0.0)


def _put(whole: Layout, part: _Part, drawn: Layout) -> None:
    for node, box in zip(part.nodes, drawn.boxes, strict=True):
        whole.boxes[node] = box
        whole.width = max(whole.width, box.x + box.width)
    for edge, way in zip(part.edges, drawn.ways, strict=True):
        whole.ways[edge] = way


def _grid(
    whole: Layout, alone: list[int], sizes: Sequence[tuple[float, float]], top: float
) -> None:
    width = max(sizes[node][0] for node in alone)
    height = max(sizes[node][1] for node in alone)
    across, down = width + ROW * 2, height + ROW
    limit = max(whole.width, math.sqrt(len(alone) * across * down * 1.8), across)
    columns = min(len(alone), int((limit + ROW * 2) // across))
    for number, node in enumerate(alone):
        row, column = divmod(number, columns)
        whole.boxes[node] = Box(column * across, top + row * down, width, height)
    whole.width = max(whole.width, columns * across - ROW * 2)
    whole.height = top + math.ceil(len(alone) / columns) * down - ROW
