r"""``${{ … }}`` in the words of a job: what it stands for, and how it is put in.

`matrix.NAME` and `env.NAME` are known when the file is read, `JOB.NAME` when that job has
run: it is a value that the job wrote to the file `$TREADLE_OUTPUT`. What is put into a
command line is quoted, so that it stays one word whatever it holds; elements of a list stay
elements. What is put in is never looked at again: a value cannot bring expressions with it.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from msgspec import Struct

_BEGIN, _END = "${{", "}}"


class Reference(Struct, frozen=True):
    """A value that is known only when `job` has run."""

    job: str
    name: str


Text: TypeAlias = tuple[str | Reference, ...]
"""A text in pieces, some of which are not known yet."""

Known: TypeAlias = Callable[[str, str], "str | Reference | None"]
"""Gives what ``${{ kind.name }}`` stands for; None leaves it as it is."""

Values: TypeAlias = Mapping[str, Mapping[str, str]]
"""What jobs wrote to their `$TREADLE_OUTPUT`, by the name of the job."""


class MissingValueError(Exception):
    """A job did not write a value that another one uses.

    Attributes:
        reference: which one.
    """

    def __init__(self, reference: Reference) -> None:
        super().__init__(reference)
        self.reference = reference


def fill(text: str, known: Known, *, quoted: bool = False) -> Text:
    """Return a text with what is known in the place of each expression.

    Args:
        text: as it stands in the file.
        known: gives the values.
        quoted: the text is a command line; values are quoted for a shell.
    """
    if "${{" not in text:
        return (text,)
    return tuple(_joined(_pieces(text, known, quoted)))


def _pieces(text: str, known: Known, quoted: bool) -> Iterator[str | Reference]:
    after = 0
    for begin, end in _places(text):
        yield text[after:begin]
        kind, _, name = text[begin + len(_BEGIN) : end - len(_END)].strip().rpartition(".")
        value = known(kind, name)
        if value is None:
            yield text[begin:end]
        elif isinstance(value, Reference):
            yield value
        else:
            yield shlex.quote(value) if quoted else value
        after = end
    yield text[after:]


def _places(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each expression begins and ends, in linear time whatever the text is."""
    begin = text.find(_BEGIN)
    while begin >= 0 and (end := text.find(_END, begin)) >= 0:
        end += len(_END)
        yield begin, end
        begin = text.find(_BEGIN, end)


def _joined(pieces: Iterator[str | Reference]) -> Iterator[str | Reference]:
    """Put neighbouring texts together."""
    run: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            run.append(piece)
            continue
        yield "".join(run)
        yield piece
        run = []
    yield "".join(run)


def is_known(text: Text) -> bool:
    """Tell whether nothing in a text has to be waited for."""
    return len(text) == 1


def complete(text: Text, values: Values, *, quoted: bool = False) -> str:
    """Return a text with the values of jobs that have run.

    Raises:
        MissingValueError: a job has not written a value that is used.
    """
    return "".join(
        piece if isinstance(piece, str) else _value(piece, values, quoted) for piece in text
    )


def _value(reference: Reference, values: Values, quoted: bool) -> str:
    try:
        value = values[reference.job][reference.name]
    except KeyError:
        raise MissingValueError(reference) from None
    return shlex.quote(value) if quoted else value
