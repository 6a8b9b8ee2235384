"""How many processes per second?

/bin/true, two in flight, independent and in layers: whole processes, measured from
outside with all that belongs to them. The tools take turns; a ratio is that of two
samples of the same round. The limit is a C program around `posix_spawn` that keeps
nothing about its processes. Memory is looked at in one more run of each, which is not
timed. Then the same from a program that holds 2 GiB: what it costs to start a process
must not grow with the program that wants it.

    python bench/spawn.py [--quick] [--repeat N] [--sizes N,N,...] [--gib N]
    python bench/spawn.py --only "treadle,make,C" --sizes 2000   # writes nothing
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import _common
import _large
import _spawners
from _spawners import LIMIT, SHAPES, SPAWNERS

BASES = {"limit": LIMIT, "make": "make", "ninja": "ninja"}
DICTS_A_GIB = 2_000_000
PACKAGES = ["e3-core", "doit"]

Samples = dict[str, list[_common.Sample]]


def one(shape: str, n: int, name: str, *options: str) -> _common.Sample:
    """A sample of a tool, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = SPAWNERS[name].prepare(Path(folder), shape, n)
        return _common.fresh(str(_common.HERE / "_outside.py"), *options, folder, *command)


def ask(shape: str, n: int, repeat: int, names: Iterable[str]) -> list[dict[str, Any]]:
    """One result for each tool."""
    refusals = {name: SPAWNERS[name].refusal(shape, n) for name in names}
    able = [name for name, why in refusals.items() if not why]
    samples = _common.turns(able, repeat, partial(one, shape, n))
    held = {name: one(shape, n, name, "--memory")["bytes"] for name in able}
    return [
        {
            "shape": shape,
            "n": n,
            "name": name,
            **({"not run": why} if why else summary(n, name, samples)),
            **({} if why else {"bytes": held[name]}),
        }
        for name, why in refusals.items()
    ]


def summary(n: int, name: str, samples: Samples) -> dict[str, Any]:
    mine = samples[name]
    taken = [s["seconds"] for s in mine]
    cpu = [s["cpu"] / n * 1e6 for s in mine]
    found: dict[str, Any] = {
        "seconds": _common.median(taken),
        "jobs/s": n / _common.median(taken),
        "least jobs/s": n / max(taken),
        "greatest jobs/s": n / min(taken),
        # Of the tool and of all that it started.
        "cpu µs": _common.median(cpu),
    }
    for what, base in BASES.items():
        if base in samples:
            # The share of the base's rate: above 1, this one is faster.
            seconds = [s["seconds"] for s in samples[base]]
            found[f"of {what}"] = _common.ratios(seconds, taken)
    if LIMIT in samples:
        least = [s["cpu"] / n * 1e6 for s in samples[LIMIT]]
        found["cpu µs over limit"] = _common.median(c - b for c, b in zip(cpu, least, strict=True))
    return {**found, "samples": mine}


def report(results: list[dict[str, Any]]) -> str:
    first = results[0]
    title = f"{first['shape']}, {first['n']:,}"
    shares = [f"of {what}" for what in BASES]
    header = [title, "jobs/s", "(least-most)", *shares, "cpu µs", "over limit", "MB"]
    rows, notes = [], []
    for r in results:
        if "not run" in r:
            notes.append(f"not run: {r['name']}: {r['not run']}")
            continue
        span = f"({r['least jobs/s']:,.0f}-{r['greatest jobs/s']:,.0f})"
        ratios = [f"{r[share]['median']:.2f}" if share in r else "-" for share in shares]
        over = f"{r['cpu µs over limit']:.0f}" if "cpu µs over limit" in r else "-"
        cost = [f"{r['cpu µs']:.0f}", over, f"{r['bytes'] / 1e6:.1f}"]
        rows.append([r["name"], f"{r['jobs/s']:,.0f}", span, *ratios, *cost])
    return "\n".join([_common.table(header, rows), *notes])


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="100 jobs, once; writes nothing")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--sizes", default="1000,2000,10000")
    parser.add_argument("--shapes", default=",".join(SHAPES))
    parser.add_argument("--gib", type=float, default=2.0, help="of the large program; 0: without")
    parser.add_argument("--only", default="", help="names of tools or how they begin")
    given = parser.parse_args()
    if given.quick:
        given.sizes, given.repeat, given.gib = "100", 1, 0.1
    return given


def chosen(only: str) -> list[str]:
    """The tools that were asked for, all without a word."""
    return [name for name in SPAWNERS if name.startswith(tuple(only.split(",")))]


def main() -> None:
    given = options()
    results: list[dict[str, Any]] = []
    for n in map(int, given.sizes.split(",")):
        for shape in given.shapes.split(","):
            found = ask(shape, n, given.repeat, chosen(given.only))
            print(report(found), end="\n\n", flush=True)
            results += found
    large: list[dict[str, Any]] = []
    if given.gib and not given.only:
        count = 20 if given.quick else 1_000
        large = _large.ask(given.gib, int(DICTS_A_GIB * given.gib), count, given.repeat)
        print(_large.report(given.gib, large))
    if not given.quick and not given.only:
        versions = {**_common.versions(PACKAGES), **_spawners.versions()}
        facts = {"versions": versions, "rounds": given.repeat, "gib": given.gib}
        _common.write("spawn", {**facts, "results": results, "large": large})


if __name__ == "__main__":
    main()
