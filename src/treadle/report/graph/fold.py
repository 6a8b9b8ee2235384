"""Matrices as single nodes, where that leaves a graph without circles."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from treadle.workflow.graph import find_cycle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from treadle.workflow import Plan


def folded(plan: Plan, chosen: Sequence[str]) -> dict[str, str]:
    """Return for each chosen job the name of the node that stands for it.

    Jobs of one matrix share a node. Where two matrices need each other's jobs (`a[1]` before
    `b[1]` before `a[2]`), one node for each would make a circle: these are drawn job by job.
    """
    counts = Counter(plan.jobs[name].family for name in chosen)
    whole = {
        family
        for family, count in counts.items()
        if count > 1 and family in plan.families and family not in plan.jobs
    }
    while True:
        places = {name: _place(plan, name, whole) for name in chosen}
        circle = find_cycle(_needs(plan, places))
        if not circle:
            return places
        whole.difference_update(circle)


def _place(plan: Plan, name: str, whole: set[str]) -> str:
    family = plan.jobs[name].family
    return family if family in whole else name


def _needs(plan: Plan, places: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {place: {} for place in places.values()}
    for name, place in places.items():
        for need in plan.jobs[name].needs:
            other = places.get(need, place)
            if other != place:
                found[place][other] = None
    return {place: list(needs) for place, needs in found.items()}
