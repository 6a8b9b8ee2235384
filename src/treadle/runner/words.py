"""What a job executes when values of other jobs stand in it, or when it is a script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol

from treadle.errors import ProcessError
from treadle.process.commandline import argv_of
from treadle.runner.scripts import write_script
from treadle.workflow.expressions import MissingValueError, Values, complete

if TYPE_CHECKING:
    from treadle.workflow.plan import Late, Plan, PlannedJob


class Words(NamedTuple):
    """What is executed, and with which variables of its own."""

    argv: list[str]
    env: dict[str, str]


class Knowing(Protocol):
    """Who knows the values of other jobs, and what is secret."""

    @property
    def values(self) -> Values:
        """What jobs wrote, by name."""

    def hide(self, job: PlannedJob, env: Mapping[str, str]) -> None:
        """Take note of secrets that are known only now.

        Raises:
            ProcessError: one of them cannot be hidden.
        """

    def mask(self, text: str) -> str:
        """Return a text without secrets."""


def givers(plan: Plan, names: Iterable[str]) -> frozenset[str]:
    """Return the jobs whose values are used by one of the named jobs.

    Only theirs are looked for: asking whether a file is there is not free, a thousand times.
    """
    jobs = [plan.jobs[name] for name in names]
    found = {one.job for job in jobs if job.late is not None for one in job.late.references()}
    calls = [job.call for job in jobs if job.call is not None]
    return frozenset(found.union(*(call.arguments.values() for call in calls)))


def words_of(job: PlannedJob, path: str, known: Knowing) -> Words:
    """Return what a job executes.

    Args:
        job: the job.
        path: where its script is to be written, if it has one.
        known: knows the values.

    Raises:
        ProcessError: a value is missing or cannot be used, or the script cannot be written.
    """
    try:
        return _words_of(job, path, known)
    except MissingValueError as error:
        need, name = error.reference.job, error.reference.name
        raise ProcessError(
            f"job {job.name!r} uses '${{{{ {need}.{name} }}}}', "
            f"which {need!r} did not write to $TREADLE_OUTPUT"
        ) from None
    except ValueError as error:
        raise ProcessError(str(error)) from None


def _words_of(job: PlannedJob, path: str, known: Knowing) -> Words:
    late, values, env = job.late, known.values, job.env
    if late is not None and late.env:
        env = {**env, **{name: complete(text, values) for name, text in late.env.items()}}
        known.hide(job, env)
    script = job.script
    if late is not None and late.script is not None:
        script = complete(late.script, values, quoted=True)
    if script is not None:
        if known.mask(script) != script:
            raise ProcessError("its script holds a secret; take it from the environment")
        return Words(write_script(path, script), env)
    return Words(list(job.argv) if late is None else _argv(job, late, values), env)


def _argv(job: PlannedJob, late: Late, values: Values) -> list[str]:
    if late.line is not None:
        return argv_of(complete(late.line, values, quoted=True), job.shell)
    if late.elements is not None:
        return [complete(text, values) for text in late.elements]
    return list(job.argv)
