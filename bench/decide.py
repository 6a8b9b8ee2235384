"""How fast does the engine decide, and how much memory does it need for that?

No jobs run: the engine gets each event of a run from a loop, through the methods
that the driver calls, with two tokens and a time limit for each job. A job is
five events: offered, launched, started, ended, collected. Each measurement is a
fresh process; time counts from the graph (a list) to the last decision, with
the collector on. Memory is the peak of the resident set above what it was when
only the graph was there.

    python bench/decide.py [--quick] [--repeat N] [--sizes N,N,...]
"""

from __future__ import annotations

import argparse
import gc
import json
import time
from functools import partial
from typing import Any

import _common
from _shapes import SHAPES, Graph

TOKENS = 2


def drive(graph: Graph) -> int:
    """A whole run; the number of jobs that were settled."""
    from treadle.engine import Engine, JobSpec, Offer, Outcome, Start

    engine, spec = Engine(graph, {"default": TOKENS}), JobSpec(timeout=86400.0)
    exited, now, done = Outcome.EXITED, 0.0, 0
    commands = engine.begin(now)
    while not engine.finished:
        for command in commands:
            if command.__class__ is Offer:
                engine.offered(command[0], spec, now)
        commands, started = [], []
        while starts := engine.launch(now):
            start = starts[0]
            assert isinstance(start, Start)
            engine.started(start.uid, start.attempt, now)
            started.append(start)
        for start in started:
            now += 0.001
            for collect in engine.ended(start[0], start[1], exited, now):
                done += 1
                commands += engine.collected(collect[0], False, 0.0, now)
    return done


def measure(shape: str, n: int, pinned: bool) -> _common.Sample:
    """In this process: seconds, and bytes per job."""
    if pinned:
        _common.pin()
    drive(SHAPES[shape](10))  # imports and first-call costs are not what is asked
    graph = SHAPES[shape](n)
    gc.collect()
    _common.forget_peak()
    size, start = _common.resident(), time.perf_counter()
    done = drive(graph)
    seconds = time.perf_counter() - start
    assert done == n
    return {"seconds": seconds, "bytes": (_common.peak() - size) / n}


def rounds(sizes: list[int], repeat: int, pinned: bool) -> list[dict[str, Any]]:
    results = []
    for n in sizes:
        samples = _common.turns(SHAPES, repeat, partial(one, n, pinned))
        results += [summary(shape, n, taken) for shape, taken in samples.items()]
        print(report(results[-len(SHAPES) :]), end="\n\n", flush=True)
    return results


def one(n: int, pinned: bool, shape: str) -> _common.Sample:
    return _common.fresh(__file__, "--one", shape, n, *(["--pin"] if pinned else []))


def summary(shape: str, n: int, samples: list[_common.Sample]) -> dict[str, Any]:
    seconds = _common.median(s["seconds"] for s in samples)
    return {
        "shape": shape,
        "n": n,
        "seconds": seconds,
        "µs": seconds / n * 1e6,
        "jobs/s": n / seconds,
        "bytes": _common.median(s["bytes"] for s in samples),
        "samples": samples,
    }


def report(results: list[dict[str, Any]]) -> str:
    header = [f"{results[0]['n']:,} jobs", "µs/job", "jobs/s", "peak bytes/job"]
    rows = [
        [r["shape"], f"{r['µs']:.2f}", f"{r['jobs/s']:,.0f}", f"{r['bytes']:.0f}"] for r in results
    ]
    return _common.table(header, rows)


def growths(results: list[dict[str, Any]]) -> dict[str, float]:
    found = {}
    for shape in SHAPES:
        ran = [r for r in results if r["shape"] == shape]
        found[shape] = _common.growth([r["n"] for r in ran], [r["seconds"] for r in ran])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="small sizes, once; writes nothing")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--sizes", default="1000,10000,100000,1000000")
    parser.add_argument("--pin", action="store_true", help="each sample on one processor")
    parser.add_argument("--one", nargs=2, metavar=("SHAPE", "N"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one[0], int(options.one[1]), options.pin)))
        return
    sizes = [1_000, 10_000] if options.quick else [int(n) for n in options.sizes.split(",")]
    results = rounds(sizes, 1 if options.quick else options.repeat, options.pin)
    exponents = growths(results)
    print(_common.table(["growth", "k"], [[s, f"{k:.3f}"] for s, k in exponents.items()]))
    if not options.quick:
        name = "decide-pinned" if options.pin else "decide"
        _common.write(name, {"tokens": TOKENS, "results": results, "growth": exponents})


if __name__ == "__main__":
    main()
