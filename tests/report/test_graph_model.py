"""What is drawn: jobs or matrices, and only the needs that say something."""

from __future__ import annotations

from graphs import plan_of, planned
from treadle.report.graph.model import Edge, Graph, graph_of
from treadle.workflow import Plan


def _named(graph: Graph) -> set[tuple[str, str, str]]:
    names = [node.name for node in graph.nodes]
    return {(names[edge.before], names[edge.after], edge.on) for edge in graph.edges}


def _drawn(plan: Plan, *, families: bool = False, reduce: bool = False) -> Graph:
    return graph_of(plan, list(plan.jobs), families=families, reduce=reduce)


def test_a_matrix_is_one_node_with_all_its_jobs() -> None:
    plan = plan_of(
        planned("get"),
        planned("build[a]", ["get"], family="build"),
        planned("build[b]", ["get"], family="build"),
        planned("all", ["build[a]", "build[b]"]),
    )
    graph = _drawn(plan, families=True)
    assert [(node.name, len(node.jobs), node.family) for node in graph.nodes] == [
        ("get", 1, False),
        ("build", 2, True),
        ("all", 1, False),
    ]
    assert graph.edges == (Edge(0, 1), Edge(1, 2))
    assert graph.jobs() == 4
    assert len(_drawn(plan).nodes) == 4


def test_one_job_of_a_matrix_keeps_its_name() -> None:
    plan = plan_of(
        planned("build[a]", family="build"),
        planned("build[b]", family="build"),
        planned("test", ["build[a]"]),
    )
    graph = graph_of(plan, plan.select(["test"]), families=True, reduce=True)
    assert [node.name for node in graph.nodes] == ["build[a]", "test"]


def test_matrices_that_need_each_other_are_drawn_job_by_job() -> None:
    plan = plan_of(
        planned("a[1]", family="a"),
        planned("b[1]", ["a[1]"], family="b"),
        planned("a[2]", ["b[1]"], family="a"),
        planned("b[2]", ["a[2]"], family="b"),
        planned("c[1]", ["b[2]"], family="c"),
        planned("c[2]", ["c[1]"], family="c"),
    )
    graph = _drawn(plan, families=True)
    assert [node.name for node in graph.nodes] == ["a[1]", "b[1]", "a[2]", "b[2]", "c"]
    assert ("b[2]", "c", "success") in _named(graph)


def test_needs_that_follow_from_others_are_left_out() -> None:
    plan = plan_of(planned("a"), planned("b", ["a"]), planned("c", ["a", "b"]))
    assert _named(_drawn(plan, reduce=True)) == {("a", "b", "success"), ("b", "c", "success")}
    assert ("a", "c", "success") in _named(_drawn(plan))


def test_what_is_needed_in_another_way_is_never_left_out_nor_makes_others_follow() -> None:
    plan = plan_of(
        planned("a"),
        planned("b", ["a"], on={"a": "failure"}),
        planned("c", ["a", "b"], on={"b": "end"}),
        planned("d", ["a", "c"], on={"a": "end"}),
    )
    assert _named(_drawn(plan, reduce=True)) == {
        ("a", "b", "failure"),
        ("a", "c", "success"),
        ("b", "c", "end"),
        ("a", "d", "end"),
        ("c", "d", "success"),
    }
