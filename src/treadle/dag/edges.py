"""The edges of a graph, and what is known about them.

Checking a whole graph costs its size, so a check after every insertion makes
building quadratic. Two facts, kept up to date as the graph grows, make that
unnecessary:

- `valid`: every predecessor exists and there is no cycle. A *new* vertex has no
  successors; if its predecessors exist, it closes no cycle and the graph stays
  valid, without any search.
- `in_order`: moreover, the order of insertion is a topological order. It stays
  so under the same condition, and saves sorting.

Only an existing vertex that gains predecessors can close a cycle. Whether it
does is searched from both ends in turn, so the cost is about twice that of the
cheaper end: nothing for a vertex without successors, or for predecessors
without predecessors. A sequence of such updates in the middle of a deep graph
still costs a search each; insert without checks and check once for those.

Nothing here depends on the order of a set: where an order shows, it is that of
insertion, whatever PYTHONHASHSEED is.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable

from treadle.dag.order import closes_cycle, cycle_error, path_text, shortest_path, topological_order
from treadle.errors import DAGError

VertexID = Hashable


class Edges:
    """Predecessors by vertex; successors and ranks on demand.

    Attributes:
        predecessors: for each vertex, in order of insertion, its predecessors
            without duplicates: a tuple (half the size of a frozenset, and the
            collector stops tracking it), or a dict used as an ordered set once
            the vertex has gained some, so that gaining one costs O(1).
        version: incremented by every change.
        valid: True if the graph is known to be complete and acyclic.
        in_order: True if insertion order is known to be a topological order.
    """

    __slots__ = (
        "_lent",
        "_rank",
        "_ranked",
        "_successors",
        "in_order",
        "predecessors",
        "valid",
        "version",
    )

    def __init__(self) -> None:
        self.predecessors: dict[VertexID, Collection[VertexID]] = {}
        self.version = 0
        self.valid = True
        self.in_order = True
        self.forget()

    def forget(self) -> None:
        """Drop what was derived from the predecessors."""
        self._successors: dict[VertexID, list[VertexID]] | None = None
        self._lent = False
        self._ranked = True
        self._rank: dict[VertexID, int] = {}

    def insert(self, vertex: VertexID, given: tuple[VertexID, ...], checks: bool) -> None:
        """Add a new vertex.

        Raises:
            DAGError: the vertex is None, or with `checks` a predecessor is missing.
        """
        if vertex is None:
            raise DAGError(
                "a vertex cannot be None, which stands for 'nothing is ready'",
                origin="DAG.update_vertex",
            )
        if given:
            wanted = frozenset(given)
            if len(wanted) != len(given):
                given = tuple(dict.fromkeys(given))
            if not self.predecessors.keys() >= wanted:
                self._admit_missing(wanted, checks)
        self.predecessors[vertex] = given
        self.version += 1
        if self._successors is not None:
            self._link(vertex, given)

    def extend(self, vertex: VertexID, given: tuple[VertexID, ...], checks: bool) -> None:
        """Add predecessors to an existing vertex.

        Raises:
            DAGError: with `checks`, if a predecessor is missing or a cycle would arise.
        """
        if not given:
            return
        wanted = frozenset(given)
        if not self.predecessors.keys() >= wanted:
            self._admit_missing(wanted, checks)
        known = self._extensible(vertex)
        fresh = [p for p in dict.fromkeys(given) if p not in known]
        if fresh:
            if checks:
                self._refuse_cycle(vertex, fresh)
            self.valid = self.valid and checks
            self.in_order = False
            self.version += 1
            known.update(dict.fromkeys(fresh))
            self._ranked = False
            self._link(vertex, fresh)

    def replace(self, vertex: VertexID, predecessors: Iterable[VertexID]) -> None:
        """Give an existing vertex other predecessors, unchecked."""
        self.predecessors[vertex] = tuple(dict.fromkeys(predecessors))
        self.valid = self.in_order = False
        self.version += 1
        self.forget()

    def check(self) -> None:
        """Verify that every predecessor exists and that there is no cycle.

        Raises:
            DAGError: naming the first vertex with a missing predecessor, else a cycle.
        """
        if self.valid:
            return
        vertices = self.predecessors.keys()
        for vertex, predecessors in self.predecessors.items():
            if predecessors and not vertices >= frozenset(predecessors):
                raise _incomplete(vertex, [one for one in predecessors if one not in vertices])
        order = topological_order(self)
        if len(order) < len(vertices):
            raise cycle_error(self, order)
        self.valid = True

    def order(self) -> list[VertexID]:
        """The vertices in topological order: of those that are ready, the first inserted.

        Raises:
            DAGError: as `check` does.
        """
        self.check()
        return list(self.predecessors) if self.in_order else topological_order(self)

    def successors(self) -> dict[VertexID, list[VertexID]]:
        """Successors by vertex, each list in order of insertion; absent if there are none."""
        if self._successors is None or not self._ranked:
            self._successors = _inverse(self.predecessors)
            self._lent, self._ranked = False, True
        return self._successors

    def unordered_successors(self) -> dict[VertexID, list[VertexID]]:
        """The same where order does not show; remains cheap while the graph grows."""
        return self.successors() if self._successors is None else self._successors

    def lend_successors(self) -> dict[VertexID, list[VertexID]]:
        """The same for somebody who keeps it: later changes do not reach it."""
        successors = self.unordered_successors()
        self._lent = True
        return successors

    def rank(self) -> dict[VertexID, int]:
        """The position of each vertex in order of insertion."""
        if len(self._rank) != len(self.predecessors):
            self._rank = {vertex: i for i, vertex in enumerate(self.predecessors)}
        return self._rank

    def ranked(self, vertices: Iterable[VertexID]) -> list[VertexID]:
        """Sort by order of insertion; those that are missing come last, by name."""
        found = list(vertices)
        if len(found) > 1:
            rank, last = self.rank(), len(self.predecessors)
            found.sort(key=lambda v: (rank[v], "") if v in rank else (last, str(v)))
        return found

    def _admit_missing(self, wanted: frozenset[VertexID], checks: bool) -> None:
        if checks:
            names = ", ".join(sorted(str(p) for p in wanted if p not in self.predecessors))
            raise DAGError(
                f"predecessor on non existing vertices {names}", origin="DAG.update_vertex"
            )
        self.valid = self.in_order = False

    def _extensible(self, vertex: VertexID) -> dict[VertexID, None]:
        known = self.predecessors[vertex]
        if not isinstance(known, dict):
            known = dict.fromkeys(known)
            self.predecessors[vertex] = known
        return known

    def _refuse_cycle(self, vertex: VertexID, fresh: list[VertexID]) -> None:
        if closes_cycle(self, vertex, fresh):
            path = shortest_path(self, vertex, frozenset(fresh)) or []
            text = path_text([*path, vertex])
            raise DAGError(
                f"cannot update vertex ({vertex} create a cycle: {text})",
                origin="DAG.update_vertex",
            )

    def _link(self, vertex: VertexID, fresh: Iterable[VertexID]) -> None:
        if self._successors is None or self._lent:
            self._successors, self._lent, self._ranked = None, False, True
            return
        for predecessor in fresh:
            self._successors.setdefault(predecessor, []).append(vertex)


def _incomplete(vertex: VertexID, missing: list[VertexID]) -> DAGError:
    """The seed's text, which clients match, with a note that says what to do."""
    error = DAGError(f"invalid nodes in predecessors of {vertex}", origin="DAG.check")
    names = ", ".join(map(repr, missing))
    error.add_note(f"{vertex!r} needs {names}, which the graph does not hold: add it first")
    return error


def _inverse(
    predecessors: dict[VertexID, Collection[VertexID]],
) -> dict[VertexID, list[VertexID]]:
    successors: dict[VertexID, list[VertexID]] = {}
    for vertex, before in predecessors.items():
        for predecessor in before:
            if predecessor in successors:
                successors[predecessor].append(vertex)
            else:
                successors[predecessor] = [vertex]
    return successors
