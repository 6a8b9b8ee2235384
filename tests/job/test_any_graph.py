"""Whatever the graph, a run does all of it, in an order that its edges allow."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kinds import Nothing
from treadle.dag import DAG
from treadle.job import Job
from treadle.job.scheduler import Scheduler
from treadle.testing import Behaviour, FakeExecutor, MockClock
from treadle.testing.dags import dags


def _run(dag: DAG, tokens: int, **options: Any) -> tuple[list[Any], Scheduler]:
    clock, order = MockClock(), list[Any]()
    executor = FakeExecutor(clock, lambda uid, _: Behaviour(1.0 + hash(uid) % 3))

    def collect(job: Job) -> None:
        order.append(job.uid)

    scheduler = Scheduler(
        Scheduler.simple_provider(Nothing),
        collect,
        tokens=tokens,
        clock=clock,
        executor=executor,
        **options,
    )
    scheduler.run(dag)
    return order, scheduler


@given(
    dag=dags(), tokens=st.integers(1, 5), order=st.sampled_from(["declaration", "critical-path"])
)
def test_every_job_runs_once_after_all_that_it_needs(dag: DAG, tokens: int, order: str) -> None:
    done, scheduler = _run(dag, tokens, order=order)

    assert (len(done), set(done)) == (len(dag), set(dag.vertex_data))
    for position, uid in enumerate(done):
        assert dag.get_predecessors(uid) <= set(done[:position])
    assert scheduler.max_active_jobs <= tokens
    assert scheduler.tokens == {"default": tokens}


@given(dag=dags(), tokens=st.integers(1, 3))
def test_the_same_graph_runs_in_the_same_order(dag: DAG, tokens: int) -> None:
    assert _run(dag, tokens)[0] == _run(dag, tokens)[0]


def test_the_critical_path_goes_first_if_it_is_asked_for() -> None:
    dag = DAG()
    for uid in ("short", "long", "longer", "longest"):
        dag.add_vertex(uid)
    dag.update_vertex("longer", predecessors=["long"])
    dag.update_vertex("longest", predecessors=["longer"])

    assert _run(dag, 1)[0] == ["short", "long", "longer", "longest"]
    assert _run(dag, 1, order="critical-path")[0] == ["long", "longer", "short", "longest"]
