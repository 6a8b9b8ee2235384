"""What does a job cost that is a Python function?

Functions that do nothing, two threads: a `Workflow`, beside what a user writes by hand
(a thread pool, graphlib, a queue of what ended) and beside dask. Each sample is a fresh
process that makes its graph, and then counts the time of the run. The peers take turns; a
ratio is that of two samples of the same round.

What is declared and planned before the run is counted by itself: for the peers that is a
dictionary, for a workflow it is checked.

    python bench/callables.py [--quick] [--repeat N] [--sizes N,N,...]
"""

from __future__ import annotations

import argparse
import gc
import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import _common
import _peers
from _shapes import SHAPES, Graph

NEVER = 10**9
ONCE = 1_000_000  # from this size on, one sample
BASE = "Workflow"


class Prepared(NamedTuple):
    """A run, and what was measured before it."""

    run: Callable[[], object]
    before: _common.Sample


def workflow(graph: Graph) -> Prepared:
    from treadle import Workflow
    from treadle.runner import run

    empty, start = _common.resident(), time.perf_counter()
    made = Workflow("bench")
    for uid, before in graph:
        made.job(name=str(uid), needs=[str(n) for n in before])(_peers.nothing)
    declared = time.perf_counter()
    plan = made.plan()
    planned, full = time.perf_counter(), _common.resident()

    def go() -> None:
        result = run(plan, tokens=_peers.TOKENS)
        assert len(result.good) == len(graph)

    n = len(graph)
    before_run = {
        "declare µs": (declared - start) / n * 1e6,
        "plan µs": (planned - declared) / n * 1e6,
        "plan bytes": (full - empty) / n,
    }
    return Prepared(go, before_run)


def peer(prepare: _peers.Prepare) -> Callable[[Graph], Prepared]:
    return lambda graph: Prepared(prepare(graph), {})


class Peer(NamedTuple):
    """Who runs the functions; up to how many of them, and why not more."""

    prepare: Callable[[Graph], Prepared]
    limit: int = NEVER
    why: str = ""


PEERS = {
    BASE: Peer(workflow),
    "hand-written pool": Peer(peer(_peers.pool)),
    "dask.threaded": Peer(peer(_peers.dask), 10_000, "linear: ten times 10,000"),
}


class Question(NamedTuple):
    """What to measure: a table of the report."""

    shape: str
    n: int


def measure(question: Question, name: str) -> _common.Sample:
    """In this process: seconds of the run, of all processors, and bytes a job."""
    prepare, shape = PEERS[name].prepare, SHAPES[question.shape]
    prepare(shape(10)).run()  # imports and first-call costs are not what is asked
    prepared = prepare(shape(question.n))
    gc.collect()
    _common.forget_peak()
    first = _common.resident()
    start, busy = time.perf_counter(), time.process_time()
    prepared.run()
    return {
        "seconds": time.perf_counter() - start,
        "cpu": time.process_time() - busy,
        "bytes": (_common.peak() - first) / question.n,
        **prepared.before,
    }


def ask(question: Question, repeat: int) -> list[dict[str, Any]]:
    """One result for each peer."""
    able = [name for name, peer in PEERS.items() if question.n <= peer.limit]
    one = partial(_common.fresh, __file__, "--one", *question)
    samples = _common.turns(able, repeat if question.n < ONCE else 1, one)
    base = [s["seconds"] for s in samples[BASE]]
    return [
        {
            **question._asdict(),
            "name": name,
            **(summary(question.n, samples[name], base) if name in samples else {"not run": p.why}),
        }
        for name, p in PEERS.items()
    ]


def summary(n: int, samples: list[_common.Sample], base: list[float]) -> dict[str, Any]:
    taken = [s["seconds"] for s in samples]
    seconds = _common.median(taken)
    extra: dict[str, float] = {
        key: _common.median(s[key] for s in samples)
        for key in ("declare µs", "plan µs", "plan bytes")
        if key in samples[0]
    }
    return {
        "seconds": seconds,
        "µs": seconds / n * 1e6,
        "jobs/s": n / seconds,
        "cpu µs": _common.median(s["cpu"] for s in samples) / n * 1e6,
        "bytes": _common.median(s["bytes"] for s in samples),
        **extra,
        # The workflow's share of the peer's time: below 1, the workflow is faster.
        "workflow/peer": _common.ratios(base, taken),
        "samples": samples,
    }


def report(results: list[dict[str, Any]]) -> str:
    first = results[0]
    title = f"{first['shape']}, {first['n']:,}"
    header = [title, "µs/job", "cpu µs/job", "bytes/job", "workflow/peer", "(least-greatest)"]
    rows, notes = [], []
    for r in results:
        if "not run" in r:
            notes.append(f"not run: {r['name']}: {r['not run']}")
            continue
        ratio = r["workflow/peer"]
        span = f"({ratio['least']:.2f}-{ratio['greatest']:.2f})"
        figures = [f"{r['µs']:.1f}", f"{r['cpu µs']:.1f}", f"{r['bytes']:,.0f}"]
        rows.append([r["name"], *figures, f"{ratio['median']:.2f}", span])
        if "plan µs" in r:
            notes.append(
                f"before: declared in {r['declare µs']:.1f} µs a job, planned in "
                f"{r['plan µs']:.1f}, {r['plan bytes']:,.0f} bytes"
            )
    return "\n".join([_common.table(header, rows), *notes])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="small sizes, once; writes nothing")
    parser.add_argument("--repeat", type=int, default=9)
    parser.add_argument("--sizes", default="1000,10000,100000,1000000")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        shape, n, name = options.one
        print(json.dumps(measure(Question(shape, int(n)), name)))
        return
    sizes = [200, 1_000] if options.quick else [int(n) for n in options.sizes.split(",")]
    results: list[dict[str, Any]] = []
    for n in sizes:
        for shape in ("wide", "layers", "chain"):
            found = ask(Question(shape, n), 1 if options.quick else options.repeat)
            print(report(found), end="\n\n", flush=True)
            results += found
    if not options.quick:
        _common.write("callables", {"results": results}, ["dask"])


if __name__ == "__main__":
    main()
