"""The graph of the jobs: circles, what a job needs, and pictures for other tools."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from treadle.dag import DAG

Needs = Mapping[str, Sequence[str]]


def find_cycle(needs: Needs) -> list[str]:
    """Return names that need each other in a circle, the first one again at the end; or nothing.

    A depth-first search without recursion: a chain may be a million jobs long.
    """
    done: set[str] = set()
    for start in needs:
        if start in done:
            continue
        trail: dict[str, Iterator[str]] = {start: iter(needs[start])}
        while trail:
            name = next(reversed(trail))
            for need in trail[name]:
                if need in trail:
                    names = list(trail)
                    return [*names[names.index(need) :], need]
                if need not in done:
                    trail[need] = iter(needs.get(need, ()))
                    break
            else:
                done.add(name)
                del trail[name]
    return []


def with_needs(needs: Needs, wanted: Iterable[str]) -> set[str]:
    """Return the wanted names and all that they need, directly or not."""
    found = set(wanted)
    left = list(found)
    while left:
        fresh = [need for need in needs[left.pop()] if need not in found]
        found.update(fresh)
        left += fresh
    return found


def dependents(needs: Needs) -> dict[str, list[str]]:
    """Return for each name those that need it."""
    found: dict[str, list[str]] = {name: [] for name in needs}
    for name, before in needs.items():
        for need in before:
            found[need].append(name)
    return found


def in_order(needs: Needs) -> list[str]:
    """Return the names so that each comes after its needs, otherwise in their own order."""
    done: dict[str, None] = {}
    for start in needs:
        trail = {} if start in done else {start: iter(needs[start])}
        while trail:
            name = next(reversed(trail))
            ahead = next((n for n in trail[name] if n not in done), None)
            if ahead is None:
                done[name] = None
                del trail[name]
            else:
                trail[ahead] = iter(needs[ahead])
    return list(done)


def build_dag(needs: Needs) -> DAG:
    """Return the graph of jobs whose needs are all among them."""
    from treadle.dag import DAG  # noqa: PLC0415 -- checking a file needs no graph

    dag = DAG()
    for name, predecessors in needs.items():
        dag.update_vertex(name, predecessors=predecessors, enable_checks=False)
    dag.check()
    return dag
