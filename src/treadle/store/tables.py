"""The tables, the statements on them, and the checks of rows and tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Any, TypeAlias
from zlib import crc32

from treadle.errors import StoreError

LIMIT = 128 << 20
"""Bytes that a row may have."""

WORD = 0xFFFFFFFF
SPREAD = 2654435761  # odd: ids that differ by less than 2**32 begin with different checks

_json = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))
# What `encode` makes anew each time, where Python has it in C: a third of what a fact takes.
_make = getattr(json.encoder, "c_make_encoder", None)
_pieces: Callable[[Any, int], Iterable[str]] = (
    _make(None, _json.default, json.encoder.encode_basestring, None, ":", ",", False, False, True)
    if _make is not None
    else lambda value, _: _json.iterencode(value)
)


Row: TypeAlias = tuple[int, bytes, int]
"""Id, body, check."""


class Table(IntEnum):
    """The tables; the numbers are part of the format."""

    SESSION = 1
    FINISH = 2
    JOB = 3
    STARTED = 4
    ENDED = 5
    GIVEN = 6
    PRODUCT = 7
    LEARNED = 8
    FILE = 9
    TALLY = 15


FACTS = (Table.STARTED, Table.ENDED, Table.GIVEN)
"""What is tallied for each session by itself."""

NAMES = {table: table.name.lower() for table in Table}
# The names are those above, nobody's input.
PUT = {
    t: f"INSERT {'' if t in FACTS else 'OR REPLACE'} INTO {n} VALUES (?, ?, ?)"  # noqa: S608 -- above
    for t, n in NAMES.items()
}
DROP = {t: f"DELETE FROM {name} WHERE id = ?" for t, name in NAMES.items()}  # noqa: S608 -- above
CUT = {t: f"DELETE FROM {n} WHERE id BETWEEN ? AND ?" for t, n in NAMES.items()}  # noqa: S608 -- above
ONE = {t: f"SELECT id, body, chk FROM {n} WHERE id = ?" for t, n in NAMES.items()}  # noqa: S608 -- above
ALL = {t: f"SELECT id, body, chk FROM {n} ORDER BY id" for t, n in NAMES.items()}  # noqa: S608 -- above
CHECKS = {t: f"SELECT id, chk FROM {n}" for t, n in NAMES.items()}  # noqa: S608 -- above
NEXT = {t: f"SELECT min(id) FROM {n} WHERE id >= ?" for t, n in NAMES.items()}  # noqa: S608 -- above
RANGE = {
    t: f"SELECT id, body, chk FROM {n} WHERE id BETWEEN ? AND ? ORDER BY id"  # noqa: S608 -- above
    for t, n in NAMES.items()
}


def pack(value: Any) -> bytes:
    """Return the body of a row.

    Raises:
        StoreError: it is too large.
    """
    body = "".join(_pieces(value, 0)).encode("utf-8", "surrogatepass")
    if len(body) > LIMIT:
        raise StoreError(f"{len(body)} bytes in one piece are too many to be kept; at most {LIMIT}")
    return body


def check(table: int, number: int, body: bytes) -> int:
    """Return the check of a row."""
    return crc32(body, (number * SPREAD + table) & WORD)


class Tally:
    """How many rows there are, and the sum of their checks.

    Attributes:
        first: of facts, the first id; of other tables, the next one to give.
        rows: their number.
        total: the sum of their checks.
    """

    __slots__ = ("first", "rows", "total")

    def __init__(self, first: int, rows: int = 0, total: int = 0) -> None:
        self.first = first
        self.rows = rows
        self.total = total

    @staticmethod
    def key(table: Table, session: int = 0) -> int:
        """Return the id of its row."""
        return session << 4 | table
