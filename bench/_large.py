"""Processes from a program that holds much memory, beside the same from a small one.

    python bench/_large.py WHO N GIB DICTS

takes one sample: the seconds that /bin/true took N times, without the program's own
start, and its resident set.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from typing import Any

import _common
from _spawn_library import WHO, graph
from _spawners import SPAWNERS

GIB = 1 << 30
LARGE = {  # and how many jobs at most
    "treadle": ("treadle", 1_000),
    "treadle, no warden": ("treadle-alone", 1_000),
    "hand-written pool": ("pool", 1_000),
    "e3": ("e3", 100),
}


def ask(gib: float, dicts: int, n: int, repeat: int) -> list[dict[str, Any]]:
    """One result for each: its rates, and the share that it keeps when it is large."""
    absent = {name: SPAWNERS[name].missing() for name in LARGE}
    able = [name for name, why in absent.items() if not why]
    sizes = {"small": (0.0, 0), "large": (gib, dicts)}
    keys = {f"{size} {name}": (name, *sizes[size]) for name in able for size in sizes}
    found = _common.turns(keys, repeat, lambda key: one(n, *keys[key]))
    return [
        {"name": name, **({"not run": why} if why else compared(*pair(found, name)))}
        for name, why in absent.items()
    ]


def one(n: int, name: str, gib: float, dicts: int) -> _common.Sample:
    who, most = LARGE[name]
    sample = _common.fresh(__file__, who, min(n, most), gib, dicts)
    return {**sample, "jobs/s": min(n, most) / sample["seconds"]}


def pair(found: dict[str, list[_common.Sample]], name: str) -> list[list[_common.Sample]]:
    return [found[f"{size} {name}"] for size in ("small", "large")]


def compared(small: list[_common.Sample], large: list[_common.Sample]) -> dict[str, Any]:
    rates, before = ([s["jobs/s"] for s in samples] for samples in (large, small))
    return {
        "small jobs/s": _common.median(before),
        "jobs/s": _common.median(rates),
        "bytes": max(s["bytes"] for s in large),
        "of small": _common.ratios(rates, before),
        "samples": {"small": small, "large": large},
    }


def report(gib: float, results: list[dict[str, Any]]) -> str:
    header = [f"a program of {gib:g} GiB", "small, jobs/s", "large, jobs/s", "kept", "least-most"]
    rows, notes = [], []
    for r in results:
        if "not run" in r:
            notes.append(f"not run: {r['name']}: {r['not run']}")
            continue
        kept = r["of small"]
        rates = (f"{r[key]:,.0f}" for key in ("small jobs/s", "jobs/s"))
        span = f"({kept['least']:.2f}-{kept['greatest']:.2f})"
        rows.append([r["name"], *rates, f"{kept['median']:.2f}", span])
    return "\n".join([_common.table(header, rows), *notes])


def ballast(gib: float, dicts: int) -> list[object]:
    """Many small objects, and touched pages up to a size of the whole process."""
    held: list[object] = [{i: None} for i in range(dicts)]
    rest = int(gib * GIB) - _common.resident()
    if rest > 0:
        held.append(b"\1" * rest)
    return held


def main() -> None:
    who, n, gib, dicts = sys.argv[1:]
    run = WHO[who]
    held = ballast(float(gib), int(dicts))
    run(graph("independent", 2))  # imports and first-call costs are not what is asked
    jobs = graph("independent", int(n))
    gc.collect()
    start = time.perf_counter()
    run(jobs)
    seconds = time.perf_counter() - start
    assert len(held) >= int(dicts)
    print(json.dumps({"seconds": seconds, "bytes": _common.resident()}))


if __name__ == "__main__":
    main()
