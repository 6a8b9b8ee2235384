"""How long until something happens: imports, `--version`, ten jobs.

Whole processes, from the fork to the end, in turns. What counts is the
difference to `python -c pass`, which nobody can go below.

    python bench/startup.py [--quick] [--repeat N]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import _common

TEN_JOBS = """
from treadle import DAG, Job, Scheduler
class Nothing(Job):
    def run(self): pass
dag = DAG()
for i in range(10):
    dag.add_vertex(i, None, [i - 1] if i else [])
Scheduler(Scheduler.simple_provider(Nothing), tokens=2).run(dag)
"""
WORKFLOW = "".join(f'[job.j{i}]\nrun = "true"\n' for i in range(10))
BASE = "python -c pass"
COMMANDS = {
    BASE: ["-c", "pass"],
    "import treadle": ["-c", "import treadle"],
    "import treadle.job.scheduler": ["-c", "import treadle.job.scheduler"],
    "import e3.job.scheduler": ["-c", "import e3.job.scheduler"],
    "treadle --version": ["-m", "treadle", "--version"],
    "10 jobs, library": ["-c", TEN_JOBS],
    "10 processes, treadle run -j2": ["-m", "treadle", "run", "-j2", "-q"],
}
PACKAGES = ["e3-core"]


def one(directory: str, name: str) -> _common.Sample:
    command = [sys.executable, *COMMANDS[name]]
    environment = _common.environment()
    start = time.perf_counter()
    subprocess.run(command, check=True, env=environment, cwd=directory, stdout=subprocess.DEVNULL)
    return {"seconds": time.perf_counter() - start}


def summary(name: str, samples: list[_common.Sample], base: list[float]) -> dict[str, Any]:
    taken = [s["seconds"] for s in samples]
    return {
        "name": name,
        "ms": _common.median(taken) * 1e3,
        "least ms": min(taken) * 1e3,
        "ms over pass": _common.median(t - b for t, b in zip(taken, base, strict=True)) * 1e3,
        "samples": samples,
    }


def report(results: list[dict[str, Any]]) -> str:
    keys = ["ms", "least ms", "ms over pass"]
    rows = [[r["name"], *(f"{r[key]:.1f}" for key in keys)] for r in results]
    return _common.table(["whole process", *keys], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="three times; writes nothing")
    parser.add_argument("--repeat", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "treadle.toml").write_text(WORKFLOW, encoding="utf-8")
        run = partial(one, directory)
        _common.turns(COMMANDS, 1, run)  # fills the caches of files and of byte code
        samples = _common.turns(COMMANDS, 3 if options.quick else options.repeat, run)
    base = [s["seconds"] for s in samples[BASE]]
    results = [summary(name, taken, base) for name, taken in samples.items()]
    print(report(results))
    if not options.quick:
        _common.write("startup", {"results": results}, PACKAGES)


if __name__ == "__main__":
    main()
