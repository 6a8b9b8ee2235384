"""Parse TOML and JSON, and tell where a text is none of them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import tomli

from treadle.errors import WorkflowError
from treadle.unwatched import unwatched
from treadle.workflow.locate import SHORT, place_at, unquote_json
from treadle.workflow.nesting import excess

if TYPE_CHECKING:
    pass

_AT = re.compile(r"(.*?) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)
_TWICE = re.compile(r"Cannot declare \((.*)\) twice")
_KEY_OR_BRACKET = re.compile(rf"({SHORT})\s*+:|{SHORT}|[\[\]{{}}]")
_CONSTANT = re.compile(rf"{SHORT}|(NaN|-?Infinity)")


def parse_toml(text: str, label: str) -> dict[str, Any]:
    """Parse TOML.

    Raises:
        WorkflowError: with the place of the syntax error.
    """
    _refuse_excess(text, label)
    try:
        with unwatched():
            return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise _toml_error(text, label, str(error)) from None
    except (ValueError, RecursionError) as error:
        raise _unread(label, error) from None


def _toml_error(text: str, label: str, said: str) -> WorkflowError:
    match = _AT.fullmatch(said)
    what = match[1] if match else said
    if twice := _TWICE.fullmatch(what):
        name = ".".join(part.strip(" '\"") for part in twice[1].rstrip(",").split(","))
        what = f"table [{name}] appears twice"
    elif what == "Cannot overwrite a value":
        what = "a key is given twice"
    if match and match[2]:
        return WorkflowError(f"{label}:{match[2]}:{match[3]}: {_plain(what)}")
    return wrong_at(label, text, len(text.rstrip()), what)


def parse_json(text: str, label: str) -> dict[str, Any]:
    """Parse JSON strictly: no key twice, no NaN.

    Raises:
        WorkflowError: with the place of the syntax error.
    """
    _refuse_excess(text, label)
    try:
        with unwatched():
            tree = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        at = min(error.pos, len(text.rstrip()))
        raise wrong_at(label, text, at, error.msg) from None
    except _RepeatedKeyError:
        at, key = _repeated_key(text)
        raise wrong_at(label, text, at, f"key {key!r} is given twice") from None
    except _NoNumberError:
        at, name = _constant(text)
        raise wrong_at(label, text, at, f"constant {name} is not JSON") from None
    except (ValueError, RecursionError) as error:
        raise _unread(label, error) from None
    if not isinstance(tree, dict):
        raise WorkflowError(f"{label}:1:1: must hold an object")
    return tree


class _RepeatedKeyError(Exception):
    pass


class _NoNumberError(Exception):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) < len(pairs):
        raise _RepeatedKeyError
    return tree


def _refuse(_constant: str) -> None:
    raise _NoNumberError


def _repeated_key(text: str) -> tuple[int, str]:
    """Return where a key of a JSON text stands that its object has already, and the key."""
    inside: list[set[str]] = []
    for match in _KEY_OR_BRACKET.finditer(text):
        if match[0] in "[{":
            inside.append(set())
        elif match[0] in "]}":
            inside.pop()
        elif match[1]:
            key = unquote_json(match[1])
            if key in inside[-1]:
                return match.start(), key
            inside[-1].add(key)
    raise ValueError("no key is repeated")


def _constant(text: str) -> tuple[int, str]:
    """Return where a word stands that Python reads as a number and JSON does not, and the word."""
    for match in _CONSTANT.finditer(text):
        if match[1]:
            return match.start(), match[1]
    raise ValueError("there is no such word")


def _refuse_excess(text: str, label: str) -> None:
    if found := excess(text):
        raise wrong_at(label, text, *found)


def wrong_at(label: str, text: str, offset: int, what: str) -> WorkflowError:
    """Return the error that says what is wrong at an offset of a text."""
    line, column = place_at(text, offset)
    return WorkflowError(f"{label}:{line}:{column}: {_plain(what)}")


def _unread(label: str, error: Exception) -> WorkflowError:
    """Tell of limits of Python itself: it can be told to have lower ones, or be deep already."""
    if isinstance(error, RecursionError):
        return WorkflowError(f"{label}: is nested too deeply")
    return WorkflowError(f"{label}: {_plain(str(error).partition(';')[0])}")


def _plain(what: str) -> str:
    return f"{what[:1].lower()}{what[1:300]}"
