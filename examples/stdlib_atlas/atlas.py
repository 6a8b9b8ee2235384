"""Put the groups together: sums, modules, and who imports whom."""

from __future__ import annotations

from collections import Counter

from results import load, save
from tally import tally

inventory = load("inventory")
groups = [load(f"group/{name}") for name in sorted(set(inventory["groups"].values()))]
scans = [scan for group in groups for scan in group["scans"]]
importers: Counter[str] = Counter(name for scan in scans for name in scan["imports"])

save(
    "atlas",
    {
        "python": inventory["python"],
        "implementation": inventory["implementation"],
        "system": inventory["system"],
        "total": tally(scans),
        "groups": {group["group"]: group["total"] for group in groups},
        "modules": {
            scan["module"]: scan | {"importers": importers[scan["module"]]} for scan in scans
        },
        "importers": importers,
    },
)
total = tally(scans)
print(f"{total['modules']} modules, {total['files']} files, {total['lines']} lines")
