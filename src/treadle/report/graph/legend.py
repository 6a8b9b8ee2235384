"""What the colours, borders and dashes of a picture mean: only those that occur in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from treadle.report.graph.card import SMALL, line_of
from treadle.report.graph.escape import decimal
from treadle.report.graph.model import SUCCESS
from treadle.report.graph.widths import fitting, text_width
from treadle.report.text import number, safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from treadle.report.graph.model import Graph

_SWATCH = 34.0
_ROW = 26.0
_BETWEEN = 22.0
_ABOVE = 26.0
_LEAST = 360.0
_WIDEST_TEXT = 220.0
_BOX = '<rect class="box front" x="2" y="-8" width="22" height="15" rx="4"/>'


@dataclass(frozen=True, slots=True)
class Legend:
    """The legend as SVG, from its upper left corner on; all empty where nothing needs one."""

    text: str = ""
    width: float = 0.0
    height: float = 0.0


def legend_of(graph: Graph, queues: Mapping[str, int], width: float) -> Legend:
    """Return the legend of a picture.

    Args:
        graph: what is drawn.
        queues: the numbers of the queues that have a colour.
        width: of the picture; lines are broken there.
    """
    entries = [*_queues(graph, queues), *_jobs(graph), *_edges(graph)]
    if not entries:
        return Legend()
    limit = max(width, _LEAST)
    parts, widest = [], 0.0
    x, y = 0.0, _ABOVE + _ROW / 2
    for swatch, kinds, words in entries:
        text = fitting(words, _WIDEST_TEXT, SMALL)
        wide = _SWATCH + text_width(text, SMALL)
        if x and x + wide > limit:
            x, y = 0.0, y + _ROW
        parts.append(
            f'<g class="{kinds}" transform="translate({decimal(x)} {decimal(y)})">{swatch}'
            f"{line_of(text, _SWATCH, 4, SMALL, 'soft')}</g>\n"
        )
        widest = max(widest, x + wide)
        x += wide + _BETWEEN
    return Legend("".join(parts), widest, y + _ROW / 2 - 6)


def _queues(graph: Graph, queues: Mapping[str, int]) -> Iterator[tuple[str, str, str]]:
    bar = '<path class="bar" d="M6.5 -5V4"/>'
    for name, i in queues.items():
        size = graph.queues.get(name)
        room = f", {number(size, 'token')}" if isinstance(size, int) else ""
        yield f"{_BOX}{bar}", f"q{i}", f"queue {safe(name)}{room}"


def _jobs(graph: Graph) -> Iterator[tuple[str, str, str]]:
    jobs = [node.job for node in graph.nodes]
    if any(node.family for node in graph.nodes):
        back = '<rect class="box" x="5" y="-11" width="22" height="15" rx="4"/>'
        yield back + _BOX, "q0", "a matrix of jobs"
    if any(job.always for job in jobs):
        frame = '<rect class="frame" x="-1" y="-11" width="28" height="21" rx="6"/>'
        yield frame + _BOX, "q0", "runs whatever happens"
    if any(job.allow_failure is not False for job in jobs):
        yield _BOX, "q0 may-fail", "may fail"
    if any(job.when is not None for job in jobs):
        mark = '<circle class="flag" cx="13" cy="0" r="7"/>'
        sign = '<text class="flag-text" x="13" y="3.7">?</text>'
        yield mark + sign, "q0", "has a condition"


def _edges(graph: Graph) -> Iterator[tuple[str, str, str]]:
    said = {"failure": "runs after a failure", "end": "runs after success or failure"}
    kinds = dict.fromkeys(edge.on for edge in graph.edges if edge.on != SUCCESS)
    for kind in kinds:
        line = f'<path class="edge {kind}" d="M0 0H20"/>'
        tip = f'<path class="tip {kind}" d="M26 0L19 -3.6L20.6 0L19 3.6Z"/>'
        yield line + tip, "q0", said[kind]
