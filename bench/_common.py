"""What every benchmark needs: medians, growth, facts about the machine, JSON, a table."""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "results"
SOURCE = HERE.parent / "src"
sys.path.insert(0, str(SOURCE))  # what is measured is this checkout, installed or not

PATIENCE = 600.0  # seconds for one sample: what takes longer hangs

# With it, modules are compiled at each start, which no installed program does.
_IN_THE_WAY = {"PYTHONDONTWRITEBYTECODE"}

Sample = dict[str, float]


def median(samples: Iterable[float]) -> float:
    return statistics.median(samples)


def growth(sizes: Sequence[float], times: Sequence[float]) -> float:
    """The exponent k of the best fit time = c * size^k; not a number below two points."""
    if len(sizes) < 2:
        return math.nan
    logs = [math.log(n) for n in sizes], [math.log(t) for t in times]
    return statistics.linear_regression(*logs).slope


def ratios(samples: Sequence[float], base: Sequence[float]) -> dict[str, float]:
    """Each sample by the one of the same round, which was taken in the same weather."""
    pairs = [a / b for a, b in zip(samples, base, strict=False)]
    return {"median": median(pairs), "least": min(pairs), "greatest": max(pairs)}


def environment() -> dict[str, str]:
    """For fresh processes: this checkout's treadle, and the same hashes in each."""
    path = os.pathsep.join([str(SOURCE), str(HERE)])
    kept = {name: value for name, value in os.environ.items() if name not in _IN_THE_WAY}
    return {**kept, "PYTHONPATH": path, "PYTHONHASHSEED": "0"}


def fresh(script: str, *arguments: object) -> Sample:
    """Run a script in a fresh process; it prints its sample as JSON."""
    done = subprocess.run(
        [sys.executable, script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        timeout=PATIENCE,
        env=environment(),
    )
    # Libraries may print too; the sample comes last.
    sample: Sample = json.loads(done.stdout.splitlines()[-1])
    return sample


def turns(
    names: Iterable[str], repeat: int, sample: Callable[[str], Sample]
) -> dict[str, list[Sample]]:
    """One sample of each, and again: what disturbs the machine disturbs all alike."""
    names = list(names)
    found: dict[str, list[Sample]] = {name: [] for name in names}
    for _ in range(repeat):
        for name in names:
            found[name].append(sample(name))
    return found


def pin() -> None:
    """Keep this process, and what it starts, on one processor."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def resident() -> int:
    """Bytes of the resident set."""
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def forget_peak() -> None:
    """Let `peak` begin anew at what is resident now."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak() -> int:
    """Bytes of the resident set, when it was largest."""
    return int(next(_values("/proc/self/status", "VmHWM")).split()[0]) * 1024


def machine() -> dict[str, Any]:
    """What the figures depend on, without names of hosts or paths."""
    cpu = next(_values("/proc/cpuinfo", "model name"), platform.machine())
    memory = next(_values("/proc/meminfo", "MemTotal"), "unknown")
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1,
        "cpu": cpu,
        "memory": memory,
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Installed versions; packages that are missing are left out."""
    import treadle

    found = {"treadle": treadle.__version__}
    for name in packages:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def write(name: str, results: Mapping[str, Any], packages: Iterable[str] = ()) -> Path:
    """Write `bench/results/NAME.json`: the results, and where and with what they were measured."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    facts = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        # Of the last minute: what else ran shows here, beside what was measured.
        "load": os.getloadavg()[0],
        "versions": versions(packages),
    }
    path.write_text(json.dumps({**facts, **results}, indent=1) + "\n", encoding="utf-8")
    return path


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns aligned: the first to the left, the others to the right."""
    cells = [[str(c) for c in row] for row in (header, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    )


def _values(path: str, key: str) -> Iterator[str]:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError:
        return
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            yield value.strip()
