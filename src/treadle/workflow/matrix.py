"""One job for each combination: the names, and ``${{ matrix.x }}`` in the words."""

from __future__ import annotations

import re
import shlex
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from treadle.workflow.words import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Value: TypeAlias = str | int | float | bool
Row: TypeAlias = dict[str, str]

_PLACE = re.compile(r"\$\{\{\s*(.*?)\s*\}\}", re.DOTALL)


def text_of(value: Value) -> str:
    """Return a value as it appears in names and commands; booleans as the file spells them."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def rows(matrix: Mapping[str, list[Value]]) -> list[Row]:
    """Return the combinations, the last value changing fastest."""
    lists = [[text_of(value) for value in values] for values in matrix.values()]
    return [dict(zip(matrix, row, strict=True)) for row in product(*lists)]


def size(matrix: Mapping[str, list[Value]]) -> int:
    """Return how many combinations there are, without making them."""
    number = 1
    for values in matrix.values():
        number *= len(values)
    return number


def job_name(base: str, row: Row) -> str:
    """Return ``base[x,y]``, the values in the order of the matrix."""
    return f"{base}[{','.join(row.values())}]"


def fill(text: str, row: Row, complain: Callable[[str], None], *, quoted: bool = False) -> str:
    """Put the values of a row in the place of each ``${{ matrix.x }}``.

    In a command line (`quoted`) each value is quoted, so that it stays one word.
    """
    if "${{" not in text:
        return text

    def replace(place: re.Match[str]) -> str:
        kind, _, key = place[1].partition(".")
        if kind == "matrix" and key in row:
            return shlex.quote(row[key]) if quoted else row[key]
        complain(_unknown(place[0], kind, key, row))
        return place[0]

    return _PLACE.sub(replace, text)


def _unknown(whole: str, kind: str, key: str, row: Row) -> str:
    if kind != "matrix":
        return f"uses {whole!r}, which has no meaning; there is only '${{{{ matrix.NAME }}}}'"
    if not row:
        return f"uses {whole!r}, but has no matrix"
    return f"uses {whole!r}, but its matrix has no {key!r}{nearest(key, row)}"
