from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from treadle.dag import DAG, DAGError

Build = Callable[[str], DAG]
TA, TC = "ta", "tc"


@pytest.fixture
def tagged(build: Build) -> DAG:
    dag = build("a b:a c:b d:b e:c,d f:e")
    dag.tags = {"a": TA, "c": TC}
    return dag


@pytest.mark.parametrize(
    ("vertex", "arguments", "expected"),
    [
        ("a", {}, [(0, "a", TA)]),
        ("a", {"max_distance": 0}, [(0, "a", TA)]),
        ("a", {"max_distance": -1}, [(0, "a", TA)]),
        ("b", {}, [(1, "a", TA)]),
        ("b", {"max_distance": 0}, []),
        ("b", {"reverse_order": True}, [(1, "c", TC)]),
        ("d", {}, [(2, "a", TA)]),
        ("d", {"max_distance": 1}, []),
        ("d", {"max_distance": 2}, [(2, "a", TA)]),
        ("d", {"reverse_order": True}, []),
        ("e", {}, [(1, "c", TC), (3, "a", TA)]),
        ("e", {"max_distance": 2}, [(1, "c", TC)]),
        ("e", {"max_element": 1}, [(1, "c", TC)]),
        ("e", {"max_element": 0}, [(1, "c", TC), (3, "a", TA)]),
        ("e", {"max_element": -1}, [(1, "c", TC), (3, "a", TA)]),
        ("f", {}, [(2, "c", TC), (4, "a", TA)]),
    ],
)
def test_context_is_the_nearest_tag_on_each_branch(
    tagged: DAG, vertex: str, arguments: dict[str, Any], expected: list[Any]
) -> None:
    assert tagged.get_context(vertex, **arguments) == expected


def test_context_within_one_distance_is_in_order_of_insertion(build: Build) -> None:
    dag = build("c a b x:b,a,c y:x")
    dag.tags = {"a": 1, "b": 2, "c": 3}
    assert dag.get_context("y") == [(2, "c", 3), (2, "a", 1), (2, "b", 2)]
    assert dag.get_context("y", max_element=2) == [(2, "c", 3), (2, "a", 1)]


def test_a_falsy_tag_is_a_tag_and_none_is_not(build: Build) -> None:
    dag = build("a b:a c:b")
    dag.add_tag("a", 0)
    dag.add_tag("b", None)
    assert (dag.get_tag("a"), dag.get_tag("b")) == (0, None)
    assert dag.get_context("c") == [(2, "a", 0)]


def test_a_tag_of_an_unknown_vertex_is_its_context() -> None:
    dag = DAG()
    dag.add_tag("nope", 1)
    assert dag.get_context("nope") == [(0, "nope", 1)]


def test_context_of_a_bad_dag_is_refused(build: Build) -> None:
    with pytest.raises(DAGError, match="cycle detected: a -> b -> a"):
        build("a:b b:a").get_context("a")


def test_pruned_vertices_are_bridged(build: Build) -> None:
    dag = build("a b:a c:b d:c,a")
    pruned = dag.prune(lambda _, vertex: vertex in {"b", "c"})
    assert str(pruned) == "a -> (none)\nd -> a"
    assert pruned.vertex_data == {"a": "A", "d": "D"}
    assert len(dag) == 4


def test_prune_asks_in_topological_order_and_keeps_insertion_order(build: Build) -> None:
    asked: list[tuple[bool, Any]] = []
    dag = build("z:y y:x x")

    def drop(graph: DAG, vertex: Any) -> bool:
        asked.append((graph is dag, vertex))
        return bool(vertex == "y")

    pruned = dag.prune(drop)
    assert asked == [(True, "x"), (True, "y"), (True, "z")]
    assert str(pruned) == "z -> x\nx -> (none)"
    pruned.add_vertex("w", predecessors=["z"])
    assert [v for v, _ in pruned] == ["x", "z", "w"]


def test_prune_keeps_the_tags_of_what_is_left(build: Build) -> None:
    dag = build("a b:a c:b")
    dag.tags = {"a": 1, "c": 2, "other": 3}
    pruned = dag.prune(lambda _, vertex: vertex == "b")
    assert pruned.tags == {"a": 1, "c": 2}
    pruned.add_tag("c", 4)
    assert dag.tags["c"] == 2


def test_pruning_a_tagged_vertex_is_refused_unless_its_context_may_go(build: Build) -> None:
    dag = build("a b:a")
    dag.add_tag("a", 0)
    with pytest.raises(DAGError) as caught:
        dag.prune(lambda _, vertex: vertex == "a")
    assert str(caught.value) == "suppressing a impact context"
    assert len(dag.prune(lambda *_: True, preserve_context=False)) == 0


def test_pruning_a_bad_dag_is_refused(build: Build) -> None:
    with pytest.raises(DAGError, match="cycle detected"):
        build("a:b b:a").prune(lambda *_: False)
    with pytest.raises(DAGError, match="invalid nodes in predecessors of a"):
        build("a:g").prune(lambda *_: False)
