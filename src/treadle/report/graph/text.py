"""The graph in the languages of Graphviz and of Mermaid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treadle.report.graph.model import SUCCESS
from treadle.report.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from treadle.report.graph.model import Edge, Graph, Node

_DOT_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"'})
# Mermaid has character codes instead of backslash escapes; it reads Markdown and HTML.
_MERMAID_ESCAPES = str.maketrans({c: f"#{ord(c)};" for c in '"#<>&;`\\'})
_MERMAID_STYLES = {
    "always": "stroke-width:3px",
    "mayfail": "stroke-dasharray:5 3",
}


def as_dot(graph: Graph) -> str:
    """Return Graphviz text; edges point from a job to what it needs."""
    names = [_dot_name(node.name) for node in graph.nodes]
    lines = ["digraph G {", 'rankdir="LR";']
    lines += [name + _dot_style(node) for name, node in zip(names, graph.nodes, strict=True)]
    for edge in sorted(graph.edges, key=lambda edge: edge.after):
        lines.append(f"{names[edge.after]} -> {names[edge.before]}{_dot_line(edge)}")
    return "\n".join([*lines, "}"])


def _dot_name(text: str) -> str:
    return f'"{safe(text).translate(_DOT_ESCAPES)}"'


def _dot_style(node: Node) -> str:
    said = []
    if node.family:
        label = f"{node.name} ({len(node.jobs)})"
        said += ["shape=box3d", f"label={_dot_name(label)}"]
    if node.job.always:
        said.append("peripheries=2")
    if node.job.allow_failure is not False:
        said.append("style=dashed")
    return f" [{', '.join(said)}]" if said else ""


def _dot_line(edge: Edge) -> str:
    return "" if edge.on == SUCCESS else f' [style=dashed, label="{edge.on}"]'


def as_mermaid(graph: Graph) -> str:
    """Return a Mermaid flowchart; arrows point from a job to those that need it."""
    arrows: dict[int, list[str]] = {}
    for edge in graph.edges:
        line = "-->" if edge.on == SUCCESS else f"-.->|{edge.on}|"
        arrows.setdefault(edge.after, []).append(f"    n{edge.before} {line} n{edge.after}")
    lines = ["flowchart LR"]
    lines += [f"    n{i}{_mermaid_node(node)}" for i, node in enumerate(graph.nodes)]
    lines += [line for after in sorted(arrows) for line in arrows[after]]
    return "\n".join([*lines, *_mermaid_classes(graph)])


def _mermaid_node(node: Node) -> str:
    text = safe(node.name).translate(_MERMAID_ESCAPES)
    if node.family:
        return f'[["{text} ({len(node.jobs)})"]]'
    return f'["{text}"]'


def _mermaid_classes(graph: Graph) -> Iterator[str]:
    jobs = [node.job for node in graph.nodes]
    members = {
        "always": [i for i, job in enumerate(jobs) if job.always],
        "mayfail": [i for i, job in enumerate(jobs) if job.allow_failure is not False],
    }
    for name, style in _MERMAID_STYLES.items():
        if members[name]:
            yield f"    classDef {name} {style}"
            yield f"    class {','.join(f'n{i}' for i in members[name])} {name}"
