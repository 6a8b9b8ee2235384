"""What does a job cost beyond its own work?

Jobs that do nothing, two at a time, in threads: what is measured is all that a
scheduler does around them. Each sample is a fresh process that makes its graph, and
then counts the time of the run. The peers take turns; a ratio is that of two samples
of the same round.

With `--pin` each sample is kept on one processor. Where threads hand jobs over
on several, their fight for the interpreter's lock is a large part of the time,
and of the noise.

    python bench/overhead.py [--quick] [--repeat N] [--pin] [--sizes N,N,...]
"""

from __future__ import annotations

import argparse
import gc
import json
import time
from functools import partial
from typing import Any, NamedTuple

import _common
import _peers
from _shapes import SHAPES

NEVER = 10**9


class Peer(NamedTuple):
    """Who runs the jobs; up to how many of them, and why not more."""

    prepare: _peers.Prepare
    limit: int = NEVER
    why: str = ""


BASE = "treadle"
ONCE = 1_000_000  # from this size on, one sample
THREADS = {
    BASE: Peer(_peers.treadle),
    "treadle, ended in start()": Peer(
        _peers.treadle_start, 100_000, "shows the share of the hand-over, which 100,000 do as well"
    ),
    "hand-written pool": Peer(
        _peers.pool, 100_000, "at this size the question is whether treadle grows as it should"
    ),
    "thread per job": Peer(_peers.threads, 10_000, "linear: ten times 10,000"),
    "dask.threaded": Peer(_peers.dask, 10_000, "linear: ten times 10,000"),
    "e3": Peer(_peers.e3, 10_000, "over a minute"),
}
PACKAGES = ["e3-core", "dask"]


class Question(NamedTuple):
    """What to measure: a table of the report."""

    shape: str
    n: int


def measure(question: Question, name: str, pinned: bool) -> _common.Sample:
    """In this process: seconds of the run, and of all processors."""
    if pinned:
        _common.pin()
    prepare = THREADS[name].prepare
    shape = SHAPES[question.shape]
    prepare(shape(10))()  # imports and first-call costs are not what is asked
    run = prepare(shape(question.n))
    gc.collect()
    start, busy = time.perf_counter(), time.process_time()
    run()
    return {"seconds": time.perf_counter() - start, "cpu": time.process_time() - busy}


def one(question: Question, pinned: bool, name: str) -> _common.Sample:
    return _common.fresh(__file__, "--one", *question, name, *(["--pin"] if pinned else []))


def ask(question: Question, repeat: int, pinned: bool) -> list[dict[str, Any]]:
    """One result for each peer."""
    peers = THREADS
    able = [name for name, peer in peers.items() if question.n <= peer.limit]
    times = repeat if question.n < ONCE else 1
    samples = _common.turns(able, times, partial(one, question, pinned))
    base = [s["seconds"] for s in samples[BASE]]
    return [
        {
            **question._asdict(),
            "name": name,
            **(summary(question.n, samples[name], base) if name in samples else {"not run": p.why}),
        }
        for name, p in peers.items()
    ]


def summary(n: int, samples: list[_common.Sample], base: list[float]) -> dict[str, Any]:
    taken = [s["seconds"] for s in samples]
    seconds = _common.median(taken)
    return {
        "seconds": seconds,
        "µs": seconds / n * 1e6,
        "jobs/s": n / seconds,
        "cpu µs": _common.median(s["cpu"] for s in samples) / n * 1e6,
        # treadle's share of the peer's time: below 1, treadle is faster.
        "treadle/peer": _common.ratios(base, taken),
        "samples": samples,
    }


def report(results: list[dict[str, Any]]) -> str:
    first = results[0]
    title = f"{first['shape']}, {first['n']:,}"
    header = [title, "µs/job", "cpu µs/job", "jobs/s", "treadle/peer", "(least-greatest)"]
    rows, notes = [], []
    for r in results:
        if "not run" in r:
            notes.append(f"not run: {r['name']}: {r['not run']}")
            continue
        ratio = r["treadle/peer"]
        span = f"({ratio['least']:.2f}-{ratio['greatest']:.2f})"
        figures = [f"{r['µs']:.1f}", f"{r['cpu µs']:.1f}", f"{r['jobs/s']:,.0f}"]
        rows.append([r["name"], *figures, f"{ratio['median']:.2f}", span])
    return "\n".join([_common.table(header, rows), *notes])


def growths(results: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """The exponents of each shape and peer, jobs in threads."""
    found: dict[str, dict[str, float]] = {shape: {} for shape in SHAPES}
    for shape in SHAPES:
        for name in THREADS:
            ran = [
                r for r in results if (r["shape"], r["name"]) == (shape, name) and "seconds" in r
            ]
            if len(ran) > 1:
                times = [r["seconds"] for r in ran]
                found[shape][name] = _common.growth([r["n"] for r in ran], times)
    return {shape: exponents for shape, exponents in found.items() if exponents}


def questions(sizes: list[int]) -> list[Question]:
    return [Question(shape, n) for n in sizes for shape in ("wide", "layers", "chain")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="small sizes, once; writes nothing")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--sizes", default="1000,10000,100000,1000000")
    parser.add_argument("--pin", action="store_true", help="each sample on one processor")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        shape, n, name = options.one
        print(json.dumps(measure(Question(shape, int(n)), name, options.pin)))
        return
    sizes = [200, 1_000] if options.quick else [int(n) for n in options.sizes.split(",")]
    results: list[dict[str, Any]] = []
    for question in questions(sizes):
        found = ask(question, 1 if options.quick else options.repeat, options.pin)
        print(report(found), end="\n\n", flush=True)
        results += found
    exponents = growths(results)
    rows = [[f"{s}, {n}", f"{k:.2f}"] for s, found in exponents.items() for n, k in found.items()]
    print(_common.table(["growth", "k"], rows))
    if not options.quick:
        name = "overhead-pinned" if options.pin else "overhead"
        facts = {"pinned": options.pin, "results": results, "growth": exponents}
        _common.write(name, facts, PACKAGES)


if __name__ == "__main__":
    main()
