from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from treadle.dag import DAG, DAGError, DAGIterator

Build = Callable[[str], DAG]


def order(dag: DAG) -> list[object]:
    return [vertex for vertex, _ in dag]


def test_of_the_ready_vertices_the_one_inserted_first_is_next(build: Build) -> None:
    assert order(build("a b:a c d:c,b e")) == ["a", "b", "c", "d", "e"]
    assert order(build("e:a d a c:d b")) == ["d", "a", "e", "c", "b"]


def test_iteration_yields_data_and_an_empty_dag_yields_nothing(build: Build) -> None:
    assert list(build("b:a a")) == [("a", "A"), ("b", "B")]
    assert list(DAG()) == []
    assert isinstance(iter(DAG()), DAGIterator)


def test_d43_iteration_reads_data_live(build: Build) -> None:
    dag = build("a b:a")
    dag.check()
    dag.vertex_data["a"] = 2
    iterator = iter(dag)
    dag.vertex_data["b"] = 3
    assert list(iterator) == [("a", 2), ("b", 3)]


def test_busy_vertices_hold_their_successors_back(build: Build) -> None:
    iterator = DAGIterator(build("a b:a c:a"), enable_busy_state=True)
    assert (iterator.states, iterator.pred_number) == (
        {"a": 0, "b": 0, "c": 0},
        {"a": 0, "b": 1, "c": 1},
    )
    assert iterator.next_element() == ("a", "A", frozenset())
    assert (iterator.states["a"], iterator.non_visited) == (DAGIterator.BUSY, {"b", "c"})
    assert next(iterator) == (None, None)
    assert iterator.next_element() == (None, None, frozenset())
    iterator.leave("a")
    assert iterator.states["a"] == DAGIterator.VISITED
    assert iterator.pred_number == {"a": 0, "b": 0, "c": 0}
    assert iterator.next_element() == ("b", "B", frozenset("a"))
    assert next(iterator) == ("c", "C")


def test_stop_iteration_means_that_every_vertex_was_handed_out(build: Build) -> None:
    iterator = DAGIterator(build("a b"), enable_busy_state=True)
    assert [next(iterator), next(iterator)] == [("a", "A"), ("b", "B")]
    for _ in range(2):
        with pytest.raises(StopIteration):
            next(iterator)
        with pytest.raises(StopIteration):
            iterator.next_element()
    assert set(iterator.states.values()) == {DAGIterator.BUSY}
    iterator.leave("b")
    iterator.leave("a")


def test_without_busy_state_a_vertex_is_visited_at_once(build: Build) -> None:
    iterator = DAGIterator(build("a b:a"))
    next(iterator)
    assert (iterator.states, iterator.non_visited) == ({"a": 2, "b": 0}, {"b"})
    assert iterator.pred_number == {"a": 0, "b": 0}


def test_the_constants_are_the_seeds() -> None:
    assert (DAGIterator.NOT_VISITED, DAGIterator.BUSY, DAGIterator.VISITED) == (0, 1, 2)


def test_leaving_a_vertex_that_is_not_busy_is_refused(build: Build) -> None:
    iterator = DAGIterator(build("a b:a"), enable_busy_state=True)
    with pytest.raises(AssertionError, match="'b' is left but it is NOT_VISITED, not BUSY"):
        iterator.leave("b")
    next(iterator)
    iterator.leave("a")
    with pytest.raises(AssertionError, match="'a' is left but it is VISITED, not BUSY"):
        iterator.leave("a")
    with pytest.raises(KeyError, match="zz"):
        iterator.leave("zz")


@pytest.mark.parametrize("busy", [False, True])
@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("z a:b b:a", "cycle detected: a -> b -> a"),
        ("z a:ghost", "invalid nodes in predecessors of a"),
    ],
)
def test_d05_a_bad_dag_is_named_before_anything_is_handed_out(
    build: Build, text: str, error: str, busy: bool
) -> None:
    iterator = DAGIterator(build(text), busy)
    for _ in range(2):
        with pytest.raises(DAGError, match=error):
            iterator.next_element()
        with pytest.raises(DAGError, match=error):
            next(iterator)
    assert iterator.non_visited == set(iterator.states)


def test_d05_an_iterator_over_what_was_a_cycle_never_waits_for_ever(build: Build) -> None:
    dag = build("z a:b b:a")
    iterator = DAGIterator(dag, enable_busy_state=True)
    dag.set_predecessors("a", frozenset())
    assert next(iterator) == ("z", "Z")
    assert next(iterator) == (None, None)
    iterator.leave("z")
    with pytest.raises(DAGError, match="a, b can never be ready"):
        next(iterator)


def test_d22_changes_during_iteration_are_not_seen_but_do_no_harm(build: Build) -> None:
    dag = build("a b:a")
    iterator = DAGIterator(dag, enable_busy_state=True)
    version = dag._version
    next(iterator)
    dag.add_vertex("linked", predecessors=["a"])
    dag.add_vertex("free")
    iterator.leave("a")
    assert [v for v, _ in iterator] == ["b"]
    assert dag._version > version


@pytest.mark.parametrize("insertion", ["list", "set"])
def test_d23_order_does_not_depend_on_the_hash_seed(insertion: str) -> None:
    script = f"""
from treadle.dag import DAG
dag = DAG()
names = [f"job-{{i * 7919 % 101}}" for i in range(101)]
for i, name in enumerate(names):
    before = [names[i // 2], names[i * 3 // 7]]
    dag.update_vertex(name, i, {insertion}(before) if i else None, False)
    dag.add_tag(name, i) if i % 5 == 0 else None
for i in range(20, 40):
    dag.update_vertex(names[i], None, {insertion}([names[i - 1], names[i - 9]]), False)
dag.set_predecessors(names[1], frozenset([names[0]]))
for i in (2, 4, 6, 8):
    dag.update_vertex(names[1], None, {insertion}([names[i]]), False)
try:
    dag.check()
except Exception as error:
    print(error)
dag = DAG()
for i, name in enumerate(names):
    dag.update_vertex(name, i, {insertion}(names[i + 1: i + 4]), False)
    dag.add_tag(name, i) if i % 9 > 4 else None
print(list(dag), dag.as_dot(), dag, dag.as_mermaid())
print(dag.prune(lambda d, v: v[-1] in "1357", preserve_context=False).as_tree())
print(dag.get_context(names[0]), dag.get_context(names[90], reverse_order=True))
print(dag.shortest_path(names[100], names[0]), dag.critical_path(lambda v: 1))
print(list(dag.reverse_graph()), dag.transitive_reduction().as_dot())
print(dag.prune(lambda d, v: v[-1] == "3", preserve_context=False).as_dot())
try:
    dag.add_vertex("x", None, {insertion}(["q", "r", "s"]))
except Exception as error:
    print(error)
try:
    dag.update_vertex(names[100], None, {insertion}(names[:9]))
except Exception as error:
    print(error)
"""
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("0", "1", "2", "77")
    }
    assert len(outputs) == 1
    assert "cycle" in outputs.pop()
