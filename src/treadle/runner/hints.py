"""Whether what one function returns can be what another one takes.

Only what is certainly wrong is told: both annotations are classes, and neither is derived
from the other. Whatever cannot be decided at once (a union, a protocol, a type variable, a
name that does not exist yet) passes; a type checker knows better.
"""

from __future__ import annotations

import typing
from collections.abc import Callable
from typing import Any, NamedTuple

from treadle.errors import WorkflowError

_NUMBERS = ((int, float), (int, complex), (float, complex), (bytearray, bytes), (memoryview, bytes))
"""Pairs that type checkers let pass: see "the numeric tower" in PEP 484."""


def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the annotations of a function, what it returns under ``return``; none if unknown."""
    target = getattr(function, "func", function)  # of a functools.partial
    if not getattr(target, "__annotations__", None):
        return {}
    try:
        return typing.get_type_hints(target)
    except Exception:  # noqa: BLE001 -- annotations may be any code; a job does not fail by them
        return {}


def clash(returned: Any, taken: Any) -> str:
    """Say how the two do not fit; nothing if they do or if nobody can tell."""
    made, wanted = _class_of(returned), _class_of(taken)
    if made is None or wanted is None or (made, wanted) in _NUMBERS:
        return ""
    try:
        fits = issubclass(made, wanted) or issubclass(wanted, made)
    except TypeError:  # a protocol that cannot be asked
        return ""
    return "" if fits else f"{_name(returned)} is no {_name(taken)}"


def _class_of(hint: Any) -> type | None:
    plain = typing.get_origin(hint) or hint
    if (
        not isinstance(plain, type)
        or plain in (object, Any)
        or getattr(plain, "_is_protocol", False)
    ):
        return None
    return None if plain.__module__ == "types" and plain.__name__ == "UnionType" else plain


def _name(hint: Any) -> str:
    if typing.get_origin(hint) is not None:
        return str(hint)
    return "None" if hint is type(None) else str(hint.__qualname__)


class Taker(NamedTuple):
    """A parameter that takes the value of another job."""

    job: str
    parameter: str
    hint: Any
    place: str


class ValueTypes:
    """What the functions of a workflow return, and who takes it.

    Either side may be declared first; the later one is told what is wrong.
    """

    def __init__(self) -> None:
        self._returned: dict[str, Any] = {}
        self._without: set[str] = set()
        self._waiting: dict[str, list[Taker]] = {}

    def take(self, taker: Taker, source: str) -> None:
        """Note that a parameter takes the value of a job.

        Raises:
            WorkflowError: that has no value, or one of another type.
        """
        if source in self._without:
            raise _no_value(taker, source)
        if source in self._returned:
            _compare(taker, source, self._returned[source])
        else:
            self._waiting.setdefault(source, []).append(taker)

    def give(self, source: str, returned: Any) -> None:
        """Note what a job returns; None if that is not known.

        Raises:
            WorkflowError: who takes it wants something else.
        """
        takers = self._waiting.pop(source, ())
        self._returned[source] = returned
        for taker in takers:
            _compare(taker, source, returned)

    def give_nothing(self, source: str) -> None:
        """Note that a job is a command.

        Raises:
            WorkflowError: somebody takes its value.
        """
        self._without.add(source)
        for taker in self._waiting.pop(source, ()):
            raise _no_value(taker, source)


def _compare(taker: Taker, source: str, returned: Any) -> None:
    if what := clash(returned, taker.hint):
        raise WorkflowError(
            f"{taker.place}: job {taker.job!r} takes {taker.parameter!r} from job {source!r}, "
            f"but {what}"
        )


def _no_value(taker: Taker, source: str) -> WorkflowError:
    return WorkflowError(
        f"{taker.place}: job {taker.job!r} has the parameter {taker.parameter!r} for job "
        f"{source!r}, which is a command and returns nothing; give it another name and a default"
    )
