"""Views of the facts of a run."""

from treadle.report.feed import (
    Fact,
    JobEnded,
    JobRetried,
    JobSkipped,
    JobStarted,
    JobsUnchanged,
    Remark,
    RunEnded,
    RunStarted,
    View,
)

__all__ = [
    "Fact",
    "JobEnded",
    "JobRetried",
    "JobSkipped",
    "JobStarted",
    "JobsUnchanged",
    "Remark",
    "RunEnded",
    "RunStarted",
    "View",
]
