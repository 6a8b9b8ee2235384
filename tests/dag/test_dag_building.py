from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from treadle.dag import DAG, DAGError

Build = Callable[[str], DAG]


def message(action: Callable[[], Any]) -> str:
    with pytest.raises(DAGError) as caught:
        action()
    return str(caught.value)


def test_adding_a_vertex_twice_is_refused() -> None:
    dag = DAG()
    dag.add_vertex("a", 1)
    assert message(lambda: dag.add_vertex("a")) == "DAG.add_vertex: vertex a already exist\n"
    assert dag["a"] == 1


def test_missing_predecessors_are_all_named_and_nothing_changes() -> None:
    dag = DAG()
    text = "DAG.update_vertex: predecessor on non existing vertices x, y\n"
    assert message(lambda: dag.add_vertex("b", predecessors=["y", "x"])) == text
    assert "b" not in dag
    assert len(dag) == 0
    assert dag.vertex_data == {}


def test_an_existing_vertex_with_a_missing_predecessor_keeps_what_it_had(build: Build) -> None:
    dag = build("a b:a")
    text = "DAG.update_vertex: predecessor on non existing vertices zz\n"
    assert message(lambda: dag.update_vertex("b", "new", ["a", "zz"])) == text
    assert (dag["b"], set(dag.get_predecessors("b"))) == ("B", {"a"})


def test_a_new_vertex_that_waits_for_itself_is_a_missing_predecessor() -> None:
    text = "DAG.update_vertex: predecessor on non existing vertices s\n"
    assert message(lambda: DAG().add_vertex("s", predecessors=["s"])) == text


def test_an_update_that_would_close_a_cycle_names_it_and_changes_nothing(build: Build) -> None:
    dag = build("a b:a c:b")
    before, version = str(dag), dag._version
    text = "DAG.update_vertex: cannot update vertex (a create a cycle: a -> b -> c -> a)\n"
    assert message(lambda: dag.update_vertex("a", "new", ["c"])) == text
    text = "DAG.update_vertex: cannot update vertex (a create a cycle: a -> a)\n"
    assert message(lambda: dag.update_vertex("a", "new", ["c", "a"])) == text
    assert (str(dag), dag["a"], dag._version) == (before, "A", version)
    dag.check()


def test_none_is_no_vertex_whoever_adds_it() -> None:
    dag = DAG()
    for add in (
        lambda: dag.add_vertex(None),
        lambda: dag.update_vertex(None, enable_checks=False),
        lambda: dag.set_predecessors(None, frozenset()),
    ):
        assert "a vertex cannot be None" in message(add)
    assert len(dag) == 0


def test_d25_a_vertex_named_none_is_refused_instead_of_breaking_iteration() -> None:
    dag = DAG()
    assert "cannot be None" in message(lambda: dag.update_vertex(None, enable_checks=False))
    assert list(dag) == []


@pytest.mark.parametrize("given", [["a", "c"], ("c", "a", "a"), {"a", "c"}, "ac", {"a": 0, "c": 1}])
def test_any_iterable_gives_predecessors(build: Build, given: Any) -> None:
    dag = build("a c")
    dag.add_vertex("new", predecessors=given)
    dag.add_vertex("lazy", predecessors=(p for p in given))
    dag.add_vertex("late")
    dag.update_vertex("late", predecessors=given)
    for vertex in ("new", "lazy", "late"):
        assert dag.get_predecessors(vertex) == frozenset("ac")


def test_update_adds_predecessors_and_replaces_data_unless_none(build: Build) -> None:
    dag = build("a b c:a")
    dag.update_vertex("c", None, ["b"])
    assert (dag["c"], set(dag.get_predecessors("c"))) == ("C", {"a", "b"})
    dag.update_vertex("c", 0, ["b"])
    assert (dag["c"], set(dag.get_predecessors("c"))) == (0, {"a", "b"})


