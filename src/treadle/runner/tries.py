"""The attempts of a job that came to nothing, and whether another one is worth it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from treadle.runner.retry import SEARCHED, applies, pause

if TYPE_CHECKING:
    from random import Random

    from treadle.report.feed import JobEnded
    from treadle.report.reasons import Ending
    from treadle.workflow import PlannedJob

MAX_LOST = 3
"""How often a job is begun whose attempts are lost, whatever it says of retries."""


class Tries:
    """The attempts of one job so far.

    Attributes:
        failed: how many failed by themselves.
        lost: how many were lost, through no fault of the job.
        last: how the last one would be told if there is no other.
    """

    __slots__ = ("failed", "last", "lost")

    def __init__(self) -> None:
        self.failed = self.lost = 0
        self.last: JobEnded | None = None

    def pause(
        self, job: PlannedJob, ending: Ending, log: str | None, random: Callable[[], Random]
    ) -> float | None:
        """Count an attempt; return the seconds before the next one, None if there is none.

        Args:
            job: whose attempt it was.
            ending: how it ended.
            log: where its output is.
            random: gives the numbers for jitter.
        """
        if ending.outcome == "lost" and self.lost < MAX_LOST - 1:
            self.lost += 1
            return 0.0
        if self.failed >= job.retry.retries:
            return None
        if not applies(job.retry, ending, lambda: end_of(log)):
            return None
        self.failed += 1
        return pause(job.retry, self.failed, random)


def end_of(log: str | None) -> bytes:
    """Return the end of a log; nothing where there is none."""
    if log is None:
        return b""
    try:
        with open(log, "rb") as file:
            file.seek(max(0, file.seek(0, 2) - SEARCHED))
            return file.read()
    except OSError:
        return b""
