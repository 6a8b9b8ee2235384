"""What a picture shows: nodes, which are jobs or whole matrices, and edges between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from treadle.dag import DAG
from treadle.report.graph.fold import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from treadle.report.redact import Redactor
    from treadle.workflow import Plan, PlannedJob

SUCCESS = "success"
"""What a need must have done unless the file says otherwise."""


@dataclass(frozen=True, slots=True)
class Node:
    """A job, or the jobs of one matrix.

    Attributes:
        name: of the job, or of the matrix.
        jobs: which jobs it stands for; at least one.
        family: it stands for a matrix.
    """

    name: str
    jobs: tuple[PlannedJob, ...]
    family: bool = False

    @property
    def job(self) -> PlannedJob:
        """The job, or the first one of the matrix."""
        return self.jobs[0]


@dataclass(frozen=True, slots=True)
class Edge:
    """A node needs another one.

    Attributes:
        before: number of the node that is needed.
        after: number of the node that needs it.
        on: what the first must have done: ``success``, ``failure``, or ``end`` for either.
    """

    before: int
    after: int
    on: str = SUCCESS


@dataclass(frozen=True, slots=True)
class Graph:
    """All that is to be drawn.

    Attributes:
        label: what is drawn, as messages name it.
        edges: no two are the same; those that need less come first.
        queues: the tokens of each queue that is declared.
        redactor: hides secrets in what jobs run, and in what is said of them.
    """

    label: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    queues: Mapping[str, int | str]
    redactor: Redactor | None = None

    def shown(self, text: str) -> str:
        """Return a text without secrets."""
        return self.redactor.text(text) if self.redactor else text

    def jobs(self) -> int:
        """Return how many jobs the nodes stand for."""
        return sum(len(node.jobs) for node in self.nodes)


def graph_of(
    plan: Plan,
    chosen: Sequence[str],
    *,
    families: bool,
    reduce: bool,
    redactor: Redactor | None = None,
) -> Graph:
    """Return the graph of some jobs of a plan.

    Args:
        plan: all jobs.
        chosen: names of jobs; what is needed and not among them is left out.
        families: one node stands for a whole matrix.
        reduce: leave out the edges that follow from others.
        redactor: hides secrets in what jobs run, and in what is said of them.
    """
    places = folded(plan, chosen) if families else {name: name for name in chosen}
    members: dict[str, list[PlannedJob]] = {}
    for name, place in places.items():
        members.setdefault(place, []).append(plan.jobs[name])
    nodes = tuple(
        Node(place, tuple(jobs), family=place not in plan.jobs) for place, jobs in members.items()
    )
    number = {node.name: i for i, node in enumerate(nodes)}
    edges = dict.fromkeys(_edges(plan, {name: number[place] for name, place in places.items()}))
    kept = _reduced(len(nodes), edges) if reduce else edges
    return Graph(plan.label, nodes, tuple(kept), plan.queues, redactor)


def _edges(plan: Plan, numbers: Mapping[str, int]) -> Iterator[Edge]:
    for name, after in numbers.items():
        job = plan.jobs[name]
        for need in job.needs:
            before = numbers.get(need, after)
            if before != after:
                yield Edge(before, after, job.on.get(need, SUCCESS))


def _reduced(count: int, edges: Iterable[Edge]) -> list[Edge]:
    """Leave out what follows from others; a need for a failure follows from nothing."""
    dag = DAG()
    before: dict[int, list[int]] = {}
    for edge in edges:
        if edge.on == SUCCESS:
            before.setdefault(edge.after, []).append(edge.before)
    for vertex in range(count):
        needs = before.get(vertex, ())
        dag.update_vertex(vertex, predecessors=needs, enable_checks=False)
    dag.check()
    slim = dag.transitive_reduction()
    left = {vertex: frozenset(slim.get_predecessors(vertex)) for vertex in range(count)}
    return [edge for edge in edges if edge.on != SUCCESS or edge.before in left[edge.after]]
