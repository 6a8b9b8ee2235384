"""What jobs declare to read and to write, where they do not say in which order.

This stops no run: what is declared may be more than what is done. `treadle check` tells it, and
``--strict`` takes it for a mistake.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, TypeAlias

from treadle.workflow.graph import in_order
from treadle.workflow.limits import MAX_SHOWN, MAX_UNORDERED
from treadle.workflow.makers import Makers, Output, whole
from treadle.workflow.plan import Plan

_MEMORY = 1 << 26
"""Bytes that the search for what jobs need takes at a time."""

_Pair: TypeAlias = tuple[str, str]


class _Claim(NamedTuple):
    """A job names a path, and others that it does not need by name make something there."""

    job: str
    said: str
    path: str
    outputs: list[Output]


def doubts(plan: Plan) -> list[str]:
    """Say all that declared paths give reason to doubt.

    Returns:
        messages, as many as of mistakes are shown; none if all is well.
    """
    if not any(job.outputs for job in plan.jobs.values()):
        return []
    makers = Makers(plan.jobs)
    return _few(plan, [*_read_unneeded(plan, makers), *_made_unordered(plan, makers)])


def undeclared_needs(plan: Plan) -> list[str]:
    """Say which jobs read what another one makes, where neither needs the other.

    Files, folders and patterns are compared as they are declared. It takes time in proportion
    to them; with very many in one folder the search ends early, see `limits`.
    """
    return _few(plan, _read_unneeded(plan, Makers(plan.jobs)))


def unordered_outputs(plan: Plan) -> list[str]:
    """Say which jobs make something in one place, where neither needs the other.

    A job may well write into a folder that another one makes, if it needs that one.
    """
    return _few(plan, _made_unordered(plan, Makers(plan.jobs)))


def _few(plan: Plan, found: Iterable[str]) -> list[str]:
    messages = iter(found)
    shown = list(islice(messages, MAX_SHOWN))
    if any(True for _ in messages):
        shown.append(f"{plan.label}: … and more of this kind")
    return shown


def _read_unneeded(plan: Plan, makers: Makers) -> Iterator[str]:
    claims = list(_claims(plan, makers, "inputs"))
    unordered = _unordered(plan, claims)
    for claim in claims:
        if theirs := [one for one in claim.outputs if (claim.job, one.job) in unordered]:
            yield _about_reading(plan, claim, theirs)


def _made_unordered(plan: Plan, makers: Makers) -> Iterator[str]:
    claims = list(_claims(plan, makers, "outputs"))
    unordered = _unordered(plan, claims)
    told: set[frozenset[str]] = set()
    for claim in claims:
        for one in claim.outputs:
            both = frozenset((claim.job, one.job))
            if (claim.job, one.job) in unordered and both not in told:
                told.add(both)
                yield (
                    f"{plan.label}: job {claim.job!r} makes {claim.said!r}, where job {one.job!r} "
                    f"makes {one.said!r}, and neither needs the other; say which is first"
                )


def _claims(plan: Plan, makers: Makers, word: str) -> Iterator[_Claim]:
    left = MAX_UNORDERED
    for job in plan.jobs.values():
        for said in getattr(job, word):
            path = whole(job, said)
            found = [one for one in makers.of(path) if one.job != job.name]
            if found and job.needs:
                needs = job.needs if len(found) == 1 else set(job.needs)
                found = [one for one in found if one.job not in needs]
            left -= len(found)
            if found and left > 0:
                yield _Claim(job.name, said, path, found)


# -- the order -----------------------------------------------------------------------------


def _unordered(plan: Plan, claims: Sequence[_Claim]) -> set[_Pair]:
    """Return the pairs of jobs in claims of which neither needs the other, even indirectly."""
    pairs = {(claim.job, one.job) for claim in claims for one in claim.outputs}
    if not pairs:
        return pairs
    order = in_order({job.name: job.needs for job in plan.jobs.values()})
    pairs -= _needed(plan, order, pairs)
    reverse = {(maker, reader) for reader, maker in pairs}
    return {(reader, maker) for maker, reader in reverse - _needed(plan, order, reverse)}


def _needed(plan: Plan, order: Sequence[str], pairs: set[_Pair]) -> set[_Pair]:
    """Return the pairs of which the first needs the second, directly or through others.

    Each wanted job is a bit, and each job has the bits of all that it needs: one walk through
    the graph answers for thousands of jobs at once.
    """
    wanted: dict[str, list[str]] = {}
    for job, need in pairs:
        wanted.setdefault(need, []).append(job)
    found: set[_Pair] = set()
    for part in _parts(list(wanted), max(64, 8 * _MEMORY // len(order))):
        bits = {name: 1 << index for index, name in enumerate(part)}
        reached: dict[str, int] = {}
        for name in order:
            all_of_it = 0
            for need in plan.jobs[name].needs:
                all_of_it |= reached[need] | bits.get(need, 0)
            reached[name] = all_of_it
        found |= {(job, need) for need in part for job in wanted[need] if reached[job] & bits[need]}
    return found


def _parts(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for begin in range(0, len(names), size):
        yield names[begin : begin + size]


# -- what is said of it --------------------------------------------------------------------


def _about_reading(plan: Plan, claim: _Claim, outputs: Sequence[Output]) -> str:
    first, makers = outputs[0], list(dict.fromkeys(one.job for one in outputs))
    if first.path == claim.path:
        what = f"which job {first.job!r} makes"
    else:
        what = f"where job {first.job!r} makes {first.said!r}"
    if len(makers) > 1:
        what += f" (and {len(makers) - 1} more jobs)"
    names = [json.dumps(name, ensure_ascii=False) for name in _shortest(plan, makers)]
    advice = ", ".join([*names[:3], *["…"] * (len(names) > 3)])
    return (
        f"{plan.label}: job {claim.job!r} reads {claim.said!r}, {what}, and does not need it; "
        f"add needs = [{advice}]"
    )


def _shortest(plan: Plan, names: Sequence[str]) -> list[str]:
    """Name a whole matrix by its own name."""
    known = set(names)
    found: dict[str, None] = {}
    for name in names:
        family = plan.jobs[name].family
        members = plan.families.get(family, ())
        found[family if len(members) > 1 and known.issuperset(members) else name] = None
    return list(found)
