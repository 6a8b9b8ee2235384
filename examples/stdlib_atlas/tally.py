"""Add up the modules of one group."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

from results import load, save

NUMBERS = ("files", "lines", "code", "comments", "blank", "functions", "classes", "bytecode")


def tally(scans: list[dict[str, Any]]) -> dict[str, int]:
    """Return the sums of all numbers."""
    total: Counter[str] = Counter(modules=len(scans))
    for scan in scans:
        total.update({key: scan.get(key, 0) for key in NUMBERS})
    return dict(total)


def main() -> None:
    """Add up the group that is named on the command line."""
    (group,) = sys.argv[1:]
    groups = load("inventory")["groups"]
    scans = [load(f"scan/{name}") for name, its in groups.items() if its == group]
    total = tally(scans)
    save(f"group/{group}", {"group": group, "total": total, "scans": scans})
    print(f"{group}: {total['modules']} modules, {total['lines']} lines")


if __name__ == "__main__":
    main()
