"""A scheduler goes on with a run that was cut short: what is recorded as good is not run again."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from journals import Fails, counts_of, graph, kinds_of, last_of, run_graph
from kinds import Nothing
from stores import scratch
from treadle import ReturnValue, Store
from treadle.dag import DAG
from treadle.errors import (
    RunInterrupted,
)
from treadle.job import EmptyJob, Job
from treadle.job.scheduler import Scheduler
from treadle.testing import Behaviour, FakeExecutor, MockClock


@pytest.fixture
def store() -> Iterator[Store]:
    with scratch() as folder:
        yield Store(folder / "runs.db")


def _cut(store: Store, dag: DAG, after: str, kind: Any = Nothing, **options: Any) -> None:
    def collect(job: Job) -> bool:
        if job.uid == after:
            raise InterruptedError
        return kind is Fails and job.attempt < 2

    with pytest.raises(InterruptedError):
        run_graph(store, dag, kind, collect, **options)


def test_A03_a_run_that_was_cut_short_goes_on_where_it_was(store: Store) -> None:
    dag = graph("a b:a c:b d:c", a=1, b=2)
    _cut(store, dag, "c")
    provided: list[str] = []

    def provide(uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
        provided.append(uid)
        assert predecessors
        return Nothing(uid, data, notify_end)

    collected: list[Job] = []
    Scheduler(provide, collected.append, store=store, resume=True).run(dag)

    assert provided == ["d"]
    assert [(job.uid, job.data, job.status.name) for job in collected] == [
        ("a", 1, "unchanged"), ("b", 2, "unchanged"), ("c", None, "unchanged"),
        ("d", None, "success"),
    ]  # fmt: skip
    assert [type(job) for job in collected[:3]] == [EmptyJob] * 3
    run = last_of(store)
    assert len(run.sessions) == 2
    assert counts_of(store)[0] == {"good": 4, "left": 0}


@pytest.mark.slow
def test_A03_what_was_started_and_has_no_end_runs_again_with_the_next_number(
    store: Store,
) -> None:
    dag = graph("a b:a")
    program = f"""
import os
from treadle import DAG, FunctionJob, Scheduler, Store

def b():
    while scheduler.statistics().attempts == 3:
        with store.read() as reader:
            if len(list(reader.starts(reader.runs(1)[0].name))) == 3:
                os.kill(os.getpid(), 9)

dag, store = DAG(), Store({str(store.path)!r})
dag.add_vertex("a", int)
dag.add_vertex("b", b, ["a"])
provider = Scheduler.simple_provider(FunctionJob)
scheduler = Scheduler(provider, lambda job: job.uid == "b" and job.attempt < 2, store=store)
scheduler.run(dag)
"""
    code = os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", program])
    assert code == -signal.SIGKILL
    jobs = run_graph(store, dag, resume=True)

    assert [(job.uid, job.attempt) for job in jobs] == [("a", 0), ("b", 3)]
    assert kinds_of(store) == [("a", 1, "good"), ("b", 1, "retried"), ("b", 3, "good")]


def test_attempts_that_were_made_before_count_against_max_attempts(store: Store) -> None:
    dag = graph("a b:a")
    clock = MockClock()
    executor = FakeExecutor(clock, lambda _uid, _attempt: Behaviour(1.0))
    scheduler = Scheduler(
        Scheduler.simple_provider(Fails), store=store, clock=clock, executor=executor
    )
    clock.call_at(0.5, scheduler.interrupt)
    with pytest.raises(RunInterrupted):
        scheduler.run(dag)

    run_graph(store, graph("a"), Fails, lambda _: True, max_attempts=3, resume=True)
    assert [kind[1:] for kind in kinds_of(store)] == [(1, "failed"), (2, "retried"), (3, "failed")]


def test_what_failed_runs_again(store: Store) -> None:
    dag = graph("a b:a c:b")
    _cut(store, dag, "c", Fails)
    jobs = run_graph(store, dag, resume=True)

    assert [(job.uid, job.attempt) for job in jobs] == [("a", 3), ("b", 3), ("c", 2)]


def test_a_run_that_ended_by_itself_is_not_gone_on_with(store: Store) -> None:
    dag = graph("a")
    run_graph(store, dag)
    jobs = run_graph(store, dag, resume=True)

    assert [job.status for job in jobs] == [ReturnValue.success]
    assert len(last_of(store).sessions) == 1


def test_a_run_of_a_workflow_is_not_gone_on_with(store: Store) -> None:
    with store.write() as writer:
        writer.begin("theirs", {"label": "treadle.toml"})
    run_graph(store, graph("a"), resume=True)

    assert last_of(store).name != "theirs"


def test_without_resume_a_run_that_was_cut_short_is_left_as_it_is(store: Store) -> None:
    dag = graph("a b:a")
    _cut(store, dag, "a")
    jobs = run_graph(store, dag)

    assert [job.status for job in jobs] == [ReturnValue.success] * 2


def test_only_so_many_runs_are_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("treadle.job.journal.KEEP_RUNS", 2)
    scheduler = Scheduler(Scheduler.simple_provider(Nothing), store=store)
    for _ in range(3):
        scheduler.run(graph("a"))

    with store.read() as reader:
        assert len(reader.runs()) == 2
