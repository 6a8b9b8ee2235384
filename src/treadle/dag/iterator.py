"""Handing out the vertices of a DAG as their predecessors are done with."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from treadle.errors import DAGError

if TYPE_CHECKING:
    from treadle.dag.edges import VertexID
    from treadle.dag.graph import DAG


class DAGIterator:
    """Iterate over (vertex, data), each vertex after its predecessors.

    Of the vertices that are ready, the one inserted first is next. The edges are
    those at construction: vertices and edges added later are not seen. Data is
    read when a vertex is handed out.

    With the busy state a vertex is BUSY from the moment it is handed out until
    `leave` is called for it, and its successors wait for that. StopIteration
    then means that every vertex was handed out; some may be BUSY still.

    Handing out and leaving cost O(1) per edge, plus the logarithm of the number
    of ready vertices.

    Args:
        dag: what to iterate over.
        enable_busy_state: False: a vertex is done with once it is handed out.

    Attributes:
        states: NOT_VISITED, BUSY or VISITED, by vertex.
        non_visited: the vertices not handed out yet.
        pred_number: the number of predecessors not VISITED yet, by vertex.
    """

    NOT_VISITED = 0
    BUSY = 1
    VISITED = 2

    def __init__(self, dag: DAG, enable_busy_state: bool = False) -> None:
        edges = dag._edges  # noqa: SLF001 -- the iterator is a part of the graph
        self.dag = dag
        self.enable_busy_state = enable_busy_state
        self.states: dict[VertexID, int] = dict.fromkeys(edges.predecessors, self.NOT_VISITED)
        self.non_visited: set[VertexID] = set(self.states)
        self.pred_number = {v: len(before) for v, before in edges.predecessors.items()}
        self._vertices = list(self.states)
        self._rank = edges.rank()
        self._successors = edges.lend_successors()
        # Sorted, hence a heap.
        self._ready = [i for i, count in enumerate(self.pred_number.values()) if not count]
        self._begun = False
        self._busy = 0

    def __iter__(self) -> DAGIterator:
        return self

    def __next__(self) -> tuple[VertexID | None, Any]:
        """The next vertex and its data; (None, None) if none is ready but some are BUSY.

        Raises:
            DAGError: as `next_element` does.
            StopIteration: every vertex was handed out.
        """
        vertex = self._take()
        return vertex, None if vertex is None else self.dag.vertex_data[vertex]

    def next_element(self) -> tuple[VertexID | None, Any, frozenset[VertexID]]:
        """The next vertex, its data and its predecessors.

        Returns:
            (None, None, frozenset()) if none is ready but some are BUSY.

        Raises:
            DAGError: the DAG has a cycle or lacks a predecessor. It is raised by
                the first call, before any vertex is handed out.
            StopIteration: every vertex was handed out.
        """
        vertex = self._take()
        if vertex is None:
            return None, None, frozenset()
        return vertex, self.dag.vertex_data[vertex], self.dag.get_predecessors(vertex)

    def leave(self, vertex_id: VertexID) -> None:
        """Say that a BUSY vertex is done with: its successors need not wait for it.

        Raises:
            AssertionError: the vertex is not BUSY.
            KeyError: there is no such vertex.
        """
        state = self.states[vertex_id]
        if state != self.BUSY:
            name = "NOT_VISITED" if state == self.NOT_VISITED else "VISITED"
            raise AssertionError(f"vertex {vertex_id!r} is left but it is {name}, not BUSY")
        self._busy -= 1
        self._visited(vertex_id)

    def _take(self) -> VertexID | None:
        if not self._begun:
            self.dag.check()
            self._begun = True
        if not self._ready:
            self._explain_why_nothing_is_ready()
            return None
        vertex = self._vertices[heappop(self._ready)]
        self.non_visited.discard(vertex)
        if self.enable_busy_state:
            self.states[vertex] = self.BUSY
            self._busy += 1
        else:
            self._visited(vertex)
        return vertex

    def _visited(self, vertex: VertexID) -> None:
        self.states[vertex] = self.VISITED
        waiting = self.pred_number
        for successor in self._successors.get(vertex, ()):
            waiting[successor] -= 1
            if not waiting[successor]:
                heappush(self._ready, self._rank[successor])

    def _explain_why_nothing_is_ready(self) -> None:
        if not self.non_visited:
            raise StopIteration
        if not self._busy:
            # The DAG was mended between construction and the first call.
            names = ", ".join(sorted(str(v) for v in self.non_visited))
            raise DAGError(f"the DAG had a cycle or lacked vertices: {names} can never be ready")
