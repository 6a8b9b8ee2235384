"""Strategies for hypothesis: graphs of every shape, small enough to shrink well.

Needs hypothesis (`pip install hypothesis`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from treadle.dag import DAG

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

Edges = dict[int, list[int]]


@st.composite
def predecessors(draw: DrawFn, max_size: int = 12) -> Edges:
    """For each of the jobs 0, 1, … the jobs that it needs, all smaller than itself."""
    size = draw(st.integers(min_value=0, max_value=max_size))
    edges: Edges = {}
    for uid in range(size):
        needs = draw(st.sets(st.integers(0, uid - 1), max_size=3)) if uid else set()
        edges[uid] = sorted(needs)
    return edges


def dags(max_size: int = 12) -> SearchStrategy[DAG]:
    """Acyclic graphs of up to `max_size` vertices."""
    return predecessors(max_size).map(build)


def build(edges: Edges) -> DAG:
    """The graph with these predecessors."""
    dag = DAG()
    for uid, needs in edges.items():
        dag.add_vertex(uid, None, needs)
    return dag
