"""Views of the facts of a run."""

from treadle.report.feed import (
    Fact,
    JobEnded,
    JobSkipped,
    JobStarted,
    RunEnded,
    RunStarted,
    View,
)

__all__ = ["Fact", "JobEnded", "JobSkipped", "JobStarted", "RunEnded", "RunStarted", "View"]
