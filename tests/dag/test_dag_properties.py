from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.dag import DAG, DAGError, DAGIterator

Build = Callable[[str], DAG]
Edges = list[tuple[int, int]]
vertex = st.integers(0, 9)
any_edges = st.lists(st.tuples(vertex, vertex), max_size=30)
forward = any_edges.map(lambda edges: [(min(e), max(e)) for e in edges if e[0] != e[1]])
orders = st.permutations(range(10))


def graph(edges: Edges, order: list[int]) -> DAG:
    dag = DAG()
    for v in order:
        dag.update_vertex(v, str(v), [a for a, b in edges if b == v], enable_checks=False)
    return dag


def model(edges: Edges) -> Any:
    result = nx.DiGraph(edges)
    result.add_nodes_from(range(10))
    return result


def expected_order(dag: DAG) -> list[int]:
    left, order = list(dag.vertex_data), list[Any]()
    while left:
        order.append(next(v for v in left if dag.get_predecessors(v) <= set(order)))
        left.remove(order[-1])
    return order


@given(forward, orders)
def test_iteration_is_the_first_topological_order_by_insertion(
    edges: Edges, order: list[int]
) -> None:
    dag = graph(edges, order)
    assert [v for v, _ in dag] == expected_order(dag)


@given(forward, orders, st.randoms(use_true_random=False))
def test_busy_iteration_hands_out_exactly_what_is_ready(
    edges: Edges, order: list[int], random: Any
) -> None:
    dag = graph(edges, order)
    iterator, busy, done = DAGIterator(dag, enable_busy_state=True), list[Any](), set[Any]()
    while len(done) < 10:
        ready = [
            v for v in order if dag.get_predecessors(v) <= done and v not in done and v not in busy
        ]
        if iterator.non_visited:
            found = iterator.next_element()
            assert found[0] == (ready[0] if ready else None)
            busy += ready[:1]
        if busy and (random.random() < 0.5 or not ready):
            left = busy.pop(random.randrange(len(busy)))
            done.add(left)
            iterator.leave(left)


@given(any_edges, orders)
def test_a_cycle_is_reported_if_there_is_one_and_it_is_a_shortest_through_its_start(
    edges: Edges, order: list[int]
) -> None:
    dag, reference = graph(edges, order), model(edges)
    if nx.is_directed_acyclic_graph(reference):
        dag.check()
        return
    with pytest.raises(DAGError, match="cycle detected: ") as caught:
        dag.check()
    cycle = [int(name) for name in str(caught.value).split(": ")[1].split(" -> ")]
    assert cycle[0] == cycle[-1]
    assert all(reference.has_edge(a, b) for a, b in pairwise(cycle))
    through = reference.pred[cycle[0]]
    distance = nx.single_source_shortest_path_length(reference, cycle[0])
    assert len(cycle) == 2 + min(distance[p] for p in through if p in distance)


@given(st.lists(st.tuples(vertex, vertex), max_size=40))
def test_checked_updates_refuse_exactly_the_edges_that_close_a_cycle(edges: Edges) -> None:
    dag, reference = graph([], list(range(10))), model([])
    for a, b in edges:
        reference.add_edge(a, b)
        if nx.is_directed_acyclic_graph(reference):
            dag.update_vertex(b, predecessors=[a])
        else:
            reference.remove_edge(a, b)
            reference_path = nx.shortest_path_length(reference, b, a)
            with pytest.raises(DAGError, match=f"{b} create a cycle") as caught:
                dag.update_vertex(b, predecessors=[a])
            assert str(caught.value).count("->") == reference_path + 1
        assert dag.get_successors(a) == set(reference.succ[a])
    dag.reset_caches()
    dag.check()


@given(any_edges, orders)
def test_closures_are_all_ancestors(edges: Edges, order: list[int]) -> None:
    dag, reference = graph(edges, order), model(edges)
    for v in order:
        before = set(reference.pred[v])
        expected = before.union(*(nx.ancestors(reference, p) for p in before))
        assert dag.get_closure(v) == expected


@given(any_edges, orders, vertex, vertex)
def test_shortest_paths_are_shortest(edges: Edges, order: list[int], a: int, b: int) -> None:
    dag, reference = graph(edges, order), model(edges)
    path = dag.shortest_path(a, b)
    lengths = nx.single_source_shortest_path_length(reference, a)
    if a == b:
        lengths = {b: min((lengths[p] + 1 for p in reference.pred[b] if p in lengths), default=-1)}
    if path is None:
        assert lengths.get(b, -1) == -1
    else:
        assert (path[0], path[-1], len(path) - 1) == (a, b, lengths[b])
        assert all(reference.has_edge(x, y) for x, y in pairwise(path))


@given(forward, orders)
def test_transitive_reduction_is_that_of_networkx(edges: Edges, order: list[int]) -> None:
    dag = graph(edges, order)
    dag.add_tag(3, "t")
    small = dag.transitive_reduction()
    expected = set(nx.transitive_reduction(model(edges)).edges)
    assert {(p, v) for v, before in small.vertex_predecessors_items() for p in before} == expected
    assert list(small.vertex_data.items()) == list(dag.vertex_data.items())
    assert small.tags == {3: "t"}
    small.check()


