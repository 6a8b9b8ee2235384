"""F01-F05: a million jobs, graphs that are none, starvation, priorities of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from kinds import Nothing
from treadle.dag import DAG, DAGError
from treadle.engine import Engine, JobSpec, Offer, Outcome
from treadle.errors import JobError
from treadle.job import EmptyJob, Job
from treadle.job.scheduler import Scheduler
from treadle.status import ReturnValue
from treadle.testing import Behaviour, FakeExecutor, MockClock

MILLION = 1_000_000


def _chain() -> Iterator[tuple[int, tuple[int, ...]]]:
    yield 0, ()
    for uid in range(1, MILLION):
        yield uid, (uid - 1,)


def _star() -> Iterator[tuple[int, tuple[int, ...]]]:
    """One job that all need, and one that needs all."""
    yield 0, ()
    for uid in range(1, MILLION - 1):
        yield uid, (0,)
    yield MILLION - 1, tuple(range(1, MILLION - 1))


@pytest.mark.proof
@pytest.mark.parametrize("shape", [_chain, _star], ids=["F01_chain", "F02_star"])
def test_F01_F02_a_million_jobs_are_decided_without_recursion(shape: Any) -> None:
    engine, spec = Engine(shape(), {"default": 2}), JobSpec()
    offers, ended = engine.begin(0.0), 0
    while offers or engine.queues.waiting:
        for offer in offers:
            if isinstance(offer, Offer):
                engine.offered(offer.uid, spec, 0.0)
        offers = []
        while engine.launch(0.0):
            pass
        for uid in list(engine.active):
            engine.ended(uid, 1, Outcome.EXITED, 0.0)
            offers += engine.collected(uid, False, 0.0, 0.0)
            ended += 1

    assert ended == MILLION
    assert engine.finished


@pytest.mark.slow
def test_F01_a_chain_of_skipped_jobs_is_taken_in_one_turn_without_recursion() -> None:
    dag = DAG()
    for uid in range(20_000):
        dag.update_vertex(uid, None, [uid - 1] if uid else [], enable_checks=False)
    done: list[Any] = []
    scheduler = Scheduler(
        lambda uid, data, _, notify: EmptyJob(uid, data, notify, ReturnValue.skip),
        lambda job: done.append(job.uid),
    )
    scheduler.run(dag)

    assert done == list(range(20_000))


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        ({"a": ["b"], "b": ["c"], "c": ["b"]}, "cycle detected: b -> c -> b"),
        ({"a": ["a"]}, "cycle detected: a -> a"),
        ({"a": ["ghost"]}, "'a' needs 'ghost', which the graph does not hold: add it first"),
    ],
)
def test_F03_a_graph_that_cannot_run_is_refused_before_anything_starts(
    edges: dict[str, list[str]], message: str
) -> None:
    dag = DAG()
    for uid, needs in edges.items():
        dag.update_vertex(uid, None, needs, enable_checks=False)
    asked: list[Any] = []

    def provider(uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
        asked.append(uid)
        return Nothing(uid, data, notify_end)

    with pytest.raises(DAGError) as caught:
        Scheduler(provider).run(dag)

    assert message in "".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    assert asked == []


def test_F03_an_empty_graph_is_done_at_once() -> None:
    scheduler = Scheduler(Scheduler.simple_provider(Nothing))
    scheduler.run(DAG())

    assert scheduler.is_finished
    assert scheduler.max_active_jobs == 0


def test_F04_the_heavy_job_at_the_head_runs_although_light_ones_keep_coming() -> None:
    """Each light job pushes another: without a reserved head the heavy one would never fit."""
    clock = MockClock()
    executor = FakeExecutor(clock)
    dag = DAG()
    for uid in ("light0", "light1", "heavy"):
        dag.add_vertex(uid)
    started: list[Any] = []

    def provider(uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
        job = Nothing(uid, data, notify_end)
        job.tokens = 3 if uid == "heavy" else 1
        return job

    def collect(job: Job) -> None:
        started.append(job.uid)
        if job.uid != "heavy" and len(started) < 50:
            assert scheduler.message_queue is not None
            again = Nothing(f"light{len(started) + 1}", None, scheduler.message_queue.put)
            scheduler.push(again)

    scheduler = Scheduler(provider, collect, tokens=3, clock=clock, executor=executor)
    scheduler.run(dag)

    assert started.index("heavy") == 2


class Weighted(Nothing):
    @property
    def priority(self) -> Any:
        return self.data


def _order(*priorities: Any) -> list[Any]:
    dag, order = DAG(), list[Any]()
    for number, priority in enumerate(priorities):
        dag.add_vertex(number, priority)
    clock = MockClock()
    Scheduler(
        Scheduler.simple_provider(Weighted),
        lambda job: order.append(job.uid),
        clock=clock,
        executor=FakeExecutor(clock, lambda *_: Behaviour(1.0)),
    ).run(dag)
    return order


@pytest.mark.parametrize(
    ("priorities", "order"),
    [
        ((0, 0, 0), [0, 1, 2]),
        ((1, 2, 3), [2, 1, 0]),
        ((3, 2, 1), [0, 1, 2]),
        ((0.5, 1, Fraction(3, 4)), [1, 2, 0]),
        ((True, 2, False), [1, 0, 2]),
        ((float("-inf"), 0, float("inf")), [2, 1, 0]),
        ((Decimal(1), Decimal("1.5")), [1, 0]),
    ],
)
def test_F05_priorities_of_every_kind_give_a_stable_order(
    priorities: tuple[Any, ...], order: list[int]
) -> None:
    assert _order(*priorities) == order


@pytest.mark.parametrize("priority", [float("nan"), None, "high", (1,)])
def test_F05_what_cannot_be_ordered_is_refused(priority: Any) -> None:
    with pytest.raises(JobError, match="job 1 has priority"):
        _order(0, priority)
