"""What the seed's graphs got wrong (e3-defects/d24, d25, d31, d40, d41, d43)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from treadle.dag import DAG, DAGError
from treadle.job import EmptyJob, Job, ReturnValue
from treadle.job.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable


class Vertex:
    """An id that counts how often it is looked up: the work done, whatever the machine."""

    lookups = 0

    def __init__(self, number: int) -> None:
        self.number = number

    def __hash__(self) -> int:
        Vertex.lookups += 1
        return self.number

    def __repr__(self) -> str:
        return f"v{self.number}"


def _lookups(work: Callable[[], object]) -> int:
    before = Vertex.lookups
    work()
    return Vertex.lookups - before


def _diamonds(count: int) -> DAG:
    dag = DAG()
    dag.add_vertex("n0")
    for i in range(count):
        dag.add_vertex(f"l{i}", None, [f"n{i}"])
        dag.add_vertex(f"r{i}", None, [f"n{i}"])
        dag.add_vertex(f"n{i + 1}", None, [f"l{i}", f"r{i}"])
    return dag


@pytest.mark.parametrize("count", [5, 10, 100])
def test_d24_a_tree_draws_what_is_shared_once(count: int) -> None:
    lines = _diamonds(count).as_tree().splitlines()

    assert len(lines) == 4 * count + 1


def test_d24_a_tree_shows_every_root() -> None:
    dag = DAG()
    dag.add_vertex("root1")
    dag.add_vertex("root2")

    assert dag.as_tree() == "root1\nroot2"


def test_d25_tags_are_copied_by_reverse_graph_and_kept_by_union() -> None:
    dag = DAG()
    dag.add_vertex("a")
    dag.add_tag("a", 1)
    reverse = dag.reverse_graph()
    reverse.add_tag("b", 2)

    assert reverse.tags == {"a": 1, "b": 2}
    assert dag.tags == {"a": 1}
    assert (dag | dag).tags == {"a": 1}


def test_d25_a_vertex_cannot_be_none() -> None:
    with pytest.raises(DAGError, match="a vertex cannot be None"):
        DAG().update_vertex(None, enable_checks=False)


def _behind_a_cycle(count: int) -> DAG:
    dag = DAG()
    vertices = [Vertex(number) for number in range(count)]
    dag.update_vertex(vertices[0], None, [vertices[1]], enable_checks=False)
    dag.update_vertex(vertices[1], None, [vertices[0]], enable_checks=False)
    for before, vertex in pairwise(vertices[1:]):
        dag.update_vertex(vertex, None, [before], enable_checks=False)
    return dag


def test_d31_a_cycle_is_reported_in_time_that_grows_with_the_graph_only() -> None:
    def report(count: int) -> int:
        dag = _behind_a_cycle(count)

        def check() -> None:
            with pytest.raises(DAGError, match=r"cycle detected: v(0 -> v1 -> v0|1 -> v0 -> v1)"):
                dag.check()

        return _lookups(check)

    assert report(800) < 3 * report(400)


def test_d40_a_graph_with_a_hub_is_reversed_in_time_that_grows_with_its_edges_only() -> None:
    def reverse(count: int) -> int:
        hub, dag = Vertex(-1), DAG()
        dag.add_vertex(hub)
        for number in range(count):
            dag.add_vertex(Vertex(number), None, [hub])
        return _lookups(lambda: dag.reverse_graph(enable_checks=False))

    assert reverse(1600) < 3 * reverse(800)


def test_d41_a_walk_needs_no_more_than_create_job(dag: Callable[[str], DAG]) -> None:
    class Made(Walk):
        def create_job(self, uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
            status = ReturnValue.failure if uid == "a" else ReturnValue.success
            return EmptyJob(uid, data, notify_end, status)

    walk = Made(dag("a b:a c"))

    assert walk.job_status == {
        "a": ReturnValue.failure,
        "c": ReturnValue.success,
        "b": ReturnValue.force_fail,
    }
    assert walk.failure_source == {"b": {"a"}}
    assert Walk(dag("")).job_status == {}


def test_d43_data_that_was_changed_after_the_check_is_what_iteration_shows() -> None:
    dag = DAG()
    dag.add_vertex("a", 1)
    dag.check()
    dag.vertex_data["a"] = 2

    assert list(dag) == [("a", 2)]
    assert dag["a"] == 2
