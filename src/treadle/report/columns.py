"""Rows of text in columns, for a terminal of any width and for a pipe."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from treadle.report.terminal import Output, is_terminal, wants_colour
from treadle.report.text import cut, width

if TYPE_CHECKING:
    from collections.abc import Iterable

_GAP = 2
_LEAST = 8

Cell: TypeAlias = str | tuple[str, str]
"""A text that is safe to show, or one with its style."""

Part: TypeAlias = tuple[str, Sequence[Cell]]
"""A title, and the lines that stand beside it."""


class Column(NamedTuple):
    """A column.

    Attributes:
        title: stands above it.
        right: its texts end below each other.
        gives: it is cut where there is too little room.
    """

    title: str
    right: bool = False
    gives: bool = False


def standard_output() -> Output:
    """Return the standard output, with colour if it is wanted."""
    return Output(sys.stdout, colour=wants_colour("auto", sys.stdout, os.environ))


def room_of(out: Output) -> float:
    """Return how many columns there are; in a pipe nothing is cut."""
    return out.columns() if is_terminal(out.stream) else math.inf


def show_table(out: Output, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> None:
    """Write rows with the titles of their columns above; a column without any text is left out."""
    whole = list(rows)
    if not whole:
        return
    filled = [i for i in range(len(columns)) if any(_text(row[i]) for row in whole)]
    kept = [columns[i] for i in filled]
    cells = [[row[i] for i in filled] for row in whole]
    widths = _widths(kept, cells, room_of(out))
    out.line(_line(out, kept, [(column.title, "dim") for column in kept], widths))
    for row in cells:
        out.line(_line(out, kept, row, widths))


def show_parts(out: Output, parts: Iterable[Part], margin: int = 11) -> None:
    """Write titles, and beside each one its lines; a part without lines is left out."""
    for title, lines in parts:
        for index, line in enumerate(lines):
            first = f"{'' if index else title:{margin}}"
            out.line(f"{out.paint(first, 'dim')} {_painted(out, line)}")


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell[0]


def _painted(out: Output, cell: Cell) -> str:
    return cell if isinstance(cell, str) else out.paint(*cell)


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], room: float) -> list[int]:
    """Return how wide each column is: those that give share what is left for them."""
    widths = [
        max(width(column.title), *(width(_text(row[i])) for row in rows))
        for i, column in enumerate(columns)
    ]
    over = sum(widths) + _GAP * (len(widths) - 1) - room
    for i in sorted(range(len(widths)), key=lambda i: -widths[i]):
        if over > 0 and columns[i].gives:
            less = int(min(over, max(0, widths[i] - _LEAST)))
            widths[i] -= less
            over -= less
    return widths


def _line(
    out: Output, columns: Sequence[Column], row: Sequence[Cell], widths: Sequence[int]
) -> str:
    return (" " * _GAP).join(_cells(out, columns, row, widths)).rstrip()


def _cells(
    out: Output, columns: Sequence[Column], row: Sequence[Cell], widths: Sequence[int]
) -> Iterator[str]:
    last = len(row) - 1
    for i, (column, cell, wide) in enumerate(zip(columns, row, widths, strict=True)):
        text = cut(_text(cell), wide)
        blank = " " * max(0, wide - width(text))
        shown = text if isinstance(cell, str) else out.paint(text, cell[1])
        if column.right:
            yield blank + shown
        else:
            yield shown if i == last else shown + blank
