"""How one job looks: a card with its name, and below it what it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from treadle.report.graph.escape import attribute, content, decimal
from treadle.report.graph.layout import Box
from treadle.report.graph.widths import fitting, text_width
from treadle.report.text import safe
from treadle.workflow.plan import DEFAULT_QUEUE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from treadle.report.graph.model import Graph, Node

NAME = 13.0
SMALL = 11.5
_MARGIN = 14.0
_BAR = 9.0
_WIDEST_NAME, _WIDEST_LINE = 250.0, 220.0
_LEAST = 56.0
_STACK = 3.0


@dataclass(frozen=True, slots=True)
class Card:
    """What is written on a node, cut to size.

    Attributes:
        count: behind the name, how many jobs it stands for; may be empty.
        line: below the name; may be empty.
    """

    name: str
    count: str
    line: str
    width: float
    height: float


def card_of(node: Node, graph: Graph | None) -> Card:
    """Return what to write on a node; with what it does, if its graph is given."""
    name = fitting(safe(node.name), _WIDEST_NAME, NAME, bold=True)
    count = f"\N{MULTIPLICATION SIGN} {len(node.jobs)}" if node.family else ""
    line = fitting(_line(node, graph), _WIDEST_LINE, SMALL) if graph else ""
    first = text_width(name, NAME, bold=True) + _beside(count)
    wide = max(first, text_width(line, SMALL)) + (_BAR if is_barred(node) else 0.0)
    return Card(name, count, line, max(_LEAST, wide) + 2 * _MARGIN, 46.0 if graph else 30.0)


def is_barred(node: Node) -> bool:
    """Tell whether a node shows its queue; the one that jobs have by themselves is not shown."""
    return node.job.queue != DEFAULT_QUEUE


def _beside(count: str) -> float:
    return text_width(count, SMALL) + 7 if count else 0.0


def _line(node: Node, graph: Graph) -> str:
    texts = {job.description for job in node.jobs}
    return safe(graph.shown(node.job.description)) if len(texts) == 1 else ""


def classes(node: Node, queues: Mapping[str, int]) -> str:
    """Return the classes of a node: its queue, and what is special about it."""
    job = node.job
    found = ["job", f"q{queues[job.queue] if is_barred(node) else 0}"]
    found += ["may-fail"] if job.allow_failure is not False else []
    return " ".join(found)


def drawn(node: Node, card: Card, box: Box) -> str:
    """Return the card of a node as SVG, without the group around it."""
    parts = [_rect(box, "box", step * _STACK) for step in (2, 1) if node.family]
    if node.job.always:
        parts.append(_frame(box))
    parts.append(_rect(box, "box front", 0.0))
    inner = box
    if is_barred(node):
        inner = Box(box.x + _BAR, box.y, box.width - _BAR, box.height)
        top, bottom = decimal(box.y + 9), decimal(box.y + box.height - 9)
        parts.append(f'<path class="bar" d="M{decimal(box.x + 6.5)} {top}V{bottom}"/>')
    parts.append(_texts(card, inner))
    if node.job.when is not None:
        parts.append(_flag(box.x + box.width - 4, box.y + 2, "?"))
    return "".join(parts)


def _rect(box: Box, kind: str, shift: float) -> str:
    return (
        f'<rect class="{kind}" x="{decimal(box.x + shift)}" y="{decimal(box.y - shift)}" '
        f'width="{decimal(box.width)}" height="{decimal(box.height)}" rx="7"/>'
    )


def _frame(box: Box) -> str:
    return (
        f'<rect class="frame" x="{decimal(box.x - 3.5)}" y="{decimal(box.y - 3.5)}" '
        f'width="{decimal(box.width + 7)}" height="{decimal(box.height + 7)}" rx="10"/>'
    )


def _flag(x: float, y: float, text: str) -> str:
    return (
        f'<circle class="flag" cx="{decimal(x)}" cy="{decimal(y)}" r="7"/>'
        f'<text class="flag-text" x="{decimal(x)}" y="{decimal(y + 3.7)}">{text}</text>'
    )


def _texts(card: Card, box: Box) -> str:
    first = text_width(card.name, NAME, bold=True)
    left = box.x + (box.width - first - _beside(card.count)) / 2
    middle = box.y + box.height / 2
    base = middle - 3.5 if card.line else middle + 4.5
    parts = [line_of(card.name, left, base, NAME, "name")]
    if card.count:
        parts.append(line_of(card.count, left + first + 7, base, SMALL, "soft"))
    if card.line:
        start = box.x + (box.width - text_width(card.line, SMALL)) / 2
        parts.append(line_of(card.line, start, middle + 13.5, SMALL, "soft"))
    return "".join(parts)


def line_of(text: str, x: float, y: float, size: float, kind: str) -> str:
    """Return a line of text that is as wide as it was taken for, whatever the font."""
    fixed = ""
    if text.isascii() and len(text) > 1:
        wide = text_width(text, size, bold=kind == "name")
        fixed = f' textLength="{decimal(wide)}" lengthAdjust="spacingAndGlyphs"'
    place = f'x="{decimal(x)}" y="{decimal(y)}"'
    return f'<text class="{attribute(kind)}" {place}{fixed}>{content(text)}</text>'
