"""How wide a text is drawn, without a font at hand.

The advances of Arial in thousandths of its size, which Helvetica and Liberation Sans share.
A picture asks for these fonts first. Where none is there, the attribute `textLength` fits
what is drawn into the same width.
"""

from __future__ import annotations

import unicodedata

_FIRST = 32
_REGULAR = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)  # fmt: skip
_BOLD = (
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611,
    975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556,
    333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611,
    611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
)  # fmt: skip
_WIDE, _OTHER, _DOTS = 1000, 600, 1000


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a line of text, in the unit of `size`, the size of its letters."""
    table = _BOLD if bold else _REGULAR
    return sum(_advance(char, table) for char in text) * size / 1000


def _advance(char: str, table: tuple[int, ...]) -> int:
    at = ord(char) - _FIRST
    if 0 <= at < len(table):
        return table[at]
    if unicodedata.combining(char):
        return 0
    if char == "…" or unicodedata.east_asian_width(char) in "WF":
        return _WIDE
    return _OTHER


def fitting(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """Return a text cut to a width, with ``…`` at its end if it was."""
    if text_width(text, size, bold=bold) <= room:
        return text
    table = _BOLD if bold else _REGULAR
    left = room * 1000 / size - _DOTS
    kept = 0
    for char in text:
        left -= _advance(char, table)
        if left < 0:
            break
        kept += 1
    return f"{text[:kept].rstrip()}…"
