"""The name that was probably meant, among many, in a bounded time."""

from __future__ import annotations

from heapq import nlargest
from itertools import islice, takewhile
from operator import eq
from typing import TYPE_CHECKING

from treadle.workflow.limits import MAX_CANDIDATES

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAX_LENGTH = 100
_MAX_COMPARED = 50


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate most like `name`; None if none is much like it.

    `difflib` takes time with the product of both lengths, for each candidate. So it
    judges only those that begin and end most as the name does: a slip of
    the finger leaves most of a name as it is.
    """
    from difflib import get_close_matches  # noqa: PLC0415 -- needed only to report a mistake

    few = list(islice(candidates, MAX_CANDIDATES))
    if len(name) > _MAX_LENGTH:
        return None
    if len(few) > _MAX_COMPARED or max(map(len, few), default=0) > _MAX_LENGTH:
        least, most = 3 * len(name) / 7, 7 * len(name) / 3  # no others can be alike enough
        few = [other for other in few if least <= len(other) <= most]
        few = nlargest(_MAX_COMPARED, few, key=lambda other: _common_ends(name, other))
    close = get_close_matches(name, few, n=1, cutoff=0.6)
    close = close or [other for other in few if other.casefold() == name.casefold()][:1]
    return close[0] if close else None


def _common_ends(one: str, other: str) -> int:
    """Return how many characters at the beginning and at the end are the same."""
    left = takewhile(bool, map(eq, one, other))
    right = takewhile(bool, map(eq, reversed(one), reversed(other)))
    return sum(1 for _ in left) + sum(1 for _ in right)
