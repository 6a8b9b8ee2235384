r"""Find the line and the column where the keys of a TOML or JSON text stand.

The parsers of the standard library give values without positions. This scanner
runs only when a mistake is to be reported, on a text that a parser has already
accepted; so it need not check anything, only keep count. On a text that it does
not understand it stops and returns what it has: a message then names the place
of the table around the mistake, or none.

What nobody asks for is passed over by regular expressions: a mistake at the end of
the largest file is told without delay. All repetitions in them are possessive
(``*+``), so that they need no memory for each character.
"""

from __future__ import annotations

import contextlib
import json
import re
from typing import TYPE_CHECKING, NamedTuple

import tomli

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from treadle.workflow.words import Path

SHORT = r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"' + r"|'[^'\n]*+'"
"""Pattern of a string of one line."""

STRING = (
    r'"""[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*+"{3,5}' + r"|'''[^']*+(?:'(?!'')[^']*+)*+'{3,5}"
    f"|{SHORT}"
)
"""Pattern of a string of TOML or JSON; it wants `re.DOTALL`."""

_BLANK = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+")
_STRING = re.compile(STRING, re.DOTALL)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]++")
_SCALAR = re.compile(r"\d{4}-\d\d-\d\d \d[^\s,\]}#]*+|[^\s,\]}#]++")
_AROUND_DOT = re.compile(r"[ \t]*+\.[ \t]*+")
_TO_BRACKET = re.compile(rf"(?:[^\[\]{{}}\"'#]++|{STRING}|#[^\n]*+)*+[\[\]{{}}]", re.DOTALL)
_PLAIN = r"(?!\"\"\"|''')" + f"(?:{SHORT})"
# A whole value on one line, without another table or list in it.
_VALUE = rf"{_PLAIN}|[^\s\"'\[{{#][^\n\"'#]*+|[\[{{](?:[^\[\]{{}}\"'#\n]++|{_PLAIN})*+[\]}}]"
_PAIR = rf"(?:[A-Za-z0-9_.-]++|{SHORT})[ \t]*+=[ \t]*+(?:{_VALUE})"
_SIMPLE_LINES = re.compile(rf"(?:[ \t]*+(?:{_PAIR})?[ \t]*+(?:#[^\n]*+)?\r?\n)*+")


class Place(NamedTuple):
    """A line and a column, in characters; both from 1, 0 where it is not known."""

    line: int
    column: int


def places(text: str, offsets: Iterable[int]) -> dict[int, Place]:
    """Return the place of each offset, in one pass through the text."""
    found: dict[int, Place] = {}
    line, start, last = 1, 0, 0
    for at in sorted(set(offsets)):
        line += text.count("\n", last, at)
        start = max(start, text.rfind("\n", last, at) + 1)
        found[at] = Place(line, at - start + 1)
        last = at
    return found


def place_at(text: str, offset: int) -> Place:
    """Return the place of an offset."""
    return places(text, [offset])[offset]


def locate(text: str, wanted: Iterable[Path] | None = None) -> dict[Path, Place]:
    """Return where keys, tables and elements of lists stand.

    Args:
        text: one that a parser has accepted.
        wanted: the paths that are asked for; what is around them is found
            as well. None is all there are.
    """
    scanner = _Scanner(text, wanted)
    with contextlib.suppress(_Lost, RecursionError):
        scanner.scan()
    where = places(text, scanner.found.values())
    return {path: where[at] for path, at in scanner.found.items()}


class _Lost(Exception):  # noqa: N818 -- a turn of control, not an error
    pass


class _Scanner:
    def __init__(self, text: str, wanted: Iterable[Path] | None) -> None:
        self.text = text
        self.at = 0
        self.json = False
        self.wanted = None if wanted is None else set(_with_prefixes(wanted))
        self.found: dict[Path, int] = {}
        self.counts: dict[Path, int] = {}

    def scan(self) -> None:
        self.skip(_BLANK)
        if self.text.startswith("{", self.at):
            self.json = True
            self.value(())
            return
        table: Path = ()
        while self.skip(_BLANK) < len(self.text):
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)
            if not self.wants(table):
                self.skip(_SIMPLE_LINES)

    def wants(self, path: Path) -> bool:
        """Tell whether this path, or one in it, is asked for."""
        return self.wanted is None or path in self.wanted

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
            if self.wants(path[:length]):
                self.found.setdefault(path[:length], start)
        if self.wants(path):
            self.found[path] = start

    def key(self) -> Path:
        parts: list[str] = []
        while True:
            self.skip(_BLANK)
            if self.text[self.at : self.at + 1] in ("'", '"'):
                parts.append(self.unquote(self.take(_STRING)))
            else:
                parts.append(self.take(_BARE_KEY))
            before = self.at
            if self.skip(_AROUND_DOT) == before:
                return tuple(parts)

    def unquote(self, raw: str) -> str:
        return unquote_json(raw) if self.json else _unquote_toml(raw)

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
        if first in ("{", "["):
            if self.wants(path):
                self.items("}" if first == "{" else "]", path)
            else:
                self.pass_over()
        elif first in ("'", '"'):
            self.take(_STRING)
        else:
            self.take(_SCALAR)

    def items(self, end: str, path: Path) -> None:
        index = 0
        self.at += 1
        while self.text[self.skip(_BLANK) : self.at + 1] != end:
            if end == "}":
                self.pair(path)
            else:
                self.element((*path, index))
                index += 1
            self.skip(_BLANK)
            if self.text.startswith(",", self.at):
                self.at += 1
        self.at += 1

    def element(self, path: Path) -> None:
        if self.wants(path):
            self.found[path] = self.at
        self.value(path)

    def pass_over(self) -> None:
        """Go behind a table or list that nobody asks for, however deep it is."""
        depth = 0
        while True:
            opens = self.take(_TO_BRACKET)[-1] in "[{"
            depth += 1 if opens else -1
            if depth == 0:
                return


def _with_prefixes(paths: Iterable[Path]) -> Iterator[Path]:
    yield ()
    for path in paths:
        for length in range(1, len(path) + 1):
            yield path[:length]


def unquote_json(raw: str) -> str:
    """Return what a string of JSON means."""
    return str(json.loads(raw)) if "\\" in raw else raw[1:-1]


def _unquote_toml(raw: str) -> str:
    if "\\" not in raw:
        return raw[1:-1]
    try:
        return str(tomli.loads(f"k = {raw}")["k"])
    except tomli.TOMLDecodeError:
        raise _Lost from None
