"""Graphs as text: Graphviz, Mermaid, a tree, lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from treadle.dag.edges import Edges, VertexID

_DOT_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"})
# Mermaid has character codes instead of backslash escapes.
_MERMAID_ESCAPES = str.maketrans({c: f"#{ord(c)};" for c in '"#<>&;`\r'} | {"\n": "<br/>"})


def as_lines(edges: Edges) -> str:
    """One line for each vertex with its predecessors."""
    return "\n".join(
        f"{vertex} -> {', '.join(str(p) for p in edges.ranked(before)) or '(none)'}"
        for vertex, before in edges.predecessors.items()
    )


def as_dot(edges: Edges) -> str:
    """Graphviz text; edges point from a vertex to its predecessors."""
    name = {vertex: _dot_name(vertex) for vertex in edges.predecessors}
    lines = ["digraph G {", 'rankdir="LR";', *name.values()]
    for vertex, before in edges.predecessors.items():
        lines.extend(f"{name[vertex]} -> {_dot_name(p)}" for p in edges.ranked(before))
    lines.append("}")
    return "\n".join(lines)


def _dot_name(vertex: VertexID) -> str:
    return f'"{str(vertex).translate(_DOT_ESCAPES)}"'


def as_mermaid(edges: Edges) -> str:
    """A Mermaid flowchart; arrows point from a predecessor to the vertex that waits for it."""
    name = {vertex: f"n{i}" for i, vertex in enumerate(edges.predecessors)}
    lines = ["flowchart LR"]
    arrows = []
    for vertex, before in edges.predecessors.items():
        lines.append(f"    {_mermaid_node(name[vertex], vertex)}")
        for predecessor in edges.ranked(before):
            if predecessor not in name:
                name[predecessor] = f"n{len(name)}"
                arrows.append(f"    {_mermaid_node(name[predecessor], predecessor)}")
            arrows.append(f"    {name[predecessor]} --> {name[vertex]}")
    return "\n".join(lines + arrows)


def _mermaid_node(name: str, vertex: VertexID) -> str:
    return f'{name}["{str(vertex).translate(_MERMAID_ESCAPES)}"]'


def as_tree(edges: Edges, label: Callable[[VertexID], str]) -> str:
    """The trees below all roots, drawn with box characters.

    A vertex reached again is shown again, without what is below it, which " …"
    stands for: the text has one line per edge and per root.
    """
    successors = edges.unordered_successors()
    drawn: set[VertexID] = set()
    lines: list[str] = []
    for root in _roots(edges, drawn):
        # A stack of (vertex, text in front of it, text in front of what is below it).
        pending = [(root, "", "")]
        while pending:
            vertex, branch, margin = pending.pop()
            below = successors.get(vertex, ())
            again = vertex in drawn and below
            lines.append(f"{branch}{label(vertex)}{' …' if again else ''}")
            drawn.add(vertex)
            if not again:
                pending += _branches(_siblings(edges, below), margin)
    return "\n".join(lines)


def _roots(edges: Edges, drawn: set[VertexID]) -> Iterable[VertexID]:
    known = edges.predecessors
    for vertex, before in known.items():
        if not any(predecessor in known for predecessor in before):
            yield vertex
    # What is left hangs on cycles, where any vertex serves as a root.
    for vertex in known:
        if vertex not in drawn:
            yield vertex


def _siblings(edges: Edges, vertices: Iterable[VertexID]) -> list[VertexID]:
    ranked = edges.ranked(vertices)
    try:
        return sorted(ranked)  # type: ignore[type-var]  # ids that do not compare are caught
    except TypeError:
        return ranked


def _branches(siblings: list[VertexID], margin: str) -> Iterable[tuple[VertexID, str, str]]:
    # Backwards: the first sibling ends up on top of the stack.
    branch, below = "└── ", "    "
    for vertex in reversed(siblings):
        yield vertex, margin + branch, margin + below
        branch, below = "├── ", "│   "
