"""Graphs for other libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from treadle.errors import TreadleError

if TYPE_CHECKING:
    from treadle.dag.graph import DAG


class MissingExtraError(TreadleError, ImportError):
    """An optional package is needed; the message says how to install it."""


def to_networkx(dag: DAG) -> Any:
    """The same graph as a `networkx.DiGraph`, edges from predecessor to vertex.

    Raises:
        MissingExtraError: networkx is not installed.
    """
    try:
        import networkx as nx  # noqa: PLC0415 -- an optional package, loaded by whoever asks for it
    except ImportError as error:
        raise MissingExtraError(
            "to_networkx() needs networkx: pip install treadle[networkx]"
        ) from error
    graph = nx.DiGraph()
    edges = dag._edges  # noqa: SLF001 -- a part of the graph in its own module
    graph.add_nodes_from(
        (vertex, {"data": dag.vertex_data[vertex]}) for vertex in edges.predecessors
    )
    graph.add_edges_from(
        (p, v) for v, before in edges.predecessors.items() for p in edges.ranked(before)
    )
    return graph
