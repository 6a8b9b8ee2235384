"""The functions of a workflow: which jobs they are, what they need, what they return."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from treadle.errors import WorkflowError
from treadle.runner.binding import BindingError, FunctionCall, Signature, arguments, axes_of
from treadle.runner.callwords import refusal, split_causes
from treadle.runner.hints import Taker, ValueTypes, hints_of

_NOTHING: dict[str, Any] = {}
"""Shared by the calls that have none: there may be a million."""


class Command:
    """A command of a workflow, to be named in `needs`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<command {self.name!r}>"


Need: TypeAlias = str | Callable[..., Any] | Command | Mapping[str, Any]
Needs: TypeAlias = Need | Iterable[Need]


class Wish(NamedTuple):
    """What is said of a job that is a function; see `Workflow.job`."""

    name: str
    place: str
    needs: Needs
    process: bool
    constants: Mapping[str, Any]
    words: Mapping[str, Any]

    def error(self, what: str) -> WorkflowError:
        """Say what is wrong with it, and where it stands."""
        return WorkflowError(f"{self.place}: job {self.name!r} {what}")


class Functions:
    """The functions of one workflow.

    Attributes:
        types: what they return, and who takes it.
    """

    def __init__(self) -> None:
        self.types = ValueTypes()
        # By id: not every callable can be a key. The calls keep the functions alive.
        self._jobs: dict[int, list[str]] = {}
        self._known: dict[int, tuple[Callable[..., Any], Signature, dict[str, Any]]] = {}

    def add(self, function: Callable[..., Any], name: str) -> None:
        """Remember that the function is the job of this name."""
        self._jobs.setdefault(id(function), []).append(name)

    def name_of(self, job: Need, place: str) -> str:
        """Return the name of a job.

        Raises:
            WorkflowError: the function is no job of this workflow, or is several.
        """
        if isinstance(job, str):
            return job
        if isinstance(job, Command):
            return job.name
        names = self._jobs.get(id(job), [])
        called = repr(getattr(job, "__name__", job))
        if len(names) > 1:
            few = ", ".join(map(repr, names[:3])) + ", …" * (len(names) > 3)
            raise WorkflowError(f"{place} {called}, the function of jobs {few}; say the name")
        if not names:
            raise WorkflowError(
                f"{place} {called}, which is no job of this workflow; put @workflow.job before it"
            )
        return names[0]

    def needs(self, said: Needs, place: str) -> list[Any]:
        """Return what is needed as a file would say it.

        Raises:
            WorkflowError: a function is no job of this workflow, or is several.
        """
        if isinstance(said, str | Command | Mapping) or callable(said):
            said = [said]
        return [self._need(need, place) for need in said]

    def _need(self, said: Need, place: str) -> Any:
        if isinstance(said, Mapping) and "job" in said:
            return {**said, "job": self.name_of(said["job"], place)}
        return self.name_of(said, place)

    def bind(self, function: Callable[..., Any], wish: Wish) -> tuple[FunctionCall, dict[str, Any]]:
        """Return the call of a job, and its words as a file would have them.

        Raises:
            WorkflowError: a word, a need or a parameter is wrong.
        """
        is_async = inspect.iscoroutinefunction(function)
        if said := refusal(wish.words, wish.process, is_async):
            raise wish.error(said)
        words, exceptions = split_causes(wish.words)
        needs = self.needs(wish.needs, f"{wish.place}: job {wish.name!r} needs")
        if needs:
            words["needs"] = needs
        axes = axes_of(wish.words.get("matrix") or _NOTHING)
        try:
            signature, hints = self._read(function)
            signature.check_given(wish.constants)
            taken = arguments(signature, _names(needs), (*wish.constants, *axes))
        except BindingError as error:
            raise wish.error(str(error)) from None
        self._check_types(wish, taken, hints, is_family=bool(axes))
        call = FunctionCall(
            function=function,
            arguments=taken or _NOTHING,
            constants=dict(wish.constants) or _NOTHING,
            process=wish.process,
            is_async=is_async,
            accepts=signature.names,
            optional=signature.optional,
            rest=signature.rest,
            retry_on=exceptions,
            originals=axes or None,
        )
        return call, words

    def _read(self, function: Callable[..., Any]) -> tuple[Signature, dict[str, Any]]:
        known = self._known.get(id(function))
        if known is None:
            known = self._known[id(function)] = function, Signature(function), hints_of(function)
        return known[1:]

    def _check_types(
        self, wish: Wish, taken: Mapping[str, str], hints: Mapping[str, Any], is_family: bool
    ) -> None:
        for parameter, source in taken.items():
            taker = Taker(wish.name, parameter, hints.get(parameter), wish.place)
            self.types.take(taker, source)
        self.types.give(wish.name, None if is_family else hints.get("return"))


def _names(needs: Iterable[Any]) -> list[str]:
    return [need["job"] if isinstance(need, dict) else need for need in needs]
