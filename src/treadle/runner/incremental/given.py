"""What jobs leave for other jobs, and how much of it is kept beyond the run.

Programs leave texts by name (`$TREADLE_OUTPUT`), Python functions what they return. A text
that becomes the value of a secret variable is never kept; what a function returned is kept if
JSON says exactly the same. A job whose value is used and was not kept has to run again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from treadle.runner.incremental.canonical import IncomparableError, encoded
from treadle.store.digest import digest_of
from treadle.workflow.expressions import Reference

if TYPE_CHECKING:
    from treadle.workflow import Plan, PlannedJob

RETURNED = ""
"""Under this name, which no text has, stands what a function returned, as JSON."""

MAX_RETURNED = 1 << 20
"""Characters of JSON; what is more is not kept."""


class Given:
    """Knows whose values are used by the chosen jobs, and which of them are secret.

    Args:
        plan: all jobs.
        chosen: names of those that are to run.
    """

    def __init__(self, plan: Plan, chosen: Iterable[str]) -> None:
        self._wanted: dict[str, set[str]] = {}
        self._secret: set[tuple[str, str]] = set()
        self._functions: set[str] = set()
        self._jobs = plan.jobs
        for name in chosen:
            self._note(plan.jobs[name])

    def _note(self, job: PlannedJob) -> None:
        if job.call is not None:
            self._functions.add(job.name)
            for giver in self.givers_of(job):
                self._wanted.setdefault(giver, set()).add(RETURNED)
        if job.late is None:
            return
        for one in job.late.references():
            self._wanted.setdefault(one.job, set()).add(one.name)
        for name in job.secret:
            pieces = [p for p in job.late.env.get(name, ()) if isinstance(p, Reference)]
            self._secret |= {(one.job, one.name) for one in pieces}

    def used_by(self, job: PlannedJob) -> Iterator[tuple[str, str]]:
        """Yield the texts that a job uses, but for secrets: whose they are, and their names."""
        if job.late is None:
            return
        for one in job.late.references():
            if (one.job, one.name) not in self._secret:
                yield one.job, one.name

    def givers_of(self, job: PlannedJob) -> Iterator[str]:
        """Yield the functions whose values a function takes: what it names may be a family."""
        if job.call is None:
            return
        named = set(job.call.arguments.values())
        takes_all = getattr(job.call, "rest", False)
        for need in job.needs:
            is_taken = takes_all or need in named or need.partition("[")[0] in named
            if is_taken and self._jobs[need].call is not None:
                yield need

    def givers(self) -> AbstractSet[str]:
        """Return the jobs of which something is used."""
        return self._wanted.keys()

    def lacks(self, name: str, kept: Mapping[str, str] | None) -> bool:
        """Tell whether something of a job is used that is not among what was kept."""
        wanted = self._wanted.get(name)
        return wanted is not None and not wanted <= (kept or {}).keys()

    def to_keep(self, name: str, values: Mapping[str, str] | None) -> dict[str, str]:
        """Return of the texts of a job those that may be kept."""
        if not values or name not in self._wanted:
            return {}
        return {key: text for key, text in values.items() if (name, key) not in self._secret}

    def is_returned(self, name: str) -> bool:
        """Tell whether a job is a function: who runs it may ask for what it returned."""
        return name in self._functions


def packed(value: Any) -> dict[str, str]:
    """Return what a function returned as it is kept; nothing if it cannot be."""
    try:
        text = json.dumps(value)
        same = len(text) <= MAX_RETURNED and _is_same(json.loads(text), value)
    except (TypeError, ValueError, RecursionError):
        return {}
    return {RETURNED: text} if same else {}


def holds_secret(value: Any, mask: Callable[[str], str]) -> bool:
    """Tell whether a value has a text in it in which something is hidden."""
    if isinstance(value, str):
        return mask(value) != value
    if isinstance(value, dict):
        return any(holds_secret(one, mask) for pair in value.items() for one in pair)
    if isinstance(value, list | tuple):
        return any(holds_secret(one, mask) for one in value)
    return False


def told(value: Any, mask: Callable[[str], str] | None = None) -> str:
    """Return what stands in a fingerprint for what a function returned.

    Args:
        value: of what cannot be compared, it is a ``?`` with the name of its type.
        mask: hides the secrets of the run in a text. In what is not made of texts nobody can
            tell whether they are there, so that this cannot be compared either.
    """
    if mask is not None and (holds_secret(value, mask) or not packed(value)):
        return f"?{type(value).__qualname__}"
    try:
        return digest_of(encoded(value))
    except IncomparableError as error:
        return f"?{error.kind}"


def unpacked(values: Mapping[str, str]) -> Any:
    """Return what a function returned, of what was kept."""
    return json.loads(values[RETURNED])


def _is_same(one: Any, other: Any) -> bool:
    """Whether two values are equal and of the same types, all the way down."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        # A key that is no text became one.
        return list(one) == list(other) and all(_is_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return bool(one == other)
