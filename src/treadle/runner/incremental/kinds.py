"""Which jobs run only when something changed, and which run nothing at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from treadle.workflow import PlannedJob


def is_incremental(job: PlannedJob) -> bool:
    """Tell whether a job runs only when something changed."""
    return bool(job.inputs or job.outputs)


def is_gathering(job: PlannedJob) -> bool:
    """Tell whether a job runs nothing and makes nothing: it only gathers others."""
    runs = job.argv or job.script is not None or job.late is not None or job.call is not None
    return not (runs or is_incremental(job))
