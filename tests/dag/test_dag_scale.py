"""What must not grow faster than the graph: counted, or so large that it would not end."""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import Any

import pytest

from treadle.dag import DAG, DAGError, DAGIterator

MILLION = 1_000_000


class Counted:
    """A vertex that counts how often anything asks for its hash."""

    hashes = 0

    def __init__(self, number: int) -> None:
        self.number = number

    def __hash__(self) -> int:
        Counted.hashes += 1
        return self.number

    def __repr__(self) -> str:
        return f"v{self.number}"


def hashes(action: Any) -> int:
    Counted.hashes = 0
    action()
    return Counted.hashes


def chain(n: int, vertex: Any = int) -> DAG:
    dag = DAG()
    previous: list[Any] = []
    for i in range(n):
        v = vertex(i)
        dag.add_vertex(v, None, previous)
        previous = [v]
    return dag


def layers(n: int, vertex: Any = int) -> DAG:
    dag = DAG()
    rows = [[vertex(10 * row + i) for i in range(10)] for row in range(n // 10)]
    for row, above in zip(rows, [[], *rows], strict=False):
        for i, v in enumerate(row):
            dag.add_vertex(v, None, [above[i], above[i - 1]] if above else [])
    return dag


def star(n: int, vertex: Any = int) -> DAG:
    dag = DAG()
    leaves = [vertex(i) for i in range(n - 1)]
    for v in leaves:
        dag.add_vertex(v)
    dag.add_vertex(vertex(n), None, leaves)
    return dag


def busy_run(dag: DAG) -> None:
    iterator = DAGIterator(dag, enable_busy_state=True)
    for vertex, _ in iterator:
        iterator.leave(vertex)


@pytest.mark.parametrize("build", [chain, layers, star])
@pytest.mark.parametrize(
    "action",
    [
        DAG.check,
        list,
        busy_run,
        DAG.reverse_graph,
        DAG.as_dot,
        DAG.as_mermaid,
        DAG.transitive_reduction,
        str,
        lambda dag: dag.critical_path(lambda _: 1),
        lambda dag: dag.prune(lambda _, v: v.number % 7 == 0),
        lambda dag: dag | dag,
        lambda dag: (dag.reset_caches(), dag.check()),
    ],
)
def test_p01_the_work_is_linear(build: Any, action: Any) -> None:
    small, large = build(300, Counted), build(1200, Counted)
    assert hashes(lambda: action(large)) <= 4.2 * hashes(lambda: action(small)) + 100


@pytest.mark.parametrize("build", [chain, layers, star])
def test_p01_checked_building_is_linear(build: Any) -> None:
    small = hashes(lambda: build(300, Counted))
    assert hashes(lambda: build(1200, Counted)) <= 4.2 * small + 100


def test_p01_updates_of_vertices_that_nothing_waits_for_are_linear() -> None:
    def adjust(n: int) -> None:
        tests = [Counted(i) for i in range(n)]
        dag = DAG()
        for v in tests:
            dag.add_vertex(v)
        for before, after in pairwise(tests):
            dag.update_vertex(after, predecessors=[before])

    assert hashes(lambda: adjust(1200)) <= 4.2 * hashes(lambda: adjust(300)) + 100


def test_p01_updates_by_vertices_that_wait_for_nothing_are_linear() -> None:
    def adjust(n: int) -> None:
        tests = [Counted(i) for i in range(n)]
        dag = DAG()
        for v in tests:
            dag.add_vertex(v)
        for before, after in reversed(list(pairwise(tests))):
            dag.update_vertex(after, predecessors=[before])

    assert hashes(lambda: adjust(1200)) <= 4.2 * hashes(lambda: adjust(300)) + 100


def test_d40_a_hub_gains_predecessors_and_is_reversed_in_linear_time() -> None:
    dag = DAG()
    dag.add_vertex("hub")
    for i in range(100_000):
        dag.add_vertex(i)
        dag.update_vertex("hub", predecessors=[i])
    back = dag.reverse_graph()
    assert back.get_successors("hub") == set(range(100_000))
    assert len(back.reverse_graph().get_predecessors("hub")) == 100_000


def test_d31_a_cycle_before_many_vertices_is_found_in_linear_time() -> None:
    def report(n: int) -> None:
        dag = DAG()
        vertices = [Counted(i) for i in range(n)]
        x, y = Counted(n), Counted(n + 1)
        for after, before in zip(vertices, [x, *vertices], strict=False):
            dag.update_vertex(after, None, [before], enable_checks=False)
        dag.update_vertex(x, None, [y], enable_checks=False)
        dag.update_vertex(y, None, [x], enable_checks=False)
        with pytest.raises(DAGError, match=f"cycle detected: v{n} -> v{n + 1} -> v{n}"):
            dag.check()

    assert hashes(lambda: report(1200)) <= 4.2 * hashes(lambda: report(300)) + 100


@pytest.mark.proof
def test_F01_a_chain_of_a_million_is_built_checked_and_iterated() -> None:
    dag = chain(MILLION)
    dag.check()
    assert sum(i == v for i, (v, _) in enumerate(dag)) == MILLION


@pytest.mark.proof
def test_F01_a_chain_that_was_inserted_backwards_is_sorted_searched_and_drawn() -> None:
    n = MILLION // 4
    dag = DAG()
    for i in range(n, 0, -1):
        dag.update_vertex(i, None, [i - 1] if i > 1 else None, enable_checks=False)
    dag.check()
    assert next(iter(dag)) == (1, None)
    assert len(dag.get_closure(n)) == n - 1
    assert len(dag.shortest_path(1, n) or ()) == n
    assert dag.critical_path(lambda _: 1)[-1] == n
    assert dag.as_dot().count("->") == n - 1
    assert len(dag.transitive_reduction().reverse_graph()) == n
    assert dag.get_context(n) == []


@pytest.mark.proof
def test_F01_a_cycle_of_many_vertices_is_reported() -> None:
    dag = chain(MILLION // 4)
    dag.update_vertex(0, None, [MILLION // 4 - 1], enable_checks=False)
    with pytest.raises(DAGError, match=r"cycle detected: 0 -> 1 -> .*more.* -> 0$"):
        dag.check()


@pytest.mark.proof
def test_F02_a_million_independent_vertices_are_built_checked_and_iterated() -> None:
    dag = DAG()
    for i in range(MILLION):
        dag.add_vertex(i)
    dag.check()
    assert sum(i == v for i, (v, _) in enumerate(dag)) == MILLION


@pytest.mark.proof
def test_F02_a_star_of_a_million_is_built_checked_and_iterated() -> None:
    dag = star(MILLION)
    dag.check()
    iterator = DAGIterator(dag, enable_busy_state=True)
    handed_out = [next(iterator)[0] for _ in range(MILLION - 1)]
    assert next(iterator) == (None, None)
    for vertex in handed_out:
        iterator.leave(vertex)
    assert iterator.next_element() == (MILLION, None, frozenset(handed_out))


@pytest.mark.slow
def test_a_vertex_with_three_predecessors_takes_less_than_300_bytes() -> None:
    import tracemalloc

    n = 100_000
    vertices = list(range(n))
    before = [[i // 2, i // 3, i // 5] if i > 10 else [] for i in vertices]
    tracemalloc.start()
    try:
        dag = DAG()
        for vertex, predecessors in zip(vertices, before, strict=True):
            dag.add_vertex(vertex, None, predecessors)
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size / n < 300
    assert sys.getsizeof(dag._edges.predecessors[n - 1]) < 80
