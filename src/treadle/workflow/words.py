"""Check the words of one table against a model, and note every mistake, not only the first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from types import UnionType
from typing import TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

from treadle.workflow.limits import MAX_CANDIDATES
from treadle.workflow.spelling import closest

Path = tuple[str | int, ...]
"""Where something stands in a file: keys, and indices of lists."""

Note = Callable[[Path, str], None]
"""Takes one mistake: where, and what."""

StructT = TypeVar("StructT", bound=Struct)

# UnicodeError: half a surrogate pair, which is told by itself.
_UNFIT = (msgspec.ValidationError, RecursionError, UnicodeError)
_KINDS: list[tuple[type | tuple[type, ...], str]] = [
    (bool, "true or false"),
    ((int, float), "a number"),
    (str, "text"),
    (list, "a list"),
    (dict, "a table"),
    ((dt.date, dt.time), "a date"),
]


def word(description: str, expects: str) -> Meta:
    """Say what a word means, and what its value must be."""
    return Meta(description=description, extra={"expects": expects})


def nearest(name: str, candidates: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?`` for the candidate most like `name`, or nothing."""
    close = closest(name, candidates)
    return "" if close is None else f"; did you mean {close!r}?"


def show(value: object) -> str:
    """Name a value of a file: its kind, and itself when it is short."""
    kind = next((name for kinds, name in _KINDS if isinstance(value, kinds)), "nothing")
    if isinstance(value, list | dict):
        return f"{kind} of {len(value)}" if value else f"an empty {kind.split()[-1]}"
    if value is None:
        return kind
    if isinstance(value, bool | int | float):
        return _short(str(value).lower())
    return f"{kind} ({_short(repr(value) if isinstance(value, str) else str(value))})"


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:40]}…{text[-15:]}"


@cache
def known_words(kind: type[Struct]) -> dict[str, tuple[str, object, str]]:
    """Return for each word of a model its field, its type and what it expects."""
    found = {}
    for info in msgspec.structs.fields(kind):
        metas = [m for m in getattr(info.type, "__metadata__", ()) if isinstance(m, Meta)]
        extra = metas[-1].extra if metas else None
        found[info.encode_name] = (info.name, info.type, (extra or {}).get("expects", "something"))
    return found


def take(kind: type[StructT], table: object, owner: str, path: Path, note: Note) -> StructT | None:
    """Make a `kind` of a table; a word that is wrong is noted and left out."""
    if not isinstance(table, Mapping):
        note(path, f"{owner} is {show(table)}; it must be a table")
        return None
    try:
        return msgspec.convert(table, kind)
    except _UNFIT:
        return _take_singly(kind, table, owner, path, note)


def _take_singly(
    kind: type[StructT], table: Mapping[str, object], owner: str, path: Path, note: Note
) -> StructT | None:
    words = known_words(kind)
    given: dict[str, object] = {}
    for key, value in table.items():
        if key not in words:
            hint = nearest(str(key), words) or f"; it may have {', '.join(words)}"
            note((*path, key), f"{owner} has an unknown word {key!r}{hint}")
            continue
        name, wanted, expects = words[key]
        inner = _table_in(wanted)
        if inner is not None and isinstance(value, Mapping):
            given[name] = take(inner, value, f"{key!r} of {owner}", (*path, key), note)
            continue
        if fits(value, wanted):
            given[name] = msgspec.convert(value, wanted)
            continue
        if not _blame_items(value, wanted, f"{key!r} of {owner}", expects, (*path, key), note):
            note((*path, key), f"{key!r} of {owner} is {show(value)}; it must be {expects}")
    missing = [info.encode_name for info in msgspec.structs.fields(kind) if info.required]
    for name in missing:
        if name not in table:
            note(path, f"{owner} has no {name!r}")
    return None if missing and not all(name in given for name in missing) else kind(**given)


def _table_in(wanted: object) -> type[Struct] | None:
    """Return the model of a word that may be a table of words itself, or a list of such."""
    for kind in _members(wanted):
        if isinstance(kind, type) and issubclass(kind, Struct):
            return kind
    return None


def _members(wanted: object) -> Iterator[object]:
    """Yield the kinds that a value may have; `Annotated` and unions are looked into."""
    if isinstance(wanted, UnionType) or get_origin(wanted) is Union:
        for kind in get_args(wanted):
            yield from _members(kind)
    elif hasattr(wanted, "__metadata__"):
        yield from _members(get_args(wanted)[0])
    else:
        yield wanted


def _items_of(wanted: object) -> object:
    """Return what the items of a word must be that may be a list."""
    lists = (kind for kind in _members(wanted) if get_origin(kind) is list)
    return next((get_args(kind)[0] for kind in lists), None)


def fits(value: object, wanted: object) -> bool:
    """Tell whether a value is of a type and within its limits."""
    try:
        msgspec.convert(value, wanted)
    except _UNFIT:
        return False
    return True


def _blame_items(
    value: object, wanted: object, owner: str, expects: str, path: Path, note: Note
) -> bool:
    """Note single entries that are wrong where the others fit; False if it is the whole."""
    if isinstance(value, Mapping) and fits({}, wanted):
        wrong = [((k,), f"{k!r} = {show(v)}") for k, v in value.items() if not fits({k: v}, wanted)]
    elif isinstance(value, list) and len(value) <= MAX_CANDIDATES:
        bad = [(i, item) for i, item in enumerate(value) if not fits([item], wanted)]
        if _blame_tables(bad, wanted, owner, path, note):
            return True
        few = 1 < len(value) > len(bad)
        wrong = [((i,), f"{show(item)} as item {i + 1}") for i, item in bad] if few else []
    else:
        wrong = []
    for where, what in wrong:
        note((*path, *where), f"{owner} has {what}; it takes {expects}")
    return bool(wrong)


def _blame_tables(
    bad: list[tuple[int, object]], wanted: object, owner: str, path: Path, note: Note
) -> bool:
    """Note what is wrong inside of the tables of a list, if they may be there at all."""
    table = _table_in(_items_of(wanted))
    if table is None or not bad or not all(isinstance(item, Mapping) for _, item in bad):
        return False
    for index, item in bad:
        take(table, item, f"item {index + 1} of {owner}", (*path, index), note)
    return True
