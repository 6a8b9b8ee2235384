"""The graph for programs. The names of the fields do not change while `schema` is 1."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from treadle.report.describe import command_of
from treadle.report.graph.model import SUCCESS

if TYPE_CHECKING:
    from treadle.report.graph.model import Graph, Node
    from treadle.workflow.conditions import Condition
    from treadle.workflow.plan import PlannedJob

SCHEMA = 1


def as_json(graph: Graph) -> str:
    """Return nodes and edges as a JSON document."""
    document = {
        "schema": SCHEMA,
        "nodes": [_node(graph, node) for node in graph.nodes],
        "edges": [
            {
                "from": graph.nodes[edge.before].name,
                "to": graph.nodes[edge.after].name,
                "on": edge.on,
            }
            for edge in graph.edges
        ],
    }
    return json.dumps(document, indent=2)


def _node(graph: Graph, node: Node) -> dict[str, Any]:
    job = node.job
    return {
        "name": node.name,
        "family": job.family,
        "jobs": [one.name for one in node.jobs],
        "needs": _needs(node),
        "queue": job.queue,
        "tokens": job.tokens,
        "further": job.further,
        "tags": job.tags,
        "description": graph.shown(job.description),
        "command": graph.shown(command_of(job)),
        "always": job.always,
        "when": conditions(job.when),
        "allow_failure": _allowed(job),
        "outputs": [path for one in node.jobs for path in one.outputs],
    }


def _needs(node: Node) -> list[dict[str, str]]:
    """All that the file says, also what a picture leaves out."""
    found = {(need, job.on.get(need, SUCCESS)): None for job in node.jobs for need in job.needs}
    return [{"job": need, "on": on} for need, on in found]


def _allowed(job: PlannedJob) -> bool | list[int]:
    allowed = job.allow_failure
    return allowed if isinstance(allowed, bool) else list(allowed)


def conditions(when: Condition | None) -> dict[str, Any] | None:
    """Return what `when` says, without what it does not say."""
    if when is None:
        return None
    said: dict[str, Any] = msgspec.to_builtins(when)
    return {name: value for name, value in said.items() if value}
