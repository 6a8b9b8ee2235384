"""Check the words of one table against a model, and note every mistake, not only the first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import islice
from types import UnionType
from typing import TypeVar, get_args

import msgspec
from msgspec import Meta, Struct

Path = tuple[str | int, ...]
"""Where something stands in a file: keys, and indices of lists."""

Note = Callable[[Path, str], None]
"""Takes one mistake: where, and what."""

StructT = TypeVar("StructT", bound=Struct)

_MAX_CANDIDATES = 5_000
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
    from difflib import get_close_matches  # noqa: PLC0415 -- needed only to report a mistake

    few = list(islice(candidates, _MAX_CANDIDATES))
    if len(name) > 200:
        return ""
    close = get_close_matches(name, few, n=1, cutoff=0.6)
    close = close or [c for c in few if c.casefold() == name.casefold()][:1]
    return f"; did you mean {close[0]!r}?" if close else ""


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
) -> StructT:
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
        wrong = _wrong_items(value, wanted)
        for where, what in wrong:
            note((*path, key, *where), f"{key!r} of {owner} has {what}; it takes {expects}")
        if not wrong:
            note((*path, key), f"{key!r} of {owner} is {show(value)}; it must be {expects}")
    return kind(**given)


def _table_in(wanted: object) -> type[Struct] | None:
    """Return the model of a word that is a table of words itself."""
    said = get_args(wanted)[0]
    kinds = get_args(said) if isinstance(said, UnionType) else ()
    return next(
        (kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Struct)), None
    )


def fits(value: object, wanted: object) -> bool:
    """Tell whether a value is of a type and within its limits."""
    try:
        msgspec.convert(value, wanted)
    except _UNFIT:
        return False
    return True


def _wrong_items(value: object, wanted: object) -> list[tuple[Path, str]]:
    """Blame single entries where the others fit."""
    if isinstance(value, Mapping) and fits({}, wanted):
        bad = [(k, item) for k, item in value.items() if not fits({k: item}, wanted)]
        return [((key,), f"{key!r} = {show(item)}") for key, item in bad]
    if isinstance(value, list) and len(value) > 1:
        wrong = [(i, item) for i, item in enumerate(value) if not fits([item], wanted)]
        if len(wrong) < len(value):
            return [((i,), f"{show(item)} as item {i + 1}") for i, item in wrong]
    return []
