"""All that a page tells of each job, as HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from treadle.report.describe import command_of
from treadle.report.graph.escape import block, content
from treadle.report.graph.model import SUCCESS
from treadle.report.text import number

if TYPE_CHECKING:
    from treadle.report.graph.model import Graph, Node
    from treadle.workflow.conditions import Condition
    from treadle.workflow.plan import PlannedJob

_MOST = 1_000
"""Names of jobs of a matrix that are listed."""

Needs = Mapping[int, str]
"""Numbers of nodes, and what each must have done."""


def details(graph: Graph) -> str:
    """Return an article for each node; the picture links to them as ``#job-N``."""
    needs = _needs(graph)
    needed: list[dict[int, str]] = [{} for _ in graph.nodes]
    for after, before in enumerate(needs):
        for one, on in before.items():
            needed[one][after] = on
    return "\n".join(
        _article(graph, i, node, needs[i], needed[i]) for i, node in enumerate(graph.nodes)
    )


def _needs(graph: Graph) -> list[Needs]:
    """Say what each node needs: all of it, also what the picture leaves out."""
    place = {job.name: i for i, node in enumerate(graph.nodes) for job in node.jobs}
    return [
        {
            place[need]: job.on.get(need, SUCCESS)
            for job in node.jobs
            for need in job.needs
            if place.get(need, i) != i
        }
        for i, node in enumerate(graph.nodes)
    ]


def _article(graph: Graph, i: int, node: Node, needs: Needs, needed: Needs) -> str:
    what = graph.shown(node.job.description)
    said = f'<p class="what">{content(what)}</p>\n' if what else ""
    rows = "".join(
        f"<dt>{term}</dt><dd>{text}</dd>\n" for term, text in _rows(graph, node, needs, needed)
    )
    return (
        f'<article id="job-{i}" data-job="{i}">\n<h2>{content(node.name)}</h2>\n'
        f"{said}<dl>\n{rows}</dl>\n</article>"
    )


def _rows(graph: Graph, node: Node, needs: Needs, needed: Needs) -> Iterator[tuple[str, str]]:
    if needs:
        yield "Needs", _links(graph, needs)
    if needed:
        yield "Needed by", _links(graph, needed)
    if command := graph.shown(command_of(node.job)):
        first = " of the first" if node.family else ""
        yield f"Command{first}", f"<pre>{block(command)}</pre>"
    yield from _settings(node.job)
    if outputs := [path for job in node.jobs for path in job.outputs]:
        yield "Makes", _texts(outputs)
    if node.family:
        yield number(len(node.jobs), "job"), _texts([job.name for job in node.jobs])


def _links(graph: Graph, ends: Needs) -> str:
    return ", ".join(
        f'<a href="#job-{i}">{content(graph.nodes[i].name)}</a>'
        + ("" if on == SUCCESS else f' <span class="soft">({content(on)})</span>')
        for i, on in ends.items()
    )


def _settings(job: PlannedJob) -> Iterator[tuple[str, str]]:
    tokens = [(job.queue, job.tokens), *job.further.items()]
    yield "Queue", content(", ".join(f"{name} ({number(n, 'token')})" for name, n in tokens))
    if job.when is not None:
        yield "When", content(_condition(job.when))
    if job.always:
        yield "Always", "runs whatever happens"
    if job.allow_failure is not False:
        codes = job.allow_failure if isinstance(job.allow_failure, tuple) else ()
        which = f" with {', '.join(map(str, codes))}" if codes else ""
        yield "May fail", f"the run goes on{which}"
    if job.tags:
        yield "Tags", content(", ".join(job.tags))


def _condition(when: Condition) -> str:
    said = [f"on {' or '.join(when.os)}"] if when.os else []
    for name, value in when.env.items():
        if isinstance(value, bool):
            said.append(f"{name} is {'' if value else 'not '}set")
        else:
            said.append(f"{name} is {' or '.join(value)}")
    said += [f"'{path}' exists" for path in when.exists]
    said += [f"'{path}' does not exist" for path in when.missing]
    return ", ".join(said)


def _texts(texts: list[str]) -> str:
    more = f" and {len(texts) - _MOST} more" if len(texts) > _MOST else ""
    return ", ".join(f"<code>{content(text)}</code>" for text in texts[:_MOST]) + more
