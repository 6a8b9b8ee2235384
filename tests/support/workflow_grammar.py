"""Workflow files by chance, made after the model: a word that is added to it is in here at once."""

from __future__ import annotations

import datetime as dt
import json
import math
import random
from collections.abc import Callable, Iterator
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from msgspec import Struct

from treadle.workflow.model import Document
from treadle.workflow.words import fits, known_words

TEXTS = [
    "a", "b", "link all", "a[1]", "a[two]", "lib:a", "é", "a*", "*", "?", "b?*", "-", "", " ",
    "gpu", "q", "default", "terminal", "cpus", "memory", "auto", "none", "50%", "+1", "-1", "0",
    "022", "512M", "2GiB", "10s", "1h30m", "TERM", "INT", "SIGTERM", "exit", "timeout", "failure",
    "sh", "bash", "echo hi", 'echo "x" | tee log', "true", "a.c", "*.c", "**", "sub", "lib.toml",
    "w.toml", "vars.env", "lines.txt", "no such file", "../x", "A", "HOME", "A=B", "linux", "kill",
    "[[a]", "(", "a{99999999}", "a{9999999999999}", "(?P<x>a)(?P<x>b)", "(" * 150, "\\", "(?i",
    "\\u00e9", "\x1b[31m", "x\0y", "x\0y/*.c", "a\nb", "x" * 40, "${{ matrix.x }}",
    "${{matrix.os}} ${{ env.A }}", "${{ a.v }}", "${{ }}", "${{", "}}", "${{ x", "$${{ . }}",
]  # fmt: skip
NUMBERS: list[int | float] = [
    0, 1, 2, 3, 7, 19, 100, 255, 1 << 20, 1 << 31, 1 << 63, 1 << 64, 10**17, 10**30, 10**400,
    -1, -20, 0.5, 1.5, 1e9, 1e308, math.inf, -math.inf, math.nan, -0.0,
]  # fmt: skip
OTHERS: list[Any] = [
    True, False, [], {}, [[]], [{}], {"": 1}, {"a": {"b": {}}}, ["x", 1, ["y"]], [True],
    dt.date(2020, 1, 1), dt.time(7, 32), dt.datetime(1979, 5, 27, 7, 32, tzinfo=dt.UTC),
]  # fmt: skip
NAMES = ["a", "b", "link all", "a[1]", "é", "x.y", "", '"', "*", "os", "x", "A", "include", "gpu"]


class Grammar:
    """Makes trees after the types of the model; a part of them is wrong.

    Args:
        chance: all that is random.
        wrong: how much is: from 0 to 1.
    """

    def __init__(self, chance: random.Random, wrong: float) -> None:
        self.chance = chance
        self.wrong = wrong

    def document(self) -> dict[str, Any]:
        """Make a whole file."""
        return self.table(Document, least=1)

    def table(self, kind: type[Struct], least: int = 0) -> dict[str, Any]:
        words = list(known_words(kind).items())
        few = self.chance.sample(words, min(len(words), self.chance.randint(least, 5)))
        made = {name: self.value(wanted) for name, (_, wanted, _) in few}
        if kind is Document and self.chance.random() < 0.9:
            made["job"] = {name: self.job() for name in self.some(["a", "b", "link all", "é"])}
        if self.chance.random() < self.wrong:
            name = self.chance.choice([*made, "colour", *NAMES])
            made[self.chance.choice([name, name[1:], f"{name}s"])] = self.value(object)
        return made

    def job(self) -> dict[str, Any]:
        _, wanted, _ = known_words(Document)["job"]
        spec = next(kind for kind in _kinds(wanted) if issubclass(kind, Struct))
        return {"run": self.chance.choice(["true", ["a"]])} | self.table(spec)

    def some(self, names: list[str]) -> list[str]:
        return self.chance.sample(names, self.chance.randint(1, min(3, len(names))))

    def value(self, wanted: object) -> Any:
        """Make a value of a type, or one of none."""
        if wanted is object or self.chance.random() < self.wrong / 4:
            return self.chance.choice([*TEXTS, *NUMBERS, *OTHERS])
        base = _plain(wanted)
        if isinstance(base, type) and get_origin(base) is None and issubclass(base, Struct):
            return self.table(base)
        return self.collection(get_origin(base), get_args(base), wanted)

    def collection(self, origin: object, inner: tuple[Any, ...], wanted: object) -> Any:
        if origin in (Union, UnionType):
            return self.value(self.chance.choice([arm for arm in inner if arm is not type(None)]))
        if origin is Literal:
            return self.chance.choice(inner)
        if origin is list:
            return [self.value(inner[0]) for _ in range(self.chance.randint(0, 3))]
        if origin is dict:
            return {name: self.value(inner[1]) for name in self.some(NAMES)}
        scalars = _scalars(wanted)
        # The first ones are the names of jobs: files without mistakes are wanted, too.
        return scalars[int(len(scalars) * self.chance.random() ** 3)]


