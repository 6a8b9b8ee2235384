"""Sizes as people write them: 512M, 2G; a K is 1024 bytes."""

from __future__ import annotations

_UNITS = "KMGT"
# So many digits that none is above 100 P, which fits wherever the system takes a size.
_LARGE = "[1-9][0-9]{0,10}M|[1-9][0-9]{0,7}G|[1-9][0-9]{0,4}T"

MAX_BYTES = 10**17
END = r"$(?!\n)"
"""The end of a text for a pattern: a `$` alone may be before a last newline."""
MEMORY = f"^({_LARGE})(iB)?{END}"
"""Pattern of a text that says how much memory: no less than 1M."""
CAPACITY = f"^(cpus|memory|({_LARGE})(iB)?){END}"
"""Pattern of a text that says how many tokens a queue has."""
OUTPUT = f"^(none|([1-9][0-9]{{0,13}}K|{_LARGE})(iB)?){END}"
"""Pattern of a text that says how much output."""


def bytes_of(size: int | str) -> int:
    """Return the bytes of a size: a number, or a text that fits one of the patterns."""
    if isinstance(size, int):
        return size
    number = size.removesuffix("iB")
    return int(number[:-1]) << 10 * (1 + _UNITS.index(number[-1]))
