"""What does it cost to keep a run, and how long until a large one that was cut short goes on?

First: jobs that do nothing (`/bin/true`), two at a time, through `treadle.runner.run`, with a
store and without: the same code, the same logs. Then a run of very many jobs, half of which
are recorded: seconds from the plan to the first job that is started, and the peak of memory; and
what the commands that only need its sessions take. Each sample is a fresh process.

    python bench/store.py [--quick] [--repeat N] [--jobs N] [--resumed N]
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import _common

if TYPE_CHECKING:
    from treadle.workflow import Plan

SHAPES: dict[str, Callable[[int], list[int]]] = {
    "wide": lambda i: [],
    "layers": lambda i: [(i // 100 - 1) * 100 + (i + k) % 100 for k in range(3) if i >= 100],
    "chain": lambda i: [i - 1] if i else [],
}
KINDS = ["without", "with"]
RUN = "20260101-000000"
COMMANDS = (["history"], ["status"])
NOW = 1_767_225_600.0


def plan_of(folder: Path, shape: str, count: int) -> Plan:
    from treadle.workflow.plan import Plan, PlannedJob

    said: dict[str, Any] = {
        "queue": "default", "tokens": 1, "priority": 0.0, "timeout": math.inf, "grace": 5.0,
        "env": {}, "cwd": folder, "description": "", "argv": ("/bin/true",),
    }  # fmt: skip
    before = SHAPES[shape]
    jobs = {
        f"j{i}": PlannedJob(name=f"j{i}", family="j", needs=tuple(f"j{n}" for n in before(i)),
                            **said)
        for i in range(count)
    }  # fmt: skip
    return Plan(jobs=jobs, families={}, queues={}, folder=folder, label="bench", mark="bench")


def recorded(folder: Path, shape: str, count: int, kind: str) -> _common.Sample:
    """In this process: seconds of a run, and of this processor."""
    from treadle.runner import run
    from treadle.store import Store

    plan = plan_of(folder, shape, count)
    store = Store(folder / ".treadle/state.db") if kind == "with" else None
    run(plan_of(folder, shape, 10), tokens=2, store=store)
    gc.freeze()
    start, busy = time.perf_counter(), time.process_time()
    if not run(plan, tokens=2, store=store).success:
        sys.exit("the run failed")
    return {"seconds": time.perf_counter() - start, "cpu": time.process_time() - busy}


def fill(folder: Path, count: int) -> _common.Sample:
    """Record half of a run that never ended."""
    from treadle.runner.incremental.freshness import Freshness
    from treadle.runner.incremental.given import Given
    from treadle.store import Store
    from treadle.store.files import Files
    from treadle.store.records import End, Start

    plan = plan_of(folder, "layers", count)
    look = Freshness(plan, Files(), {}, {}, Given(plan, ())).look
    with Store(folder / ".treadle/state.db").write() as store:
        store.begin(RUN, {"label": "bench", "targets": [], "jobs": count, "plan": "bench"})
        for number, name in enumerate(list(plan.jobs)[: count // 2]):
            mark = look(name).fingerprint
            store.started(Start(name, 1, NOW, 0.001, 1, mark))
            store.ended(End(name, 1, "good", NOW, 0.002, "exited", 0, "", 0.001, 0.001, 1_400_000,
                            fingerprint=mark))  # fmt: skip
            if number % 1000 == 0:
                store.flush()
    return {"bytes": (folder / ".treadle/state.db").stat().st_size}


class FirstStart:
    """Says when the first job was started, and ends the process: nothing more is asked."""

    def __init__(self) -> None:
        self._start, self._busy = time.perf_counter(), time.process_time()

    def take(self, fact: object) -> None:
        """Take a fact."""
        if type(fact).__name__ != "JobStarted":
            return
        seconds, busy = time.perf_counter() - self._start, time.process_time() - self._busy
        print(json.dumps({"seconds": seconds, "cpu": busy, "peak": _common.peak()}), flush=True)
        os._exit(0)


def resumed(folder: Path, count: int) -> None:
    from treadle.runner import run
    from treadle.store import Store

    plan = plan_of(folder, "layers", count)
    gc.freeze()
    gc.disable()  # as the command does
    store = Store(folder / ".treadle/state.db")
    run(plan, tokens=2, store=store, resume=RUN, views=[FirstStart()])


def one(shape: str, count: int, kind: str) -> _common.Sample:
    with tempfile.TemporaryDirectory() as folder:
        return _common.fresh(__file__, "--one", "recorded", folder, shape, count, kind)


def ask(shape: str, count: int, repeat: int) -> dict[str, Any]:
    samples = _common.turns(KINDS, repeat, partial(one, shape, count))
    taken = {kind: [s["seconds"] for s in found] for kind, found in samples.items()}
    busy = {kind: _common.median(s["cpu"] for s in found) for kind, found in samples.items()}
    return {
        "shape": shape,
        "n": count,
        **{f"{kind}, µs": _common.median(taken[kind]) / count * 1e6 for kind in KINDS},
        "cpu, µs more": (busy["with"] - busy["without"]) / count * 1e6,
        "with/without": _common.ratios(taken["with"], taken["without"]),
        "samples": samples,
    }


def go_on(count: int, repeat: int) -> dict[str, Any]:
    """Resume a large run, and ask for its history."""
    found: list[_common.Sample] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "treadle.toml").write_text('[job.a]\nrun = "true"\n', encoding="utf-8")
        size = _common.fresh(__file__, "--one", "fill", folder, count)["bytes"]
        asked = {words[0]: [_asked(folder, words) for _ in range(repeat)] for words in COMMANDS}
        for _ in range(repeat):
            # What a session leaves is not to be there for the next sample.
            with tempfile.TemporaryDirectory() as copy:
                subprocess.run(["cp", "-r", f"{folder}/.", copy], check=True)
                found.append(_common.fresh(__file__, "--one", "resumed", copy, count))
    return {
        "n": count,
        "store, MB": size / 1e6,
        "seconds": _common.median(s["seconds"] for s in found),
        "cpu": _common.median(s["cpu"] for s in found),
        "peak, MB": _common.median(s["peak"] for s in found) / 1e6,
        "commands, ms": {name: _common.median(taken) * 1e3 for name, taken in asked.items()},
        "samples": found,
    }


def _asked(folder: Path, words: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "treadle", *words],
        cwd=folder, env=_common.environment(), check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return time.perf_counter() - start


def report(results: list[dict[str, Any]], large: dict[str, Any]) -> str:
    rows = []
    for r in results:
        ratio = r["with/without"]
        figures = [f"{r[key]:.0f}" for key in ("without, µs", "with, µs", "cpu, µs more")]
        span = f"({ratio['least']:.2f}-{ratio['greatest']:.2f})"
        rows.append([f"{r['shape']}, {r['n']:,}", *figures, f"{ratio['median']:.2f}", span])
    header = ["/bin/true", "without, µs", "with, µs", "cpu, µs more", "ratio", "(least-greatest)"]
    asked = ", ".join(f"{name} {ms:.0f} ms" for name, ms in large["commands, ms"].items())
    return (
        f"{_common.table(header, rows)}\n\n"
        f"resume of {large['n']:,} jobs: {large['seconds']:.2f} s to the first start, "
        f"{large['cpu']:.2f} s of the processor, {large['peak, MB']:.0f} MB; {asked}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="few jobs, once; writes nothing")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--resumed", type=int, default=1_000_000)
    parser.add_argument("--one", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    match options.one:
        case ["recorded", folder, shape, count, kind]:
            print(json.dumps(recorded(Path(folder), shape, int(count), kind)))
        case ["fill", folder, count]:
            print(json.dumps(fill(Path(folder), int(count))))
        case ["resumed", folder, count]:
            resumed(Path(folder), int(count))
        case _:
            quick = options.quick
            count, repeat = (200, 1) if quick else (options.jobs, options.repeat)
            results = [ask(shape, count, repeat) for shape in SHAPES]
            large = go_on(2_000 if quick else options.resumed, min(repeat, 3))
            print(report(results, large))
            if not quick:
                _common.write("store", {"results": results, "resumed": large})


if __name__ == "__main__":
    main()
