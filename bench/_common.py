"""What every benchmark needs: medians, growth, facts about the machine, JSON, a table."""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def median(samples: Iterable[float]) -> float:
    return statistics.median(samples)


def growth(sizes: Sequence[float], times: Sequence[float]) -> float:
    """The exponent k of the best fit time = c * size^k; not a number below two points."""
    if len(sizes) < 2:
        return math.nan
    logs = [math.log(n) for n in sizes], [math.log(t) for t in times]
    return statistics.linear_regression(*logs).slope


def machine() -> dict[str, Any]:
    """What the figures depend on, without names of hosts or paths."""
    cpu = next(_values("/proc/cpuinfo", "model name"), platform.machine())
    memory = next(_values("/proc/meminfo", "MemTotal"), "unknown")
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1,
        "cpu": cpu,
        "memory": memory,
        "system": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Installed versions; packages that are missing are left out."""
    found = {}
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
