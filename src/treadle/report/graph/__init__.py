"""The graph of the jobs, as a picture, as a page, and as text for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from treadle.report.graph.model import Graph

FORMATS = ("dot", "mermaid", "json", "svg", "html")
PICTURES = ("svg", "html")
SUFFIXES = {
    ".dot": "dot",
    ".gv": "dot",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".json": "json",
    ".svg": "svg",
    ".html": "html",
    ".htm": "html",
}
"""What the end of the name of a file says of its format."""


def render(graph: Graph, form: str) -> str:
    """Return a graph in one of `FORMATS`.

    Args:
        graph: what is drawn.
        form: the format.
    """
    # Each format loads only what it needs: drawing is more than writing lines.
    if form == "svg":
        from treadle.report.graph.svg import as_svg  # noqa: PLC0415 -- see above

        return as_svg(graph)
    if form == "html":
        from treadle.report.graph.html import as_html  # noqa: PLC0415 -- see above

        return as_html(graph)
    if form == "json":
        from treadle.report.graph.jsonform import as_json  # noqa: PLC0415 -- see above

        return as_json(graph)
    from treadle.report.graph.text import as_dot, as_mermaid  # noqa: PLC0415 -- see above

    return as_mermaid(graph) if form == "mermaid" else as_dot(graph)
