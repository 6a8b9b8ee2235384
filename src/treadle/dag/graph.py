"""The directed acyclic graph of the seed API, and what treadle adds to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from treadle.dag import context, draw, exchange, order
from treadle.dag.building import Graph
from treadle.dag.iterator import DAGIterator
from treadle.dag.reduction import reduced
from treadle.errors import DAGError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from treadle.dag.edges import VertexID


class DAG(Graph):
    """Vertices with data, and the predecessors each has to wait for.

    Vertices keep the order in which they were inserted. Wherever several orders
    are right, that one decides; sets passed as predecessors and the hash seed
    never do.

    Attributes:
        vertex_data: data by vertex. Values may be changed; vertices are added
            by `add_vertex` and `update_vertex` only.
        tags: tag by vertex; may be assigned.
    """

    def __iter__(self) -> Iterator[tuple[VertexID, Any]]:
        """Iterate over (vertex, data), each vertex after its predecessors.

        Of the vertices that are ready, the one inserted first is next.

        Raises:
            DAGError: by the first step, if there is a cycle or a predecessor is missing.
        """
        return DAGIterator(self)

    def __or__(self, other: DAG) -> DAG:
        """Union; the data of the right operand wins unless it is None, and so do its tags.

        Raises:
            AssertionError: the other operand is not a DAG.
            DAGError: the union has a cycle or lacks a predecessor.
        """
        if not isinstance(other, Graph):
            raise AssertionError(f"a DAG can be united with a DAG only, not {other!r}")  # noqa: TRY004 -- as the seed
        result = DAG()
        for graph in (self, other):
            _add_all(result, graph, enable_checks=False)
        try:
            result.check()
        except DAGError:
            # Slow, but names the vertex and the operation as the seed does.
            _merge_checked(self, other)
            raise
        result.tags = {**self.tags, **other.tags}
        return result

    def reverse_graph(self, enable_checks: bool = True) -> DAG:
        """The same vertices, data and tags with every edge turned round.

        A missing predecessor becomes a vertex.

        Raises:
            DAGError: there is a cycle; not without checks.
        """
        result = DAG()
        successors = self._edges.successors()
        for vertex in dict.fromkeys([*self._edges.predecessors, *successors]):
            after = successors.get(vertex, ())
            result.update_vertex(vertex, self.vertex_data.get(vertex), after, enable_checks=False)
        result.tags = dict(self.tags)
        if enable_checks and not self._edges.valid:
            result.check()
        result._edges.valid = result._edges.valid or self._edges.valid
        return result

    def prune(self, fun: Callable[[DAG, VertexID], bool], preserve_context: bool = True) -> DAG:
        """A new DAG without some vertices, whose predecessors pass to their successors.

        Args:
            fun: called with this DAG and each vertex, in topological order; true drops it.
            preserve_context: refuse to drop tagged vertices.

        Raises:
            DAGError: a tagged vertex would be dropped, or the DAG is not valid.
        """

        def drop(vertex: VertexID) -> bool:
            dropped = bool(fun(self, vertex))
            if dropped and preserve_context:
                context.refuse_tagged(self.tags, vertex)
            return dropped

        return self._derived(context.bridged(self._edges, drop))

    def transitive_reduction(self) -> DAG:
        """A new DAG with the fewest edges that connect the same vertices, in the same order.

        Linear where edges join neighbouring levels; at worst vertices times edges.

        Raises:
            DAGError: the DAG is not valid.
        """
        return self._derived(reduced(self._edges))

    def get_closure(self, vertex_id: VertexID) -> set[VertexID]:
        """All that the vertex waits for, directly or not; works with cycles too."""
        return order.closure(self._edges, vertex_id)

    def shortest_path(self, source: VertexID, target: VertexID) -> list[VertexID] | None:
        """A shortest list of vertices from source to target, following successors.

        Of several, the one whose vertices were inserted first. If source and
        target are the same it is a shortest cycle, which begins and ends there.

        Returns:
            None if there is no path.

        Raises:
            KeyError: the source is unknown.
        """
        before = self._edges.predecessors[source]
        if source != target:
            return order.shortest_path(self._edges, source, (target,))
        path = order.shortest_path(self._edges, source, before)
        return None if path is None else [*path, target]

    def critical_path(self, weight: Mapping[Any, float] | Callable[[Any], float]) -> list[VertexID]:
        """The path with the greatest sum of weights, from a start to an end.

        Ties go to the end, then to the predecessors, inserted first. Linear, as in
        the critical path method (Kelley and Walker, 1959).

        Args:
            weight: a number of 0 or more for each vertex, by mapping or function.

        Returns:
            The vertices, predecessors first; empty for an empty DAG.

        Raises:
            DAGError: the DAG is not valid.
            KeyError: the mapping lacks a vertex.
            ValueError: a weight is negative or not a number.
        """
        return order.critical_path(self._edges, weight if callable(weight) else weight.__getitem__)

    def add_tag(self, vertex_id: VertexID, data: Any) -> None:
        """Tag a vertex; None means untagged."""
        self.tags[vertex_id] = data

    def get_tag(self, vertex_id: VertexID) -> Any:
        """The tag of a vertex; None if it has none."""
        return self.tags.get(vertex_id)

    def get_context(
        self,
        vertex_id: VertexID,
        max_distance: int | None = None,
        max_element: int | None = None,
        reverse_order: bool = False,
    ) -> list[tuple[int, VertexID, Any]]:
        """The nearest tagged ancestors on each branch: (distance, vertex, tag).

        By distance, then in order of insertion. A tagged vertex gives only itself.

        Args:
            vertex_id: where to start.
            max_distance: how many edges to follow at most.
            max_element: how many to return at most; None, 0 and less mean all.
            reverse_order: search descendants instead of ancestors.

        Raises:
            DAGError: the DAG is not valid.
        """
        self.check()
        return context.nearest_tags(
            self._edges,
            self.tags,
            vertex_id,
            max_distance=max_distance,
            max_element=max_element,
            forwards=reverse_order,
        )

    def as_dot(self) -> str:
        """Graphviz text; edges point from a vertex to its predecessors."""
        return draw.as_dot(self._edges)

    def as_mermaid(self) -> str:
        """A Mermaid flowchart; arrows point from a predecessor to what waits for it."""
        return draw.as_mermaid(self._edges)

    def as_tree(self, name_key: str | None = None) -> str:
        """The tree below each root, following successors in sorted order.

        What is below a vertex is drawn once; when it is reached again, " …"
        stands for that. Vertices that do not compare are in order of insertion.

        Args:
            name_key: show this item of each vertex's data instead of the vertex.

        Raises:
            AssertionError: the data of a vertex lacks `name_key`.
        """

        def label(vertex: VertexID) -> str:
            if name_key is None:
                return str(vertex)
            data = self.vertex_data[vertex]
            if name_key not in data:
                raise AssertionError(f"the data of vertex {vertex!r} has no {name_key!r}")
            return str(data[name_key])

        return draw.as_tree(self._edges, label)

    def to_networkx(self) -> Any:
        """The same graph as a `networkx.DiGraph`.

        Edges go from predecessor to vertex; nodes have the attribute `data`.

        Raises:
            MissingExtraError: networkx is not installed (a TreadleError and an ImportError).
        """
        return exchange.to_networkx(self)

    def _derived(self, predecessors: Mapping[VertexID, Collection[VertexID]]) -> DAG:
        """A DAG of some of these vertices with other predecessors; known to be valid."""
        result = DAG()
        for vertex, before in predecessors.items():
            result.update_vertex(vertex, self.vertex_data[vertex], before, enable_checks=False)
        result._edges.valid = True
        result.tags = {v: tag for v, tag in self.tags.items() if v in predecessors}
        return result


def _add_all(result: DAG, graph: Graph, *, enable_checks: bool) -> None:
    for vertex, before in graph.vertex_predecessors_items():
        result.update_vertex(vertex, graph.vertex_data[vertex], before, enable_checks=enable_checks)


def _merge_checked(left: Graph, right: Graph) -> None:
    result = DAG()
    for vertex in dict.fromkeys([*left.vertex_data, *right.vertex_data]):
        result.add_vertex(vertex)
    for graph in (left, right):
        _add_all(result, graph, enable_checks=True)
