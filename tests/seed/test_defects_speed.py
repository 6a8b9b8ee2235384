"""Work that grew faster than the graph (e3-defects/d34, d38, d60, p01, p02); p03 is side by side.

What is compared is work counted, not seconds, so that a busy machine changes nothing.
"""

from __future__ import annotations

import gc
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from treadle.dag import DAG
from treadle.job import Job, ProcessJob
from treadle.job.scheduler import Scheduler

if TYPE_CHECKING:
    from collections.abc import Callable


class Vertex:
    """An id that counts how often it is looked up or compared."""

    lookups = 0

    def __init__(self, number: int) -> None:
        self.number = number

    def __hash__(self) -> int:
        Vertex.lookups += 1
        return self.number

    def __eq__(self, other: object) -> bool:
        Vertex.lookups += 1
        return self is other


class AtOnce(Job):
    """Has ended as soon as it is started."""

    def start(self, slot: int) -> None:
        self.notify_end(self.uid)

    def run(self) -> None:
        raise AssertionError


def _lookups(work: Callable[[], object]) -> int:
    before = Vertex.lookups
    work()
    return Vertex.lookups - before


def _graph(shape: str, count: int, checked: bool) -> DAG:
    dag = DAG()
    vertices = [Vertex(number) for number in range(count)]
    for i, vertex in enumerate(vertices):
        before = {
            "wide": [],
            "chain": vertices[max(i - 1, 0) : i],
            "layers": [vertices[i // 20 * 20 - 1 - i % 7 - k] for k in (0, 5)] if i >= 20 else [],
        }[shape]
        dag.update_vertex(vertex, None, before, enable_checks=checked)
    return dag


@pytest.mark.parametrize("checked", [False, True])
@pytest.mark.parametrize("shape", ["wide", "chain", "layers"])
def test_p01_twice_the_graph_is_twice_the_work(shape: str, checked: bool) -> None:
    def work(count: int) -> int:
        def build_and_run() -> None:
            dag = _graph(shape, count, checked)
            dag.check()
            Scheduler(Scheduler.simple_provider(AtOnce), tokens=2).run(dag)

        return _lookups(build_and_run)

    assert work(1000) < 3 * work(500)


def test_d34_twice_the_jobs_at_the_same_time_is_twice_the_work() -> None:
    def work(count: int) -> int:
        started: list[Any] = []

        class Together(Job):
            """All end when all have been started, in the opposite order."""

            def start(self, slot: int) -> None:
                started.append(self)
                if len(started) == count:
                    for job in reversed(started):
                        job.notify_end(job.uid)

            def run(self) -> None:
                raise AssertionError

        dag = _graph("wide", count, checked=False)
        scheduler = Scheduler(Scheduler.simple_provider(Together), tokens=count)
        lookups = _lookups(lambda: scheduler.run(dag))
        assert scheduler.max_active_jobs == count
        return lookups

    assert work(1000) < 3 * work(500)


def test_d38_a_process_costs_little_more_than_its_spawn() -> None:
    class Ends(ProcessJob):
        cmdline: ClassVar[list[str]] = ["true"]

    def scheduled(count: int) -> None:
        dag = _graph("wide", count, checked=False)
        Scheduler(Scheduler.simple_provider(Ends), tokens=4).run(dag)

    def alone(count: int) -> None:
        for _ in range(count):
            subprocess.run(["true"], check=True)

    def cost(work: Callable[[int], None]) -> float:
        before = time.process_time()
        work(40)
        return time.process_time() - before

    # Processor time of this process only. About twice; the seed took five times as
    # much, and more with each process that the host had open.
    assert min(cost(scheduled) for _ in range(3)) < 10 * min(cost(alone) for _ in range(3))


def _threads_of(count: int, **options: Any) -> int:
    threads: list[threading.Thread] = []

    class Looks(Job):
        def run(self) -> None:
            threads.append(threading.current_thread())

    dag = _graph("wide", count, checked=False)
    Scheduler(Scheduler.simple_provider(Looks), tokens=2, **options).run(dag)
    assert len(threads) == count
    return len(set(threads))


def test_p02_jobs_share_as_many_threads_as_run_at_the_same_time() -> None:
    assert _threads_of(100) <= 3


def test_p02_a_thread_for_each_job_can_be_had() -> None:
    assert _threads_of(20, reuse_threads=False) == 20


@pytest.mark.parametrize("reuse", [True, False])
def test_d60_who_keeps_the_jobs_does_not_keep_threads(reuse: bool) -> None:
    def threads() -> int:
        gc.collect()
        return sum(isinstance(thing, threading.Thread) for thing in gc.get_objects())

    class Nothing(Job):
        def run(self) -> None:
            pass

    kept: list[Job] = []
    before = threads()
    dag = _graph("wide", 100, checked=False)
    provider = Scheduler.simple_provider(Nothing)
    Scheduler(provider, kept.append, tokens=2, reuse_threads=reuse).run(dag)

    assert len(kept) == 100
    assert threads() <= before
