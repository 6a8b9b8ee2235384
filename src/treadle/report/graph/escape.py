"""Text that stays text inside of markup, and numbers as markup has them."""

from __future__ import annotations

from html import escape

from treadle.report.text import safe


def content(text: str) -> str:
    """Return a text to stand between tags, of HTML or XML, on one line."""
    return escape(safe(text), quote=True)


attribute = content
"""A text to stand between quotes: both kinds are written out, so it is the same."""


def block(text: str) -> str:
    """Return a text of several lines to stand between tags."""
    return "\n".join(content(line) for line in text.rstrip("\n").split("\n"))


def decimal(number: float) -> str:
    """Return a number with at most one decimal place."""
    return f"{number:.1f}".removesuffix(".0").replace("-0", "0") if number else "0"
