"""What does a program gain that was written for e3-core and is run on treadle, unmodified?

The program is a test suite on e3-testsuite (`_suite.py`): tests that do nothing,
nine of ten pass, the others fail. It is run as it is, and as
`python -m treadle.e3 _suite.py`; each time in a fresh process, in turns, from
the fork to the end, with all that e3-testsuite does itself. The statuses of all
tests are compared.

    python bench/client.py [--quick] [--repeat N] [--sizes N,N,...]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import _common

SUITE = str(_common.HERE / "_suite.py")
COMMANDS = {"e3": [SUITE], "treadle": ["-m", "treadle.e3", SUITE]}
PACKAGES = ["e3-core", "e3-testsuite"]
LARGE = {2_500: 2, 5_000: 1}  # how often at most: e3 takes minutes


def make_tests(directory: Path, n: int) -> None:
    for i in range(n):
        test = directory / f"group-{i // 100}" / f"test-{i}"
        test.mkdir(parents=True)
        ends = "PASS" if i % 10 else "FAIL"
        (test / "test.yaml").write_text(f"title: test {i}\nends: {ends}\n", encoding="utf-8")


def one(tests: Path, statuses: dict[str, Any], name: str) -> _common.Sample:
    """One run; its statuses are put beside those of others."""
    with tempfile.TemporaryDirectory() as output:
        result = Path(output, "statuses.json")
        command = [sys.executable, *COMMANDS[name], str(tests), str(result)]
        start = time.perf_counter()
        subprocess.run(command, check=True, env=_common.environment(), **silent())
        seconds = time.perf_counter() - start
        statuses[name] = json.loads(result.read_text(encoding="utf-8"))
    return {"seconds": seconds}


def silent() -> dict[str, Any]:
    return {
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "cwd": tempfile.gettempdir(),
    }


def ask(n: int, repeat: int) -> dict[str, Any]:
    statuses: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as tests:
        make_tests(Path(tests), n)
        samples = _common.turns(COMMANDS, repeat, partial(one, Path(tests), statuses))
    taken = {name: [s["seconds"] for s in of] for name, of in samples.items()}
    return {
        "n": n,
        "seconds": {name: _common.median(times) for name, times in taken.items()},
        "e3/treadle": _common.ratios(taken["e3"], taken["treadle"]),
        "identical": statuses["e3"] == statuses["treadle"] and len(statuses["e3"]) == n,
        "samples": taken,
    }


def row(r: dict[str, Any]) -> list[str]:
    seconds = [f"{r['seconds'][name]:.2f}" for name in COMMANDS]
    same = f"all {r['n']:,} identical" if r["identical"] else "different"
    times = len(r["samples"]["e3"])
    return [f"{r['n']:,}", *seconds, f"{r['e3/treadle']['median']:.1f}", same, str(times)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="small sizes, once; writes nothing")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--sizes", default="500,1250,2500,5000")
    options = parser.parse_args()
    sizes = [50, 200] if options.quick else [int(n) for n in options.sizes.split(",")]
    results = []
    for n in sizes:
        repeat = 1 if options.quick else min(options.repeat, LARGE.get(n, options.repeat))
        results.append(ask(n, repeat))
        print(f"{n:,} tests measured", file=sys.stderr)
    header = ["tests", "e3, s", "treadle, s", "e3/treadle", "statuses", "runs"]
    print(_common.table(header, [row(r) for r in results]))
    exponents = {
        name: _common.growth([r["n"] for r in results], [r["seconds"][name] for r in results])
        for name in COMMANDS
    }
    print(_common.table(["growth", "k"], [[name, f"{k:.2f}"] for name, k in exponents.items()]))
    if not options.quick:
        _common.write("client", {"results": results, "growth": exponents}, PACKAGES)


if __name__ == "__main__":
    main()
