"""Values that jobs leave for other jobs: what they write to the file `$TREADLE_OUTPUT`.

The form is that of GitHub Actions: ``name=value``, or for values of several lines
``name<<WORD``, the lines, and ``WORD`` alone on a line.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from treadle.runner.regular import read_regular

MAX_BYTES = 1 << 20
MAX_VALUES = 1_000

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_SHOWN = 40


class ValuesError(Exception):
    """The file cannot be used; the message names the line and says why."""


def take_values(path: str) -> dict[str, str]:
    """Return the values of a file, and remove it: they may be secret.

    Raises:
        ValuesError: it cannot be read, or is not what it should be.
    """
    try:
        data = read_regular(path, MAX_BYTES)
    except ValueError as error:
        raise ValuesError(str(error)) from None
    except OSError as error:
        raise ValuesError(f"cannot be read: {(error.strerror or str(error)).lower()}") from None
    finally:
        drop_values(path)
    return parse(data)


def drop_values(path: str) -> None:
    """Remove the file; what is no file stays."""
    try:
        os.unlink(path)
    except OSError:
        return


def parse(data: bytes) -> dict[str, str]:
    """Return the values by name; of two with the same name, the last.

    Raises:
        ValuesError: a line is no value, a name cannot be, or there are too many.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValuesError(f"line {line}: is not UTF-8") from None
    found: dict[str, str] = {}
    for number, name, value in _pairs(text):
        if not _NAME.fullmatch(name):
            what = "must be letters, digits, _ and -, and not begin with a digit or -"
            raise ValuesError(f"line {number}: the name {_short(name)!r} {what}")
        if "\0" in value:
            raise ValuesError(f"line {number}: {_short(name)!r} holds a NUL character")
        found[name] = value
        if len(found) > MAX_VALUES:
            raise ValuesError(
                f"line {number}: has more than {MAX_VALUES} values; that is the limit"
            )
    return found


def _pairs(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the number of its line, the name and the value of each."""
    lines = enumerate((line.removesuffix("\r") for line in text.split("\n")), 1)
    for number, line in lines:
        if not line:
            continue
        name, equals, value = line.partition("=")
        if "<<" in name or not equals:
            name, marks, word = line.partition("<<")
            if not marks or not word:
                what = "is neither name=value nor name<<WORD"
                raise ValuesError(f"line {number}: {_short(line)!r} {what}")
            value = _block(number, name, word, lines)
        yield number, name, value


def _block(number: int, name: str, word: str, lines: Iterator[tuple[int, str]]) -> str:
    kept: list[str] = []
    for _, line in lines:
        if line == word:
            return "\n".join(kept)
        kept.append(line)
    raise ValuesError(
        f"line {number}: {_short(name)!r} has no end: {_short(word)!r} alone on a line"
    )


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
