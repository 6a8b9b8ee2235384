"""The values of a run that nobody is to see: found before it begins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from treadle.errors import WorkflowError
from treadle.report.redact import SHORTEST
from treadle.runner.values import drop_values

if TYPE_CHECKING:
    from pathlib import Path

    from treadle.report.redact import Redactor
    from treadle.workflow import Plan, PlannedJob


def secret_values(job: PlannedJob, env: Mapping[str, str]) -> dict[str, str]:
    """Return the secret variables of a job that are set and not empty."""
    values = {name: job.env.get(name) or env.get(name, "") for name in job.secret}
    return {name: value for name, value in values.items() if value}


def secrets_of(plan: Plan, chosen: Iterable[str], env: Mapping[str, str]) -> set[str]:
    """Return the secret values of all chosen jobs.

    Raises:
        WorkflowError: a value is too short to be hidden, or stands in a script, which is
            kept.
    """
    jobs = [plan.jobs[name] for name in chosen]
    found: dict[str, str] = {}
    mistakes: list[str] = []
    for job in jobs:
        for name, value in secret_values(job, env).items() if job.secret else ():
            found[value] = name
            if len(value) < SHORTEST:
                mistakes.append(
                    f"{plan.label}: job {job.name!r} has a secret '{name}' with {len(value)} "
                    f"characters; what is shorter than {SHORTEST} cannot be hidden"
                )
    mistakes += _in_scripts(plan.label, jobs, found) if found and not mistakes else []
    if mistakes:
        raise WorkflowError(*mistakes)
    return set(found)


def hide_left(logs: Path, redactor: Redactor) -> None:
    """Hide secrets in what a run has left that was killed: nobody was there to do it.

    Args:
        logs: the folder of its logs.
        redactor: knows the secrets.
    """
    for path in logs.glob("*.output"):
        drop_values(str(path))
    for path in logs.glob("*.log") if redactor else ():
        with suppress(OSError):  # it is not one of ours, or gone
            redactor.file(path)


def _in_scripts(label: str, jobs: Iterable[PlannedJob], secrets: Mapping[str, str]) -> list[str]:
    return [
        f"{label}: the script of job {job.name!r} holds the value of the secret '{name}', "
        f"and scripts are kept; take it from the environment: ${name}"
        for job in jobs
        if job.script is not None
        for value, name in secrets.items()
        if value in job.script
    ]
