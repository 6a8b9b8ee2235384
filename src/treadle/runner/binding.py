"""From a Python function and the needs of its job to the call that the job is.

A parameter takes the value of the need that has its name. `-` and other characters that no
name in Python may have count as `_`. A job of a matrix, `scan[a]`, has no name of its own
among the parameters: one named after its family, `scan`, takes a dictionary of all the
values of the family that are needed, by the whole names of the jobs. `**others` takes what
no other parameter does. Whatever cannot be served is an error when the job is declared.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from treadle.workflow.matrix import text_of
from treadle.workflow.names import is_pattern
from treadle.workflow.plan import Call, PlannedJob
from treadle.workflow.words import nearest

_NO_NAME = re.compile(r"\W")
_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)

Values = Mapping[str, Any]


class FunctionCall(Call, frozen=True, kw_only=True):
    """A call as `Workflow.job` makes it.

    Attributes:
        accepts: the parameters that can be given by name.
        optional: those of them that have a default.
        rest: takes the values that no other parameter takes.
        retry_on: the exceptions after which it is called again; none is for all.
        originals: the values of a matrix as they were given, by name and text.
    """

    accepts: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    rest: bool = False
    retry_on: tuple[type[BaseException], ...] = ()
    originals: dict[str, dict[str, Any]] | None = None

    def at(self, row: Mapping[str, str]) -> FunctionCall:
        """Return the call for a row of the matrix of its job."""
        known = self.originals or {}
        values = {
            name: known.get(name, {}).get(text, text)
            for name, text in row.items()
            if self.rest or name in self.accepts
        }
        return replace(self, constants=self.constants | values)


def axes_of(matrix: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the names that rows of a matrix have, each with its values by text."""
    lists = {name: said for name, said in matrix.items() if name not in {"include", "exclude"}}
    found = {
        name: {text_of(value): value for value in said} if isinstance(said, list | tuple) else {}
        for name, said in lists.items()
    }
    for row in matrix.get("include", ()):
        for name, value in row.items():
            found.setdefault(name, {})[text_of(value)] = value
    return found


class BindingError(Exception):
    """The parameters of a function and the needs of its job do not fit together."""


def family_of(name: str) -> str:
    """Return the name of the family of a job of a matrix; any other name is its own."""
    return name.partition("[")[0] if name.endswith("]") else name


def parameter_of(name: str) -> str:
    """Return the parameter that takes the value of a job."""
    return _NO_NAME.sub("_", family_of(name))


class Signature:
    """The parameters of a function.

    Raises:
        BindingError: one of them cannot be given by its name.
    """

    __slots__ = ("names", "optional", "rest")

    def __init__(self, function: Callable[..., Any]) -> None:
        parameters = _parameters(function)
        self.names = tuple(p.name for p in parameters if p.kind in _BY_NAME)
        self.rest = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters)
        self.optional = tuple(
            p.name for p in parameters if p.kind in _BY_NAME and p.default is not p.empty
        )
        for parameter in parameters:
            only = parameter.kind is inspect.Parameter.POSITIONAL_ONLY
            if only and parameter.default is parameter.empty:
                raise BindingError(
                    f"has the parameter {parameter.name!r}, which cannot be given by name; "
                    "leave out the '/' behind it"
                )

    def check_given(self, names: Iterable[str]) -> None:
        """Check that constants have a parameter.

        Raises:
            BindingError: one of them has none.
        """
        for name in names:
            if not self.rest and name not in self.names:
                hint = nearest(name, self.names)
                raise BindingError(f"has a constant {name!r}, but no such parameter{hint}")


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        raise BindingError(
            f"has {function!r}, whose parameters cannot be found out; write a function around it"
        ) from None


def arguments(signature: Signature, needs: Sequence[str], given: Iterable[str]) -> dict[str, str]:
    """Return for each parameter that takes a value the need that it comes from.

    Args:
        signature: the parameters.
        needs: names of jobs and families, patterns.
        given: the parameters that have a value already.

    Raises:
        BindingError: a parameter has neither a need, nor a default, nor a constant; or two needs.
    """
    if not signature.names:
        return {}
    offered = _offered(needs)
    taken = set(given)
    found: dict[str, str] = {}
    for name in signature.names:
        sources = offered.get(name, ())
        if name in taken:
            continue
        if len(sources) > 1:
            both = " and ".join(map(repr, sources))
            raise BindingError(f"has the parameter {name!r}, which could be {both}; rename one")
        if sources:
            found[name] = sources[0]
        elif name not in signature.optional:
            raise BindingError(_unserved(name, offered))
    return found


def _offered(needs: Sequence[str]) -> dict[str, list[str]]:
    """Return for each name of a parameter the jobs and families whose value it could take."""
    offered: dict[str, list[str]] = {}
    for need in needs:
        name = family_of(need)
        if not is_pattern(name):
            same = offered.setdefault(parameter_of(need), [])
            if name not in same:
                same.append(name)
    return offered


def _unserved(name: str, offered: Iterable[str]) -> str:
    names = list(offered)
    hint = nearest(name, names)
    if not hint:
        hint = f"; its needs are {', '.join(map(repr, names))}" if names else "; it has no needs"
    return f"has the parameter {name!r}, which is no need of it and has no default{hint}"


def keywords(plan_jobs: Values, job: PlannedJob, values: Values) -> dict[str, Any]:
    """Return the arguments of a job's call.

    Args:
        plan_jobs: all jobs by name.
        job: whose call it is.
        values: what the calls that have succeeded returned, by job.
    """
    call = job.call
    if call is None:
        return {}
    found = dict(call.constants)
    optional: tuple[str, ...] = getattr(call, "optional", ())
    for parameter, source in call.arguments.items():
        if source in values:
            found[parameter] = values[source]
        elif source not in plan_jobs:
            found[parameter] = _of_family(source, job, values)
        elif parameter not in optional:
            # It was allowed to fail, or this job runs whatever happened.
            found[parameter] = None
    if getattr(call, "rest", False):
        named = {*call.arguments.values()}
        rest = (need for need in job.needs if need in values and family_of(need) not in named)
        found |= {need: values[need] for need in rest}
    return found


def _of_family(family: str, job: PlannedJob, values: Values) -> dict[str, Any]:
    return {
        need: values[need] for need in job.needs if family_of(need) == family and need in values
    }
