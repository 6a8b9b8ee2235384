"""Plain data as bytes, so that two values are equal exactly if their bytes are.

Every item begins with a letter for its type and has a length or an end, so that no two
values are written alike. Mappings keep their order, because a program may depend on it; sets
have none, and are sorted by what their members are written as. Only exact types count: what
a subclass adds to its base is not seen here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import PurePath
from typing import Any

Other = Callable[[Any], bytes]
"""Writes what is no plain data.

Raises:
    IncomparableError: it cannot.
"""

# What they show is what they are. By name: none of their modules has to be loaded for that.
_SHOWN = {
    *("datetime.date", "datetime.datetime", "datetime.time", "datetime.timedelta"),
    *("datetime.timezone", "decimal.Decimal", "fractions.Fraction", "uuid.UUID"),
    *("builtins.range", "builtins.slice", "builtins.ellipsis", "builtins.NotImplementedType"),
}


class IncomparableError(Exception):
    """A value cannot be compared with one of another time.

    Attributes:
        kind: the name of its type.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def refuse(value: object) -> bytes:
    """Say that a value cannot be compared.

    Raises:
        IncomparableError: always.
    """
    raise IncomparableError(name_of(type(value)))


def encoded(value: Any, other: Other = refuse) -> bytes:
    """Return plain data as bytes.

    Args:
        value: None, truth values, numbers, texts, bytes; lists, tuples, dictionaries and
            sets of such; paths, dates, enumerations, named tuples, dataclasses, structs.
        other: writes all else.

    Raises:
        IncomparableError: something in it is none of these, or it holds itself.
    """
    try:
        return _encoded(value, other)
    except RecursionError:
        raise IncomparableError("data that is nested too deeply") from None


def name_of(kind: Any) -> str:
    """Return the name of a class or function, with that of its module."""
    return f"{getattr(kind, '__module__', None)}.{getattr(kind, '__qualname__', None)}"


def _encoded(value: Any, other: Other) -> bytes:
    kind = type(value)
    if kind is str:
        return _sized(b"s", value.encode("utf-8", "surrogatepass"))
    if (write := _WRITERS.get(kind)) is not None:
        return write(value)
    if (tag := _LISTS.get(kind)) is not None:
        return _sized(tag, b"".join([_encoded(one, other) for one in value]))
    if (tag := _SETS.get(kind)) is not None:
        return _sized(tag, b"".join(sorted(_encoded(one, other) for one in value)))
    if kind is dict:
        both = (_encoded(one, other) for pair in value.items() for one in pair)
        return _sized(b"d", b"".join(both))
    return _of_class(value, kind, other)


def _of_class(value: Any, kind: type, other: Other) -> bytes:
    name = name_of(kind)
    if isinstance(value, PurePath):
        state: object = str(value)
    elif name in _SHOWN:
        state = repr(value)
    elif isinstance(value, Enum):
        state = (value.name, value.value)
    elif name == "re.Pattern":
        state = (value.pattern, value.flags)
    elif (fields := _fields_of(kind)) is not None:
        state = [getattr(value, field) for field in fields]
    else:
        return other(value)
    return _sized(b"o", name.encode("utf-8", "surrogatepass")) + _encoded(state, other)


def _fields_of(kind: Any) -> Iterable[str] | None:
    """Return the names of the fields of a named tuple, a dataclass or a struct; else None."""
    if issubclass(kind, tuple):
        return getattr(kind, "_fields", None)
    for attribute in ("__struct_fields__", "__dataclass_fields__"):
        if attribute in vars(kind):
            fields: Iterable[str] = vars(kind)[attribute]
            return fields
    return None


def _sized(tag: bytes, data: bytes) -> bytes:
    return b"%s%d:%s" % (tag, len(data), data)


_WRITERS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda _: b"N",
    bool: lambda value: b"T" if value else b"F",
    int: lambda value: b"i%x;" % value if value >= 0 else b"j%x;" % -value,
    float: lambda value: b"f%s;" % value.hex().encode(),
    complex: lambda value: f"c{value.real.hex()}{value.imag.hex()};".encode(),
    bytes: lambda value: _sized(b"b", value),
    bytearray: lambda value: _sized(b"a", value),
}
_LISTS: dict[type, bytes] = {list: b"l", tuple: b"t"}
_SETS: dict[type, bytes] = {set: b"S", frozenset: b"Z"}