def _plain(wanted: object) -> Any:
    while get_origin(wanted) is Annotated:
        wanted = get_args(wanted)[0]
    return wanted


def _kinds(wanted: object) -> Iterator[type]:
    base = _plain(wanted)
    if isinstance(base, type) and get_origin(base) is None:
        yield base
    for inner in get_args(base):
        yield from _kinds(inner)


def _scalars(wanted: object) -> list[Any]:
    return _fitting(wanted) or list(TEXTS)


@cache
def _fitting(wanted: object) -> list[Any]:
    return [value for value in (*TEXTS, *NUMBERS, True, False) if fits(value, wanted)]


def as_json(tree: dict[str, Any], chance: random.Random) -> str:
    """Write a tree as JSON, in any layout."""
    text = json.dumps(
        tree, default=str, indent=chance.choice([None, 1, "\t"]), ensure_ascii=chance.random() < 0.5
    )
    return text.replace("*", "\\ud800") if chance.random() < 0.05 else text


def as_toml(tree: dict[str, Any], chance: random.Random) -> str:
    """Write a tree as TOML, in any of the ways that there are to say the same."""
    return "".join(_Toml(chance).table((), tree))


class _Toml:
    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.blank: Callable[[], str] = lambda: chance.choice(["", " ", "  ", "\t"])

    def table(self, path: tuple[str, ...], tree: dict[str, Any]) -> Iterator[str]:
        later = {}
        for key, value in tree.items():
            if isinstance(value, dict) and value and self.chance.random() < 0.7:
                later[key] = value
            else:
                yield from self.line(
                    f"{self.key(key)}{self.blank()}={self.blank()}{self.value(value)}"
                )
        for key, value in later.items():
            inner = (*path, key)
            if (
                all(isinstance(item, dict) for item in value.values())
                and self.chance.random() < 0.5
            ):
                yield from self.subtables(inner, value)
                continue
            yield from self.line(f"[{'.'.join(map(self.key, inner))}]")
            yield from self.table(inner, value)

    def subtables(self, path: tuple[str, ...], tree: dict[str, Any]) -> Iterator[str]:
        """A table that holds tables only needs no line of its own."""
        for key, value in tree.items():
            yield from self.line(f"[{'.'.join(map(self.key, (*path, key)))}]")
            yield from self.table((*path, key), value)

    def line(self, text: str) -> Iterator[str]:
        note = self.chance.choice(["", "", "", " # [x] = 'y'"])
        yield f"{self.blank()}{text}{note}"
        yield self.chance.choice(["\n", "\n", "\r\n", "\n\n"])

    def key(self, name: str) -> str:
        bare = name.isascii() and name.replace("-", "_").replace("_", "x").isalnum()
        return name if bare and self.chance.random() < 0.9 else self.text(name)

    def text(self, text: str) -> str:
        plain = not any(character < " " for character in text)
        if plain and "'" not in text and self.chance.random() < 0.5:
            return f"'{text}'"
        return json.dumps(text, ensure_ascii=self.chance.random() < 0.5)

    def long_text(self, text: str) -> str:
        return (
            f'"""\n{json.dumps(text)[1:-1]}"""' if self.chance.random() < 0.1 else self.text(text)
        )

    def value(self, value: Any) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, str):
            return self.long_text(value)
        if isinstance(value, list):
            between = f",{self.chance.choice(['', ' ', chr(10), ' # c' + chr(10)])}"
            return f"[{self.blank()}{between.join(map(self.value, value))}{self.blank()}]"
        if isinstance(value, dict):
            pairs = (f"{self.key(key)}{self.blank()}= {self.value(v)}" for key, v in value.items())
            return f"{{{self.blank()}{', '.join(pairs)}{self.blank()}}}"
        return value.isoformat() if isinstance(value, dt.date | dt.time) else repr(value)
