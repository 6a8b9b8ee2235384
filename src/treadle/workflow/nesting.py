"""Find what would cost a parser too much, before it sees the text.

`tomli` takes quadratic time and memory for a key of many parts, 120 bytes for each
digit of a number, and recursion for each bracket. So brackets, parts and characters
are counted first, in one pass over TOML or JSON by a regular expression. Where it
understands nothing more, a parser does not either, and tells that better.
"""

from __future__ import annotations

import re

from treadle.workflow.limits import MAX_DEPTH, MAX_TOKEN
from treadle.workflow.locate import STRING

_WORD = r"[A-Za-z0-9_+-]"
_PART = rf"(?>{STRING}|{_WORD}++)"
_MORE_PARTS = rf"(?:[ \t]*+\.[ \t]*+{_PART})"
_PASSED = rf"(?:{STRING}|{_WORD}{{1,{MAX_TOKEN}}}+(?!{_WORD}))(?!{_MORE_PARTS}{{{MAX_DEPTH}}})"
_TO_BRACKET = re.compile(
    rf"(?:{_PASSED}|[^A-Za-z0-9_+\[\]{{}}\"'#-]++|#[^\n]*+)*+([\[\]{{}}])?", re.DOTALL
)
_LONG = re.compile(rf"{_WORD}{{{MAX_TOKEN + 1}}}{_WORD}*+")
_MANY = re.compile(rf"{_PART}{_MORE_PARTS}{{{MAX_DEPTH}}}", re.DOTALL)


def excess(text: str) -> tuple[int, str] | None:
    """Return where a text goes over a limit of its form, and what is wrong; None if it does not."""
    at = depth = 0
    while True:
        match = _TO_BRACKET.match(text, at)
        at = match.end() if match else at
        if match is None or match[1] is None:
            return _word_at(text, at)
        depth += 1 if match[1] in "[{" else -1
        if depth > MAX_DEPTH:
            return at - 1, _too_deep("tables and lists")


def _word_at(text: str, at: int) -> tuple[int, str] | None:
    if long := _LONG.match(text, at):
        return at, f"a word of {len(long[0])} characters; the limit is {MAX_TOKEN}"
    if _MANY.match(text, at):
        return at, _too_deep("a key of many parts")
    return None


def _too_deep(what: str) -> str:
    return f"is nested too deeply: {what}; the limit is {MAX_DEPTH} levels"