@given(forward, orders, st.lists(st.integers(0, 3), min_size=10, max_size=10))
def test_the_critical_path_is_the_heaviest(
    edges: Edges, order: list[int], weights: list[int]
) -> None:
    dag = graph(edges, order)
    path: list[Any] = dag.critical_path(dict(enumerate(weights)))
    assert path == dag.critical_path(weights.__getitem__)
    assert all(a in dag.get_predecessors(b) for a, b in pairwise(path))

    def heaviest(v: Any) -> int:
        before: int = max((heaviest(p) for p in dag.get_predecessors(v)), default=0)
        return before + int(weights[v])

    assert sum(weights[v] for v in path) == max(heaviest(v) for v in order)
    assert not dag.get_predecessors(path[0])


@given(forward, orders, st.sets(vertex))
def test_pruning_keeps_exactly_the_connections_through_what_is_dropped(
    edges: Edges, order: list[int], dropped: set[int]
) -> None:
    pruned = graph(edges, order).prune(lambda _, v: v in dropped)
    reference = model(edges)
    assert list(pruned.vertex_data) == [v for v in order if v not in dropped]
    for v in pruned.vertex_data:
        inner = reference.subgraph(dropped | {v} | set(pruned.vertex_data))
        expected = {
            p
            for p in pruned.vertex_data
            if p != v and nx.has_path(inner.subgraph(dropped | {p, v}), p, v)
        }
        assert pruned.get_predecessors(v) == expected
    pruned.check()


@given(forward, forward, orders, orders)
def test_a_union_has_all_edges_of_both(
    left: Edges, right: Edges, one: list[int], other: list[int]
) -> None:
    union = graph(left, one) | graph(right, other)
    assert union.vertex_predecessors == graph(left + right, one).vertex_predecessors
    assert list(union.vertex_data) == one


@given(forward, orders)
def test_reversing_twice_changes_nothing(edges: Edges, order: list[int]) -> None:
    dag = graph(edges, order)
    twice = dag.reverse_graph().reverse_graph()
    assert list(twice.vertex_predecessors_items()) == list(dag.vertex_predecessors_items())
    assert list(twice) == list(dag)


@given(forward, orders)
def test_answers_do_not_depend_on_how_the_edges_came(edges: Edges, order: list[int]) -> None:
    at_once, by_and_by = graph(edges, order), graph([], order)
    for before, after in edges:
        assert after not in by_and_by.get_successors(before) or edges.count((before, after)) > 1
        by_and_by.update_vertex(after, predecessors=[before])
    for dag in (at_once, by_and_by):
        dag.tags = {0: "t", 9: "t"}
    for ask in (
        list,
        str,
        DAG.as_tree,
        lambda dag: [dag.shortest_path(a, b) for a in order for b in order],
        lambda dag: dag.critical_path(lambda v: v % 3),
        lambda dag: str(dag.transitive_reduction()),
        lambda dag: str(dag.prune(lambda _, v: v % 2, preserve_context=False)),
        lambda dag: [dag.get_context(v, reverse_order=v % 2 == 0) for v in order],
        lambda dag: list(dag.reverse_graph()),
    ):
        assert ask(by_and_by) == ask(at_once)


def test_ties_of_critical_paths_go_to_what_was_inserted_first(build: Build) -> None:
    assert build("b a x:a,b y:b,a").critical_path(lambda _: 1) == ["b", "x"]
    assert build("a b:a").critical_path({"a": 0, "b": 0.0}) == ["a"]
    assert DAG().critical_path({}) == []


@pytest.mark.parametrize("weight", [-1, float("nan")])
def test_weights_that_are_negative_or_no_number_are_refused(build: Build, weight: float) -> None:
    with pytest.raises(ValueError, match=r"vertex 'a' has weight (-1|nan), which is not 0 or more"):
        build("a").critical_path(lambda _: weight)


def test_a_weight_that_is_missing_is_named(build: Build) -> None:
    with pytest.raises(KeyError, match="b"):
        build("a b").critical_path({"a": 1})


def test_of_several_shortest_paths_the_first_inserted_is_given(build: Build) -> None:
    dag = build("a b c d")
    assert not dag.get_successors("a")
    for vertex, before in (("c", "a"), ("b", "a"), ("d", "cb")):
        dag.update_vertex(vertex, predecessors=before)
    assert dag.shortest_path("a", "d") == ["a", "b", "d"]


def test_shortest_path_knows_its_source_only(build: Build) -> None:
    dag = build("a b:a")
    with pytest.raises(KeyError, match="zz"):
        dag.shortest_path("zz", "a")
    assert dag.shortest_path("a", "zz") is None
    assert dag.shortest_path("a", "a") is None
    assert build("a:b b:a").shortest_path("a", "a") == ["a", "b", "a"]


@pytest.mark.parametrize("method", ["transitive_reduction", "critical_path"])
def test_new_methods_refuse_a_bad_dag(build: Build, method: str) -> None:
    arguments = [lambda _: 1] if method == "critical_path" else []
    with pytest.raises(DAGError, match="cycle detected: a -> b -> a"):
        getattr(build("a:b b:a"), method)(*arguments)
