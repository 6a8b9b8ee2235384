"""A recorded run as a picture of a terminal.

The directive draws it into a page; `python docs/_ext/terminal.py RECORDED PICTURE` into a file.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes  # type: ignore[import-untyped]  # has no types
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_CODE = re.compile(r"\x1b\[([\d;]*)m")
_FILLS = {"2": "#8b949e", "31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "36": "#79c0ff"}
_CHAR, _LINE, _MARGIN, _BAR = 7.8, 19.0, 18.0, 34.0


def draw(text: str, label: str) -> str:
    """Text with ANSI colours as SVG: a dark terminal, right on light and on dark pages."""
    lines = text.rstrip("\n").split("\n")
    columns = max(len(_CODE.sub("", line)) for line in lines)
    width = columns * _CHAR + 2 * _MARGIN
    height = _BAR + len(lines) * _LINE + _MARGIN
    dots = "".join(
        f'<circle cx="{_MARGIN + 4 + 18 * i:g}" cy="18" r="5.5" fill="{fill}"/>'
        for i, fill in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    )
    rows = "".join(_row(line, _BAR + (i + 0.8) * _LINE) for i, line in enumerate(lines))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="terminal" viewBox="0 0 {width:g} '
        f'{height:g}" role="img" aria-label="{escape(label)}">'
        f'<rect width="{width:g}" height="{height:g}" rx="9" fill="#161b22" stroke="#30363d"/>'
        f'{dots}<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,'
        f'monospace" font-size="13" fill="#e6edf3">{rows}</g></svg>'
    )


def _row(line: str, y: float) -> str:
    """One line; the length is given, so that any monospaced font fits."""
    plain = _CODE.sub("", line)
    if not plain.strip():
        return ""
    start = len(plain) - len(plain.lstrip())
    spans = "".join(
        f"<tspan{style}>{escape(text, quote=False)}</tspan>"
        for text, style in _spans(line.lstrip())
    )
    length = (len(plain) - start) * _CHAR
    return (
        f'<text xml:space="preserve" x="{_MARGIN + start * _CHAR:g}" y="{y:g}" '
        f'textLength="{length:g}" lengthAdjust="spacingAndGlyphs">{spans}</text>'
    )


def _spans(line: str) -> Iterator[tuple[str, str]]:
    style = ""
    for number, piece in enumerate(_CODE.split(line)):
        if number % 2:
            codes = piece.split(";")
            fills = [_FILLS[code] for code in codes if code in _FILLS]
            style = f' fill="{fills[0]}"' if fills else ""
            style += ' font-weight="bold"' if "1" in codes else ""
        elif piece:
            yield piece, style


class Terminal(SphinxDirective):
    """The picture of a recording; the argument is its file, the content the label."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        _, path = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(path)
        picture = draw(Path(path).read_text(encoding="utf-8"), " ".join(self.content))
        return [nodes.raw("", picture, format="html")]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Called by Sphinx."""
    app.add_directive("terminal", Terminal)
    return {"parallel_read_safe": True}


if __name__ == "__main__":
    recorded, picture = map(Path, sys.argv[1:])
    picture.write_text(draw(recorded.read_text(encoding="utf-8"), "treadle at work") + "\n")
