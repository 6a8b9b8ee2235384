"""A whole program that runs /bin/true N times through a library.

    python bench/_spawn_library.py WHO SHAPE N

Nothing is imported that the library does not need: the start is measured too.
"""

from __future__ import annotations

import os
import sys
from typing import Any

TOKENS = 2
TRUE = "/bin/true"
LAYERS, LEAST = 100, 3  # how many, and how wide at least

Graph = list[tuple[int, list[int]]]


def width(n: int) -> int:
    """Jobs of a layer."""
    return max(LEAST, n // LAYERS)


def graph(shape: str, n: int) -> Graph:
    """Each job with what it needs: nothing, or three of the layer before."""
    if shape == "independent":
        return [(i, []) for i in range(n)]
    wide = width(n)
    return [(i, _above(i, wide) if i >= wide else []) for i in range(n)]


def _above(i: int, wide: int) -> list[int]:
    first = (i // wide - 1) * wide
    return list(dict.fromkeys(first + (i * 7 + j * 13) % wide for j in range(3)))


def treadle(jobs: Graph) -> None:
    from treadle import DAG, ProcessJob, Scheduler

    _run(jobs, DAG(), Scheduler, ProcessJob)


def treadle_alone(jobs: Graph) -> None:
    os.environ["TREADLE_WARDEN"] = "0"
    treadle(jobs)


def e3(jobs: Graph) -> None:
    from e3.collection.dag import DAG
    from e3.job import ProcessJob
    from e3.job.scheduler import Scheduler

    _run(jobs, DAG(), Scheduler, ProcessJob)


def _run(jobs: Graph, dag: Any, scheduler: Any, base: Any) -> None:
    class TrueJob(base):  # type: ignore[misc] # the base is an argument
        @property
        def cmdline(self) -> list[str]:
            return [TRUE]

    for uid, needs in jobs:
        dag.update_vertex(uid, None, needs, enable_checks=False)
    scheduler(scheduler.simple_provider(TrueJob), tokens=TOKENS).run(dag)


def pool(jobs: Graph) -> None:
    """What a user writes by hand; it knows no dependencies."""
    import subprocess
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(TOKENS) as executor:
        list(executor.map(lambda _: subprocess.run([TRUE], check=True), jobs))


WHO = {"treadle": treadle, "treadle-alone": treadle_alone, "e3": e3, "pool": pool}

if __name__ == "__main__":
    who, shape, count = sys.argv[1:]
    WHO[who](graph(shape, int(count)))