def test_with_checks_the_dag_must_be_valid_before(build: Build) -> None:
    dag = build("x:ghost")
    assert message(lambda: dag.add_vertex("y")) == "DAG.check: invalid nodes in predecessors of x\n"
    assert "y" not in dag
    dag.update_vertex("ghost", enable_checks=False)
    dag.add_vertex("y")


def test_without_checks_anything_goes_until_check(build: Build) -> None:
    assert message(build("a:b b:c c:a").check) == "cycle detected: a -> c -> b -> a"
    assert message(build("a:a").check) == "cycle detected: a -> a"
    text = "DAG.check: invalid nodes in predecessors of b\n"
    assert message(build("a b:a,ghost c:ghost d:e e:d").check) == text


@pytest.mark.parametrize("text", ["a:ghost", "a:b b:a", "a:ghost b:c c:b"])
def test_c03_every_check_of_a_bad_dag_gives_the_same_true_message(build: Build, text: str) -> None:
    dag = build(text)
    first = message(dag.check)
    assert ("ghost" in text) == ("invalid nodes in predecessors of a" in first)
    for action in (dag.check, lambda: dag.add_vertex("z"), lambda: dag.get_context("a")):
        assert message(action) == first
    assert message(lambda: list(dag)) == first


def test_a_mended_dag_passes_the_next_check(build: Build) -> None:
    dag = build("a:ghost b:a")
    assert "invalid nodes" in message(dag.check)
    dag.update_vertex("ghost", enable_checks=False)
    dag.check()
    dag = build("a:b b:a")
    assert "cycle" in message(dag.check)
    dag.set_predecessors("a", frozenset())
    dag.check()
    assert [v for v, _ in dag] == ["a", "b"]


def test_a_long_cycle_is_reported_by_its_two_ends() -> None:
    dag = DAG()
    for i in range(1000):
        dag.update_vertex(i, predecessors=[(i - 1) % 1000], enable_checks=False)
    text = message(dag.check)
    assert text.startswith("cycle detected: 0 -> 1 -> 2 -> ")
    assert "49 -> (901 more) -> 951" in text
    assert text.endswith("998 -> 999 -> 0")


def test_set_predecessors_replaces_and_adds_an_unknown_vertex(build: Build) -> None:
    dag = build("a b c:a")
    assert dag.get_successors("a") == {"c"}
    dag.set_predecessors("c", frozenset("b"))
    assert not dag.get_successors("a")
    assert dag.get_successors("b") == {"c"}
    dag.set_predecessors("new", frozenset("c"))
    assert dag["new"] is None
    assert list(dag) == [("a", "A"), ("b", "B"), ("c", "C"), ("new", None)]


def test_unknown_vertices_read_as_the_seed_reads_them(build: Build) -> None:
    dag = build("a")
    assert "zz" not in dag
    assert dag.get_predecessors("zz") == frozenset() == dag.get_successors("zz")
    assert dag.get_closure("zz") == set()
    assert dag.get_tag("zz") is None
    assert dag.get_context("zz") == []
    with pytest.raises(KeyError, match="zz"):
        dag["zz"]


def test_successors_follow_every_change(build: Build) -> None:
    dag = build("a b:a")
    assert dag.get_successors("a") == {"b"}
    dag.add_vertex("c", predecessors=["a"])
    dag.add_vertex("d")
    dag.update_vertex("d", predecessors=["a", "b"])
    assert dag.get_successors("a") == set("bcd")
    iterator = iter(dag)
    dag.add_vertex("e", predecessors=["a"])
    assert dag.get_successors("a") == set("bcde")
    assert [v for v, _ in iterator] == list("abcd")


def test_predecessors_are_given_as_copies(build: Build) -> None:
    dag = build("a b:a")
    assert dict(dag.vertex_predecessors_items()) == {"a": frozenset(), "b": frozenset("a")}
    dag.vertex_predecessors["b"] = frozenset()
    assert dag.get_predecessors("b") == {"a"}


