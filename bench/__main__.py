"""Run all benchmarks one after the other, then draw the charts and fill the tables.

python bench [--quick]
"""

from __future__ import annotations

import subprocess
import sys

import _common

PLAN = [
    ["decide.py"],
    ["overhead.py"],
    ["overhead.py", "--pin"],
    ["callables.py"],
    ["spawn.py"],
    ["survivors.py"],
    ["startup.py"],
    ["plan.py"],
    ["incremental.py"],
    ["store.py"],
    ["client.py"],
    ["build.py"],
]


def main() -> None:
    quick = sys.argv[1:]
    for script, *options in PLAN:
        print(f"== {script} {' '.join(options)}", flush=True)
        command = [sys.executable, str(_common.HERE / script), *options, *quick]
        subprocess.run(command, check=True, env=_common.environment())
    if not quick:
        for script in ("chart.py", "fill.py"):
            command = [sys.executable, str(_common.HERE / script)]
            subprocess.run(command, check=True, env=_common.environment())


if __name__ == "__main__":
    main()
