"""The critical path: the chain of jobs that a run could not have been shorter than."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CriticalPath:
    """The longest chain of jobs that need each other, by their seconds."""

    duration: float
    jobs: tuple[str, ...]


def critical_path(
    needs: Mapping[str, Sequence[str]], seconds: Mapping[str, float]
) -> CriticalPath | None:
    """Return the longest path, by a sweep in topological order (Kelley and Walker 1959).

    Args:
        needs: for each job those that it needs.
        seconds: how long jobs took, in the order in which they ended; jobs that are not
            in it did not run, and no path leads over them.

    Returns:
        None when nothing ran. Of equally long paths, the one of the jobs that ended first.
    """
    lengths: dict[str, float] = {}
    before: dict[str, str | None] = {}
    for name in _in_order(needs, seconds):
        ran = [need for need in needs.get(name, ()) if need in lengths]
        last = max(ran, key=lengths.__getitem__, default=None)
        before[name] = last
        lengths[name] = seconds[name] + (lengths[last] if last is not None else 0.0)
    if not lengths:
        return None
    end = max(lengths, key=lengths.__getitem__)
    return CriticalPath(lengths[end], _back(end, before))


def _back(end: str, before: Mapping[str, str | None]) -> tuple[str, ...]:
    path, name = [], before[end]
    path.append(end)
    while name is not None:
        path.append(name)
        name = before[name]
    return tuple(reversed(path))


def _in_order(needs: Mapping[str, Sequence[str]], seconds: Mapping[str, float]) -> Sequence[str]:
    """Return the jobs that ran, each behind its needs.

    The order of their ends is such an order, unless the facts of two came in one go.
    """
    seen: set[str] = set()
    for name in seconds:
        if any(need in seconds and need not in seen for need in needs.get(name, ())):
            break
        seen.add(name)
    else:
        return list(seconds)
    from treadle.workflow.graph import in_order  # noqa: PLC0415 -- hardly ever wanted

    inner = {n: [need for need in needs.get(n, ()) if need in seconds] for n in seconds}
    return in_order(inner)
