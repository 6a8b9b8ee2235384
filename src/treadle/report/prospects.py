"""Whether a job would run, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from treadle.report.text import safe

if TYPE_CHECKING:
    from treadle.workflow import PlannedJob

_NAMED = 5

Prospect: TypeAlias = Literal["always", "runs", "perhaps", "unchanged", "unwanted", "cannot"]
"""Whether a job would run: ``perhaps`` depends on what jobs make that run before it."""


class Forecast(NamedTuple):
    """Whether a job would run.

    Attributes:
        prospect: in a word.
        why: why it would, would not, or cannot, in short texts.
        after: for ``perhaps``, the jobs that run first and on which it depends.
        since: for ``unchanged``, the run that did it last.
    """

    prospect: Prospect
    why: Sequence[str] = ()
    after: Sequence[str] = ()
    since: str = ""


def would_run(job: PlannedJob, forecast: Forecast) -> str:
    """Say whether a job would run, and why."""
    why = _named(forecast.why)
    match forecast.prospect:
        case "unwanted":
            text = f"no: {why}"
        case "cannot":
            text = f"it would fail: {why}"
        case "unchanged":
            text = f"no: nothing has changed since run {safe(forecast.since)}"
        case "perhaps":
            others = _named(forecast.after)
            text = f"only if {others}, which would run first, makes something else than before"
        case "runs":
            text = f"yes: {why}"
        case "always":
            text = _always(job)
    return text


def _always(job: PlannedJob) -> str:
    if job.always:
        return "yes, whatever comes of what it needs: 'always'"
    if "failure" in job.on.values():
        return "only if what it needs has failed"
    if job.when is not None:
        return "yes: its 'when' holds"
    return "yes: it declares no inputs or outputs, so every run that selects it runs it"


def _named(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _NAMED} more" if len(texts) > _NAMED else ""
    return ", ".join(map(safe, texts[:_NAMED])) + more


def forecast_fields(forecast: Forecast) -> dict[str, Any]:
    """Return the same for programs."""
    return {
        "prospect": forecast.prospect,
        "why": list(forecast.why),
        "after": list(forecast.after),
        "since": forecast.since or None,
    }
