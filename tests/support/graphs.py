"""Plans without a file: the names that no file may have are there, too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from treadle.workflow import Plan, PlannedJob


def planned(name: str, needs: Sequence[str] = (), **more: Any) -> PlannedJob:
    settings: dict[str, Any] = {
        "family": name,
        "argv": ("true",),
        "queue": "default",
        "tokens": 1,
        "priority": 0.0,
        "timeout": 60.0,
        "grace": 1.0,
        "env": {},
        "cwd": Path(),
        "description": "",
    }
    return PlannedJob(name=name, needs=tuple(needs), **(settings | more))


def plan_of(
    *jobs: PlannedJob, queues: Mapping[str, int | str] | None = None, label: str = "treadle.toml"
) -> Plan:
    families: dict[str, list[str]] = {}
    for job in jobs:
        if job.family != job.name:
            families.setdefault(job.family, []).append(job.name)
    return Plan(
        jobs={job.name: job for job in jobs},
        families=families,
        queues=dict(queues or {}),
        folder=Path(),
        label=label,
    )
