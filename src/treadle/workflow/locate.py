r"""Find the line on which each key of a TOML or JSON text stands.

The parsers of the standard library give values without positions. This scanner
runs only when a mistake is to be reported, on a text that a parser has already
accepted; so it need not check anything, only keep count. On a text that it does
not understand it stops and returns what it has: a message then names the line
of the table around the mistake, or none.
"""

from __future__ import annotations

import contextlib
import re
import tomllib
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from treadle.workflow.words import Path

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"\d{4}-\d\d-\d\d \d[^\s,\]}#]*|[^\s,\]}#]+")
_AROUND_DOT = re.compile(r"[ \t]*\.[ \t]*")


def line_of(text: str, offset: int) -> int:
    """Return the number of the line, from 1, on which `offset` lies."""
    return text.count("\n", 0, offset) + 1


def locate(text: str) -> dict[Path, int]:
    """Return the line of every key, table and list element of a text."""
    scanner = _Scanner(text)
    with contextlib.suppress(_Lost, RecursionError):
        scanner.scan()
    starts = [m.end() for m in re.finditer("\n", text)]
    return {path: bisect_right(starts, at) + 1 for path, at in scanner.found.items()}


class _Lost(Exception):  # noqa: N818 -- a turn of control, not an error
    pass


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Path, int] = {}
        self.counts: dict[Path, int] = {}

    def scan(self) -> None:
        self.skip(_BLANK)
        if self.text.startswith("{", self.at):
            self.value(())
            return
        table: Path = ()
        while self.skip(_BLANK) < len(self.text):
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)

    def skip(self, pattern: re.Pattern[str]) -> int:
        if match := pattern.match(self.text, self.at):
            self.at = match.end()
        return self.at

    def take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None or not match[0]:
            raise _Lost
        self.at = match.end()
        return match[0]

    def header(self) -> Path:
        start = self.at
        double = self.text.startswith("[[", self.at)
        self.at += 2 if double else 1
        path = self.within_lists(self.key())
        self.at = self.text.find("]", self.at) + (2 if double else 1)
        if double:
            self.counts[path] = self.counts.get(path, -1) + 1
            self.found.setdefault(path, start)
            path = (*path, self.counts[path])
        self.remember(path, start)
        return path

    def within_lists(self, keys: Path) -> Path:
        path: Path = ()
        for key in keys[:-1]:
            path = (*path, key)
            if path in self.counts:
                path = (*path, self.counts[path])
        return (*path, keys[-1])

    def remember(self, path: Path, start: int) -> None:
        for length in range(1, len(path)):
            self.found.setdefault(path[:length], start)
        self.found[path] = start

    def key(self) -> Path:
        parts: list[str] = []
        while True:
            self.skip(_BLANK)
            if self.text[self.at : self.at + 1] in ("'", '"'):
                parts.append(_unquote(self.take(_STRING)))
            else:
                parts.append(self.take(_BARE_KEY))
            before = self.at
            if self.skip(_AROUND_DOT) == before:
                return tuple(parts)

    def pair(self, table: Path) -> None:
        start = self.at
        path = (*table, *self.key())
        self.remember(path, start)
        self.skip(_BLANK)
        if self.text[self.at : self.at + 1] not in ("=", ":"):
            raise _Lost
        self.at += 1
        self.value(path)

    def value(self, path: Path) -> None:
        self.skip(_BLANK)
        first = self.text[self.at : self.at + 1]
        if first == "{":
            self.items("}", path, None)
        elif first == "[":
            self.items("]", path, 0)
        elif first in ("'", '"'):
            self.take(_STRING)
        else:
            self.take(_SCALAR)

    def items(self, end: str, path: Path, index: int | None) -> None:
        self.at += 1
        while self.text[self.skip(_BLANK) : self.at + 1] != end:
            if index is None:
                self.pair(path)
            else:
                self.found[*path, index] = self.at
                self.value((*path, index))
                index += 1
            self.skip(_BLANK)
            if self.text.startswith(",", self.at):
                self.at += 1
        self.at += 1


def _unquote(raw: str) -> str:
    try:
        text = tomllib.loads(f"k = {raw}")["k"]
    except tomllib.TOMLDecodeError:
        raise _Lost from None
    return str(text)
