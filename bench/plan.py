"""How long until the first of very many jobs could start: read, check, plan, whole processes.

`treadle run -n` over files of ever more jobs, each of which needs up to two others: as TOML with
two words a job, with nine, and as JSON with nine; beside `ninja -n` and `make -n` over the same
graph. They print all commands; where they print to is nobody.

    python bench/plan.py [--quick] [--repeat N]
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import _common

TREADLE = [sys.executable, "-m", "treadle", "run", "-n", "-f"]
COMMANDS = {
    "treadle, TOML, 2 words": [*TREADLE, "two.toml"],
    "treadle, TOML, 9 words": [*TREADLE, "nine.toml"],
    "treadle, JSON, 9 words": [*TREADLE, "nine.json"],
    "ninja -n": ["ninja", "-n", "-v"],
    "make -n": ["make", "-n", "-s"],
}


def needs(i: int) -> list[int]:
    return sorted({i - 1, i // 2}) if i > 1 else []


def words(i: int) -> dict[str, Any]:
    return {
        "run": f"echo {i} hello",
        "needs": [f"j{n}" for n in needs(i)],
        "tags": [f"t{i % 100}"],
        "queue": "net",
        "timeout": 30,
        "retries": 2,
        "env": {"A": f"x{i}"},
        "outputs": [f"out/{i}"],
        "description": f"Job number {i}",
    }


def toml(jobs: dict[str, dict[str, Any]]) -> Iterator[str]:
    for name, said in jobs.items():
        yield f"[job.{name}]\n"
        for word, value in said.items():
            table = isinstance(value, dict)
            text = ", ".join(f"{k} = {json.dumps(v)}" for k, v in value.items()) if table else ""
            yield f"{word} = {f'{{ {text} }}' if table else json.dumps(value)}\n"


def write_all(folder: Path, count: int) -> None:
    nine = {f"j{i}": words(i) for i in range(count)}
    two = {name: {"run": job["run"], "needs": job["needs"]} for name, job in nine.items()}
    queues = {"net": 4}
    (folder / "two.toml").write_text("".join(toml(two)))
    (folder / "nine.toml").write_text("".join(["[queues]\nnet = 4\n", *toml(nine)]))
    (folder / "nine.json").write_text(json.dumps({"queues": queues, "job": nine}))
    ninja = (f"build j{i}: r {' '.join(f'j{n}' for n in needs(i))}\n" for i in range(count))
    (folder / "build.ninja").write_text("".join(["rule r\n  command = echo $out\n", *ninja]))
    make = (f"j{i}: {' '.join(f'j{n}' for n in needs(i))}\n\techo {i}\n" for i in range(count))
    everything = " ".join(f"j{i}" for i in range(count))
    (folder / "Makefile").write_text("".join([f"all: {everything}\n", *make]))


def one(folder: Path, name: str) -> _common.Sample:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(
        COMMANDS[name],
        cwd=folder,
        env=_common.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    taken = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "seconds": taken,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
    }


def measured(count: int, repeat: int) -> list[dict[str, Any]]:
    present = [name for name, command in COMMANDS.items() if shutil.which(command[0])]
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        write_all(folder, count)
        samples = _common.turns(present, repeat, partial(one, folder))
    return [
        {
            "name": name,
            "n": count,
            "seconds": _common.median(s["seconds"] for s in taken),
            "cpu": _common.median(s["cpu"] for s in taken),
            "samples": taken,
        }
        for name, taken in samples.items()
    ]


def report(results: list[dict[str, Any]]) -> str:
    rows = [[r["name"], f"{r['n']:,}", f"{r['seconds']:.2f}", f"{r['cpu']:.2f}"] for r in results]
    return _common.table(["whole process", "jobs", "seconds", "CPU seconds"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="1,000 jobs, once; writes nothing")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    sizes = [1_000] if options.quick else [1_000, 10_000, 100_000]
    repeat = 1 if options.quick else options.repeat
    results = [result for size in sizes for result in measured(size, repeat)]
    print(report(results))
    if not options.quick:
        _common.write("plan", {"results": results}, ["tomli"])


if __name__ == "__main__":
    main()
