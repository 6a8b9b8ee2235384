"""Who runs the jobs: treadle, e3-core, dask, and what a user would write by hand.

Each takes what it needs to know of a graph and returns a function that runs it:
making the inputs is not measured, running them is.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from graphlib import TopologicalSorter
from typing import Any

from _shapes import Graph

TOKENS = 2

Run = Callable[[], object]
Prepare = Callable[[Graph], Run]


def treadle(graph: Graph) -> Run:
    from treadle import DAG, Job, Scheduler

    class Nothing(Job):
        def run(self) -> None:
            pass

    dag = DAG()
    return _scheduler(dag, graph, Scheduler, Nothing)


def treadle_start(graph: Graph) -> Run:
    """Jobs that end within their `start`: no thread is handed anything."""
    from treadle import DAG, Job, Scheduler

    class Inline(Job):
        def run(self) -> None:
            pass

        def start(self, slot: int) -> None:
            self.slot = slot
            self.notify_end(self.uid)

    return _scheduler(DAG(), graph, Scheduler, Inline)


def e3(graph: Graph) -> Run:
    from e3.collection.dag import DAG
    from e3.job import Job
    from e3.job.scheduler import Scheduler

    class Nothing(Job):  # type: ignore[misc] # e3-core is not typed for us
        def run(self) -> None:
            pass

    return _scheduler(DAG(), graph, Scheduler, Nothing)


def _scheduler(dag: Any, graph: Graph, scheduler: Any, job: Any) -> Run:
    for uid, before in graph:
        dag.update_vertex(uid, None, before, enable_checks=False)
    return lambda: scheduler(scheduler.simple_provider(job), tokens=TOKENS).run(dag)


def nothing(*_: object) -> None:
    pass


def pool(graph: Graph) -> Run:
    """The thirty lines that a user writes: a thread pool, graphlib, a queue of what ended."""
    needs = dict(graph)

    def work(uid: int, ended: queue.SimpleQueue[int]) -> None:
        nothing(uid)
        ended.put(uid)

    def run() -> None:
        sorter = TopologicalSorter(needs)
        sorter.prepare()
        ended: queue.SimpleQueue[int] = queue.SimpleQueue()
        with ThreadPoolExecutor(TOKENS) as executor:
            while sorter.is_active():
                for uid in sorter.get_ready():
                    executor.submit(work, uid, ended)
                sorter.done(ended.get())

    return run


def threads(graph: Graph) -> Run:
    """A new thread for each job, two at a time."""
    needs = dict(graph)

    def run() -> None:
        sorter = TopologicalSorter(needs)
        sorter.prepare()
        ended: queue.SimpleQueue[int] = queue.SimpleQueue()
        ready: list[int] = []
        active = 0
        while sorter.is_active():
            ready += sorter.get_ready()
            while ready and active < TOKENS:
                threading.Thread(target=ended.put, args=(ready.pop(),)).start()
                active += 1
            sorter.done(ended.get())
            active -= 1

    return run


def dask(graph: Graph) -> Run:
    import dask.threaded

    tasks: dict[int, Any] = {uid: (nothing, list(before)) for uid, before in graph}
    needed = {uid for _, before in graph for uid in before}
    sinks = [uid for uid, _ in graph if uid not in needed]
    return lambda: dask.threaded.get(tasks, sinks, num_workers=TOKENS)
