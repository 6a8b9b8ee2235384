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
_MAX_END = 40
_MAX_WORK = 20_000  # pairs of characters: 2 ms


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
    most = min(_MAX_COMPARED, max(5, _MAX_WORK // max(1, len(name)) ** 2))
    # Those that differ more in length cannot be alike enough.
    near = [c for c in few if 3 * len(name) <= 7 * len(c) and 3 * len(c) <= 7 * len(name)]
    near = nlargest(most, near, key=lambda other: _common_ends(name, other))
    close = get_close_matches(name, near, n=1, cutoff=0.6)
    close = close or [other for other in few if other.casefold() == name.casefold()][:1]
    return close[0] if close else None


def _common_ends(one: str, other: str) -> int:
    """Return how many characters at the beginning and at the end are the same."""
    left = takewhile(bool, map(eq, one[:_MAX_END], other))
    right = takewhile(bool, map(eq, one[: -_MAX_END - 1 : -1], reversed(other)))
    return sum(1 for _ in left) + sum(1 for _ in right)
