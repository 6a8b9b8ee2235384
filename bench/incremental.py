"""How long does it take to see that there is nothing to do? Whole processes, from fork to end.

Files are copied, one by each job, with `treadle run`, `ninja` and `make`, each in a folder of its
own; then the same command again: when nothing has changed, when one file has, and with treadle
also when what it keeps for that (its seals) is gone. The candidates take turns; a ratio is that
of two samples of the same round.

    python bench/incremental.py [--quick] [--repeat N] [--jobs N]
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import _common

COMMANDS = {
    "ninja": ["ninja", "-j2"],
    "make": ["make", "-r", "-s", "-j2"],
    "treadle": [sys.executable, "-m", "treadle", "run", "-j2"],
}
BASE = "ninja"
SEALS = ".treadle/seals"
QUESTIONS = {
    "nothing changed": list(COMMANDS),
    "one file changed": list(COMMANDS),
    "no seals": ["ninja", "treadle"],
}


def write_all(folder: Path, count: int) -> None:
    """Write the same graph for each of the tools."""
    for name in ("src", "out"):
        (folder / name).mkdir(parents=True)
    for i in range(count):
        (folder / f"src/{i}").write_text(f"source {i}\n")
    (folder / "build.ninja").write_text(
        "rule cp\n command = cp $in $out\n"
        + "".join(f"build out/{i}: cp src/{i}\n" for i in range(count))
    )
    every = " ".join(f"out/{i}" for i in range(count))
    (folder / "Makefile").write_text(
        f"all: {every}\n" + "".join(f"out/{i}: src/{i}\n\tcp $< $@\n" for i in range(count))
    )
    (folder / "treadle.toml").write_text(
        "".join(
            f'[job.j{i}]\nrun = ["cp", "src/{i}", "out/{i}"]\n'
            f'inputs = ["src/{i}"]\noutputs = ["out/{i}"]\n'
            for i in range(count)
        )
    )


def timed(folder: Path, tool: str) -> _common.Sample:
    start = time.perf_counter()
    subprocess.run(
        COMMANDS[tool],
        cwd=folder / tool,
        env=_common.environment(),
        check=True,
        stdout=subprocess.DEVNULL,
    )  # with a time limit Python would look for the end each 50 ms only
    return {"seconds": time.perf_counter() - start}


def one(folder: Path, question: str, tool: str) -> _common.Sample:
    """Bring about what the question asks for, and run the tool."""
    if question == "one file changed":
        (folder / tool / "src/0").write_text(f"source {time.time_ns()}\n")
    if question == "no seals":
        (folder / tool / SEALS).unlink(missing_ok=True)
    found = timed(folder, tool)
    if question != "nothing changed":
        timed(folder, tool)  # the next question begins where nothing has changed
    return found


def ask(folder: Path, question: str, repeat: int) -> list[dict[str, Any]]:
    tools = QUESTIONS[question]
    samples = _common.turns(tools, repeat, partial(one, folder, question))
    base = [s["seconds"] for s in samples[BASE]]
    return [
        {
            "question": question,
            "name": tool,
            "ms": _common.median(s["seconds"] for s in taken) * 1e3,
            f"of {BASE}": _common.ratios([s["seconds"] for s in taken], base),
            "samples": taken,
        }
        for tool, taken in samples.items()
    ]


def builds(folder: Path) -> list[dict[str, Any]]:
    """Build all with each tool, and look again at once: files are young then."""
    found = []
    for tool in COMMANDS:
        seconds = timed(folder, tool)["seconds"]
        found.append(
            {
                "name": tool,
                "build ms": seconds * 1e3,
                "first look ms": timed(folder, tool)["seconds"] * 1e3,
            }
        )
    return found


def report(results: list[dict[str, Any]], made: list[dict[str, Any]]) -> str:
    rows = []
    for r in results:
        ratio = r[f"of {BASE}"]
        span = f"({ratio['least']:.1f}-{ratio['greatest']:.1f})"
        rows.append([f"{r['question']}, {r['name']}", f"{r['ms']:.0f}", f"{ratio['median']:.2f}",
                     span])  # fmt: skip
    first = [[m["name"], f"{m['build ms']:.0f}", f"{m['first look ms']:.0f}"] for m in made]
    return "\n\n".join(
        [
            _common.table(["whole process", "ms", f"of {BASE}", "(least-greatest)"], rows),
            _common.table(["from nothing", "build, ms", "again at once, ms"], first),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="few jobs, once; writes nothing")
    parser.add_argument("--repeat", type=int, default=9)
    parser.add_argument("--jobs", type=int, default=10_000)
    options = parser.parse_args()
    count, repeat = (600, 1) if options.quick else (options.jobs, options.repeat)
    if missing := [name for name in ("ninja", "make") if not shutil.which(name)]:
        sys.exit(f"needs {' and '.join(missing)}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for tool in COMMANDS:
            write_all(folder / tool, count)
        made = builds(folder)
        results = [r for question in QUESTIONS for r in ask(folder, question, repeat)]
    print(report(results, made))
    if not options.quick:
        facts = {"jobs": count, "builds": made, "results": results}
        _common.write("incremental", facts, ["ninja"])


if __name__ == "__main__":
    main()
