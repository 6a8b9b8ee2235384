"""Building a graph, checking it, and reading it vertex by vertex."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from treadle.dag import draw
from treadle.dag.edges import Edges
from treadle.errors import DAGError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from treadle.dag.edges import VertexID


class Graph:
    """Vertices with data, and the predecessors each has to wait for."""

    def __init__(self) -> None:
        self.vertex_data: dict[VertexID, Any] = {}
        self.tags: dict[VertexID, Any] = {}
        self._edges = Edges()

    def add_vertex(
        self,
        vertex_id: VertexID,
        data: Any = None,
        predecessors: Iterable[VertexID] | None = None,
    ) -> None:
        """Add a vertex, checked: costs the number of its predecessors.

        Args:
            vertex_id: any hashable but None.
            data: kept as it is.
            predecessors: existing vertices.

        Raises:
            DAGError: the vertex exists, a predecessor does not, or the DAG was not valid before.
        """
        if vertex_id in self._edges.predecessors:
            raise DAGError(f"vertex {vertex_id} already exist", origin="DAG.add_vertex")
        self.update_vertex(vertex_id=vertex_id, data=data, predecessors=predecessors)

    def update_vertex(
        self,
        vertex_id: VertexID,
        data: Any = None,
        predecessors: Iterable[VertexID] | None = None,
        enable_checks: bool = True,
    ) -> None:
        """Add a vertex, or add predecessors to an existing one and replace its data.

        On error nothing has changed. A new vertex costs the number of its
        predecessors, with or without checks; a check of an existing one costs a
        search, short if it has few descendants or the predecessors few ancestors.

        Args:
            vertex_id: any hashable but None.
            data: None leaves the data of an existing vertex as it is.
            predecessors: with checks, existing vertices.
            enable_checks: False accepts everything until `check()`.

        Raises:
            DAGError: a predecessor does not exist, a cycle would arise, or the DAG was not
                valid before; without checks only if the vertex is None.
        """
        edges = self._edges
        if enable_checks and not edges.valid:
            self.check()
        given = tuple(predecessors) if predecessors is not None else ()
        if vertex_id not in edges.predecessors:
            edges.insert(vertex_id, given, enable_checks)
            self.vertex_data[vertex_id] = data
        else:
            edges.extend(vertex_id, given, enable_checks)
            if data is not None:
                self.vertex_data[vertex_id] = data

    def set_predecessors(self, vertex_id: VertexID, predecessors: Iterable[VertexID]) -> None:
        """Replace the predecessors of a vertex, unchecked; an unknown vertex is added.

        Raises:
            DAGError: the vertex is None.
        """
        if vertex_id in self._edges.predecessors:
            self._edges.replace(vertex_id, predecessors)
        else:
            self.update_vertex(vertex_id, predecessors=predecessors, enable_checks=False)

    def check(self) -> None:
        """Verify that every predecessor exists and that there is no cycle.

        Costs nothing while checked insertions, or unchecked ones that came in
        dependency order, have kept the DAG valid.

        Raises:
            DAGError: naming a vertex with a missing predecessor, else a shortest
                cycle through one of its vertices.
        """
        self._edges.check()

    def reset_caches(self) -> None:
        """Forget everything derived from the edges, and free its memory."""
        self._edges.forget()
        self._edges.valid = self._edges.in_order = False

    @property
    def _version(self) -> int:
        """Incremented by every change to vertices or edges."""
        return self._edges.version

    @property
    def vertex_predecessors(self) -> dict[VertexID, frozenset[VertexID]]:
        """Predecessors by vertex; a copy."""
        return dict(self.vertex_predecessors_items())

    def vertex_predecessors_items(self) -> Iterator[tuple[VertexID, frozenset[VertexID]]]:
        """Iterate over (vertex, predecessors) in order of insertion."""
        return ((vertex, frozenset(ps)) for vertex, ps in self._edges.predecessors.items())

    def edges(self) -> Iterable[tuple[VertexID, Collection[VertexID]]]:
        """The same without copies: to be looked at, not kept."""
        return self._edges.predecessors.items()

    def get_predecessors(self, vertex_id: VertexID) -> frozenset[VertexID]:
        """What the vertex waits for; empty for an unknown vertex."""
        return frozenset(self._edges.predecessors.get(vertex_id, ()))

    def get_successors(self, vertex_id: VertexID) -> frozenset[VertexID]:
        """What waits for the vertex; empty for an unknown vertex."""
        return frozenset(self._edges.unordered_successors().get(vertex_id, ()))

    def __contains__(self, vertex_id: object) -> bool:
        return vertex_id in self._edges.predecessors

    def __getitem__(self, vertex_id: VertexID) -> Any:
        return self.vertex_data[vertex_id]

    def __len__(self) -> int:
        return len(self._edges.predecessors)

    def __str__(self) -> str:
        return draw.as_lines(self._edges)
