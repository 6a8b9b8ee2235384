"""Pictures drawn from the code: states of an attempt, layers of the package.

They are put into the page as SVG that uses the page's own colours, so that they
are right in light and in dark.
"""

from __future__ import annotations

import ast
import re
import textwrap
import tomllib
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from docutils import nodes  # type: ignore[import-untyped]  # has no types
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from treadle.engine.attempt import TRANSITIONS, AttemptState, Trigger

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]


class Box(NamedTuple):
    """A state at its place; x and y are its middle."""

    name: str
    x: float
    y: float
    width: float = 118
    height: float = 38

    def svg(self, style: str = "") -> str:
        """The box with its name."""
        left, top = self.x - self.width / 2, self.y - self.height / 2
        return (
            f'<rect class="box {style}" x="{left:g}" y="{top:g}" width="{self.width:g}" '
            f'height="{self.height:g}" rx="6"/><text class="name" x="{self.x:g}" '
            f'y="{self.y + 4.5:g}">{escape(self.name)}</text>'
        )

    def towards(self, x: float, y: float) -> tuple[float, float]:
        """The point of the border in the direction of another point."""
        across, down = x - self.x, y - self.y
        scale = min(
            (self.width / 2 + 3) / abs(across) if across else float("inf"),
            (self.height / 2 + 3) / abs(down) if down else float("inf"),
        )
        return self.x + across * scale, self.y + down * scale


_S = AttemptState
# Columns and rows. A state that is not here is put into a row of its own below.
_PLACES = {
    _S.STARTING: (0, 0),
    _S.RUNNING: (1, 0),
    _S.ENDED: (3, 0),
    _S.STOPPING: (1, 1),
    _S.KILLING: (2, 1),
    _S.STUCK: (3, 1),
}


def _place(state: AttemptState) -> Box:
    others = [one for one in AttemptState if one not in _PLACES]
    column, row = _PLACES.get(state) or (others.index(state), 2)
    return Box(state.name, 74 + 190 * column, 76 + 140 * row)


def attempt_states() -> str:
    """The table of transitions as SVG."""
    boxes = {state: _place(state) for state in AttemptState}
    bottom = max(box.y for box in boxes.values()) + 78
    lines = [
        _loop(boxes[before], trigger) if before is after else _arrow(boxes, before, after, trigger)
        for (before, trigger), after in TRANSITIONS.items()
    ]
    shown = [box.svg("end" if state is _S.ENDED else "") for state, box in boxes.items()]
    label = "The states of an attempt, and what moves it from one to the next."
    return _figure(720, bottom, label, [*lines, *shown])


def _arrow(
    boxes: dict[AttemptState, Box], before: AttemptState, after: AttemptState, trigger: Trigger
) -> str:
    start, end = boxes[before], boxes[after]
    between = [b for b in boxes.values() if b.y == start.y and start.x < b.x < end.x]
    if start.y == end.y and between:
        x1, y1, x2, y2 = start.x, start.y - 22, end.x, end.y - 22
        path = f"M{x1:g} {y1:g} C{x1 + 40:g} {y1 - 52:g} {x2 - 40:g} {y1 - 52:g} {x2:g} {y2:g}"
        return _line(path, trigger, (x1 + x2) / 2, y1 - 38)
    (x1, y1), (x2, y2) = start.towards(end.x, end.y), end.towards(start.x, start.y)
    # Nearer to the start: what comes together at one state is apart there.
    return _line(
        f"M{x1:g} {y1:g} L{x2:g} {y2:g}", trigger, x1 + (x2 - x1) * 0.42, y1 + (y2 - y1) * 0.42
    )


def _loop(box: Box, trigger: Trigger) -> str:
    x, y = box.x, box.y + box.height / 2 + 3
    path = f"M{x - 20:g} {y:g} C{x - 30:g} {y + 34:g} {x + 30:g} {y + 34:g} {x + 20:g} {y:g}"
    return _line(path, trigger, x, y + 28)


def _line(path: str, trigger: Trigger, x: float, y: float) -> str:
    word = trigger.name.lower().replace("_", " ")
    return (
        f'<path class="arrow" d="{path}" marker-end="url(#head)"/>'
        f'<text class="label" x="{x:g}" y="{y + 4:g}">{word}</text>'
    )


def layers() -> str:
    """The layers of the import contract, the highest on top, each with its first sentence."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    rows = next(c["layers"] for c in contracts if c["type"] == "layers")
    shapes = []
    for number, row in enumerate(rows):
        names = [name.strip() for name in re.split(r"[|:]", row)]
        width = (700 - 12 * (len(names) - 1)) / len(names)
        for column, name in enumerate(names):
            x, y = 10 + column * (width + 12), 10 + number * 78
            shapes.append(_layer(name, x, y, width))
    label = "The layers of the package; an import points down."
    return _figure(720, 10 + 78 * len(rows), label, shapes)


def _layer(name: str, x: float, y: float, width: float) -> str:
    lines = textwrap.wrap(_first_sentence(name), int(width / 6.1), max_lines=2, placeholder=" …")
    text = "".join(
        f'<text class="small" x="{x + 12:g}" y="{y + 38 + 16 * i:g}">{escape(line)}</text>'
        for i, line in enumerate(lines)
    )
    short = name.removeprefix("treadle.")
    return (
        f'<rect class="box" x="{x:g}" y="{y:g}" width="{width:g}" height="66" rx="6"/>'
        f'<text class="name left" x="{x + 12:g}" y="{y + 20:g}">{short}</text>'
        f"{text}"
    )


def _first_sentence(name: str) -> str:
    path = ROOT / "src" / name.replace(".", "/")
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return re.split(r"(?<=\w)\.(?=\s|$)", " ".join(text.split("\n\n")[0].split()))[0]


def _figure(width: float, height: float, label: str, shapes: list[str]) -> str:
    head = (
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
        'markerHeight="8" orient="auto"><path class="head" d="M0 0L8 4L0 8z"/></marker></defs>'
    )
    return (
        f'<svg class="figure" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{escape(label)}">{head}{"".join(shapes)}</svg>'
    )


class Figure(SphinxDirective):
    """`attempt-states` or `layers`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        draw = {"attempt-states": attempt_states, "layers": layers}[self.arguments[0]]
        return [nodes.raw("", draw(), format="html")]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Called by Sphinx."""
    app.add_directive("drawn", Figure)
    return {"parallel_read_safe": True}
