"""The picture itself: an SVG that stands alone, or is part of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treadle.report.graph.card import Card, card_of, classes, drawn
from treadle.report.graph.escape import content, decimal
from treadle.report.graph.layout import Layout, Point, layout
from treadle.report.graph.legend import Legend, legend_of
from treadle.report.graph.model import SUCCESS
from treadle.report.graph.style import rules
from treadle.report.text import number, safe
from treadle.workflow.plan import DEFAULT_QUEUE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from treadle.report.graph.model import Edge, Graph, Node

ROOMY = 40
"""Nodes up to which there is room for what each does."""
_MARGIN = 28.0
_TIP = 7.0
_PREFIX = "treadle-graph"


def as_svg(graph: Graph) -> str:
    """Return the picture as a document of its own, in XML."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Picture(graph).svg()}\n'


class Picture:
    """A graph laid out, and drawn on demand.

    Args:
        graph: what to draw.
        linked: jobs are links to ``#job-N``, and edges tell which nodes they join: for a page.
    """

    def __init__(self, graph: Graph, *, linked: bool = False) -> None:
        self._graph = graph
        self._linked = linked
        roomy = len(graph.nodes) <= ROOMY
        self._cards = [card_of(node, graph if roomy else None) for node in graph.nodes]
        links = [(edge.before, edge.after, edge.on) for edge in graph.edges]
        sizes = [(card.width, card.height) for card in self._cards]
        self._layout = layout(sizes, links, SUCCESS)
        used = dict.fromkeys(node.job.queue for node in graph.nodes)
        self.queues = {name: i for i, name in enumerate((q for q in used if q != DEFAULT_QUEUE), 1)}
        self._legend = legend_of(graph, self.queues, self._layout.width)

    def style(self) -> str:
        """Return the rules that the picture needs."""
        return rules(len(self.queues))

    def svg(self) -> str:
        """Return the element; in a page it has no style of its own."""
        width, height = self._size()
        style = "" if self._linked else f"<style>\n{self.style()}</style>\n"
        role = "group" if self._linked else "img"
        ids = f"{_PREFIX}-title {_PREFIX}-text"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{decimal(width)}" '
            f'height="{decimal(height)}" viewBox="0 0 {decimal(width)} {decimal(height)}" '
            f'role="{role}" aria-labelledby="{ids}">\n{self._said()}{style}'
            f'<rect class="paper" x="0.5" y="0.5" width="{decimal(width - 1)}" '
            f'height="{decimal(height - 1)}" rx="10"/>\n'
            f'<g transform="translate({decimal(_MARGIN)} {decimal(_MARGIN)})">\n'
            f"{''.join(self._parts())}</g>\n</svg>"
        )

    def _size(self) -> tuple[float, float]:
        width = max(self._layout.width, self._legend.width)
        return width + 2 * _MARGIN, self._layout.height + self._legend.height + 2 * _MARGIN

    def _said(self) -> str:
        graph = self._graph
        jobs, needs = number(graph.jobs(), "job"), number(len(graph.edges), "arrow")
        title = f"Jobs of {safe(graph.label)}"
        text = f"{jobs}, {needs}. Arrows lead from a job to those that need it."
        return (
            f'<title id="{_PREFIX}-title">{content(title)}</title>\n'
            f'<desc id="{_PREFIX}-text">{content(text)}</desc>\n'
        )

    def _parts(self) -> Iterator[str]:
        yield '<g class="edges">\n'
        for edge, way in zip(self._graph.edges, self._layout.ways, strict=True):
            yield self._edge(edge, way)
        yield '</g>\n<g class="jobs">\n'
        for i, node in enumerate(self._graph.nodes):
            yield self._job(i, node, self._cards[i])
        yield "</g>\n"
        yield from self._labels()
        yield _placed(self._legend, self._layout)

    def _edge(self, edge: Edge, way: list[Point]) -> str:
        ends = f' data-before="{edge.before}" data-after="{edge.after}"' if self._linked else ""
        kind = "" if edge.on == SUCCESS else f" {edge.on}"
        return (
            f'<g class="need"{ends}><path class="edge{kind}" d="{_curve(way)}"/>'
            f'<path class="tip{kind}" d="{_tip(way[-1])}"/></g>\n'
        )

    def _job(self, i: int, node: Node, card: Card) -> str:
        kinds = classes(node, self.queues)
        box = self._layout.boxes[i]
        text = f"<title>{content(self._title(node))}</title>"
        text += drawn(node, card, box)
        if self._linked:
            return f'<a class="{kinds}" href="#job-{i}" data-job="{i}">{text}</a>\n'
        return f'<g class="{kinds}">{text}</g>\n'

    def _title(self, node: Node) -> str:
        count = f" ({number(len(node.jobs), 'job')})" if node.family else ""
        queue = "" if node.job.queue == DEFAULT_QUEUE else f"; queue {node.job.queue}"
        what = f": {self._graph.shown(node.job.description)}" if node.job.description else ""
        return f"{node.name}{count}{what}{queue}"

    def _labels(self) -> Iterator[str]:
        for edge, way in zip(self._graph.edges, self._layout.ways, strict=True):
            if edge.on != SUCCESS:
                # In the midst of the first curve: lines that branch have it in common.
                x, y = (way[0].x + way[1].x) / 2, (way[0].y + way[1].y) / 2
                where = f'x="{decimal(x)}" y="{decimal(y + 4)}"'
                yield f'<text class="said" {where}>{content(edge.on)}</text>\n'


def _curve(way: list[Point]) -> str:
    """Draw curves that leave and arrive level, as cubic Bezier curves, with lines between."""
    steps = [f"M{decimal(way[0].x)} {decimal(way[0].y)}"]
    for i in range(0, len(way), 2):
        (x, y), (right, end) = way[i], way[i + 1]
        if i:
            steps.append(f"H{decimal(x)}")
        last = i + 2 == len(way)
        right -= _TIP - 1 if last else 0
        steps.append(f"H{decimal(right)}" if abs(y - end) < 0.05 else _bend(x, y, right, end))
    return "".join(steps)


def _bend(x: float, y: float, right: float, end: float) -> str:
    half = decimal((x + right) / 2)
    return f"C{half} {decimal(y)} {half} {decimal(end)} {decimal(right)} {decimal(end)}"


def _tip(point: Point) -> str:
    x, y = decimal(point.x - _TIP), point.y
    return (
        f"M{decimal(point.x)} {decimal(y)}L{x} {decimal(y - 3.6)}"
        f"L{decimal(point.x - _TIP + 1.6)} {decimal(y)}L{x} {decimal(y + 3.6)}Z"
    )


def _placed(legend: Legend, drawn_above: Layout) -> str:
    if not legend.text:
        return ""
    place = f'transform="translate(0 {decimal(drawn_above.height)})"'
    return f'<g class="legend" {place}>\n{legend.text}</g>\n'