def test_the_version_changes_with_the_structure_only(build: Build) -> None:
    dag = build("a b")
    version = dag._version
    dag.update_vertex("a", "data")
    dag.check()
    list(dag)
    assert dag._version == version
    dag.update_vertex("b", predecessors=["a"])
    dag.add_vertex("c")
    dag.set_predecessors("c", frozenset("a"))
    assert dag._version == version + 3
    dag.update_vertex("b", predecessors=["a"])
    assert dag._version == version + 3


def test_resetting_caches_loses_nothing(build: Build) -> None:
    dag = build("a b:a")
    dag.reset_caches()
    assert [v for v, _ in dag] == ["a", "b"]
    assert dag.get_successors("a") == {"b"}
    bad = build("a:b b:a")
    bad.reset_caches()
    assert "cycle" in message(bad.check)


def test_dags_can_be_copied_and_pickled(build: Build) -> None:
    dag = build("a b:a")
    dag.add_tag("a", 1)
    for twin in (copy.deepcopy(dag), pickle.loads(pickle.dumps(dag))):
        twin.add_vertex("c", predecessors=["b"])
        assert str(twin) == "a -> (none)\nb -> a\nc -> b"
        assert twin.tags == {"a": 1}
    assert "c" not in dag


def test_union_prefers_the_right_unless_its_data_is_none() -> None:
    left, right, empty = DAG(), DAG(), DAG()
    left.add_vertex("a", "L")
    right.add_vertex("a", "R")
    empty.add_vertex("a")
    assert (left | right)["a"] == "R"
    assert (left | empty)["a"] == "L"


def test_union_joins_vertices_and_edges_in_order(build: Build) -> None:
    union = build("a b:a") | build("c a:c")
    assert str(union) == "a -> c\nb -> a\nc -> (none)"
    assert union.vertex_data == {"a": "A", "b": "B", "c": "C"}
    assert [v for v, _ in union] == ["c", "a", "b"]


def test_d25_union_keeps_tags_and_the_right_one_wins(build: Build) -> None:
    left, right = build("a b"), build("b c")
    left.tags = {"a": 1, "b": 2}
    right.tags = {"b": 3}
    union = left | right
    assert union.tags == {"a": 1, "b": 3}
    union.add_tag("c", 4)
    assert (left.tags, right.tags) == ({"a": 1, "b": 2}, {"b": 3})


def test_union_refuses_what_the_seed_refuses_with_its_texts(build: Build) -> None:
    text = "DAG.update_vertex: cannot update vertex (a create a cycle: a -> b -> a)\n"
    assert message(lambda: build("a b:a") | build("b a:b")) == text
    text = "DAG.update_vertex: predecessor on non existing vertices g\n"
    assert message(lambda: build("a:g") | build("b")) == text
    with pytest.raises(AssertionError, match="with a DAG only"):
        build("a") | 3  # type: ignore[operator]


def test_reverse_turns_edges_round_and_keeps_order_and_data(build: Build) -> None:
    back = build("b a c:a,b").reverse_graph()
    assert str(back) == "b -> c\na -> c\nc -> (none)"
    assert list(back) == [("c", "C"), ("b", "B"), ("a", "A")]
    back.add_vertex("d", predecessors=["a"])


def test_d25_reverse_copies_tags(build: Build) -> None:
    dag = build("a")
    dag.add_tag("a", 1)
    back = dag.reverse_graph()
    back.add_tag("b", 2)
    assert (dag.tags, back.tags) == ({"a": 1}, {"a": 1, "b": 2})


def test_reverse_of_a_cycle_is_refused_unless_unchecked(build: Build) -> None:
    dag = build("a:c b:a c:b")
    assert message(dag.reverse_graph) == "cycle detected: a -> c -> b -> a"
    assert len(dag.reverse_graph(enable_checks=False)) == 3


def test_reverse_makes_a_missing_predecessor_a_vertex(build: Build) -> None:
    back = build("a:g").reverse_graph()
    assert back.vertex_data == {"a": "A", "g": None}
    assert back.get_predecessors("g") == {"a"}
