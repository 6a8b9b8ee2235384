"""Schedulers with a store, and what they recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kinds import Nothing
from treadle.dag import DAG
from treadle.job import Job
from treadle.job.scheduler import Scheduler
from treadle.status import ReturnValue
from treadle.store import Store
from treadle.store.records import End, RunRecord


class Fails(Job):
    """Does nothing, and says that it failed."""

    def run(self) -> None:
        pass

    @property
    def status(self) -> ReturnValue:
        return ReturnValue.failure


def graph(text: str, **data: Any) -> DAG:
    """Return a graph of words like `c:a,b`: c, which needs a and b."""
    dag = DAG()
    for word in text.split():
        uid, _, before = word.partition(":")
        dag.add_vertex(uid, data.get(uid), before.split(",") if before else None)
    return dag


def run_graph(
    store: Store,
    dag: DAG,
    kind: Callable[[Any, Any, Any], Job] = Nothing,
    collect: Callable[[Job], object] | None = None,
    **options: Any,
) -> list[Job]:
    """Run a graph; return what was collected."""
    collected: list[Job] = []

    def take(job: Job) -> object:
        collected.append(job)
        return collect(job) if collect is not None else False

    Scheduler(Scheduler.simple_provider(kind), take, store=store, **options).run(dag)
    return collected


def ends_of(store: Store) -> list[End]:
    """Return the ends of the last run."""
    with store.read() as reader:
        runs = reader.runs(1)
        return list(reader.ends(runs[0].name)) if runs else []


def kinds_of(store: Store) -> list[tuple[str, int, str]]:
    """Return what came of each attempt of the last run."""
    return [(end.job, end.attempt, end.kind) for end in ends_of(store)]


def last_of(store: Store) -> RunRecord:
    """Return the last run."""
    with store.read() as reader:
        return reader.runs(1)[0]


def counts_of(store: Store) -> tuple[dict[str, int], int, str, str]:
    """Return how the last run ended."""
    end = last_of(store).last.end
    assert end is not None
    return dict(end.counts), end.signum, end.cause, end.detail
