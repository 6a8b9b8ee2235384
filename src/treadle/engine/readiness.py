"""Who waits for whom.

Each job counts the predecessors it still waits for; a job that settles counts
its successors down (Kahn, 1962: each edge is looked at once in a whole run).
"""

from __future__ import annotations

from collections.abc import Iterable

from treadle.engine.model import NEVER, EngineError, JobSpec, NodeState, VertexID

_WAITING, _SETTLED = NodeState.WAITING, NodeState.SETTLED


class Node:
    """One job, as the engine knows it."""

    __slots__ = (
        "attempt",
        "deadline",
        "number",
        "spec",
        "state",
        "successors",
        "uid",
        "waits_for",
    )

    def __init__(self, uid: VertexID) -> None:
        self.uid = uid
        self.state = _WAITING
        self.waits_for = self.attempt = self.number = 0
        self.successors: list[Node] | None = None
        self.spec: JobSpec | None = None
        self.deadline = NEVER


class Readiness:
    """The graph's nodes in their order, and how many are not settled yet."""

    def __init__(self, graph: Iterable[tuple[VertexID, Iterable[VertexID]]]) -> None:
        nodes = self.nodes = dict[VertexID, Node]()
        edges = []
        for uid, predecessors in graph:
            node = nodes[uid] = Node(uid)
            if predecessors:
                edges.append((node, predecessors))
        self.unsettled = len(nodes)
        for node, predecessors in edges:
            for predecessor in predecessors:
                before = nodes.get(predecessor)
                if before is None:
                    raise EngineError(f"{node.uid!r} needs {predecessor!r}, which does not exist")
                if before.successors is None:
                    before.successors = [node]
                else:
                    before.successors.append(node)
                node.waits_for += 1

    def sources(self) -> list[Node]:
        """The nodes that wait for nothing, in order."""
        return [node for node in self.nodes.values() if not node.waits_for]

    def admit(self, uid: VertexID) -> Node:
        """The node of a job pushed from outside: without successors, ready."""
        node = self.nodes.get(uid)
        if node is None:
            node = self.nodes[uid] = Node(uid)
        elif node.state is not _SETTLED:
            raise EngineError(f"job {uid!r} is {node.state.name.lower()} already")
        self.unsettled += 1
        return node

    def settle(self, node: Node) -> list[Node]:
        """Mark the node as settled; return the nodes that become ready, in order."""
        node.state = _SETTLED
        node.spec = None
        self.unsettled -= 1
        successors = node.successors
        if successors is None:
            return []
        node.successors = None
        ready = []
        for successor in successors:
            successor.waits_for -= 1
            if not successor.waits_for:
                ready.append(successor)
        return ready
