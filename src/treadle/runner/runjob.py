"""What a run asks of a job that has attempts, whatever that runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from treadle.process.conditions import Usage
    from treadle.report.reasons import Ending
    from treadle.runner.incremental.look import Look


class RunJob(Protocol):
    """What is asked of a job that has attempts, whatever it runs.

    Attributes:
        name: of the job.
        number: that of the attempt, over all that there were in the run.
        look: what was seen of it before; None where nobody looks.
        is_idle: it need not run, and did not.
        first_began: when its first attempt began, an instant of the monotonic clock.
        began: when this one did.
        over: when this one ended.
        log: where its output goes.
        usage: what it used.
        values: what it leaves for other jobs.
        requeue_delay: is set to the pause before the next attempt.
    """

    name: str
    queue_name: str
    tokens: float
    further_tokens: Mapping[str, float]
    values: dict[str, str] | None
    first_began: float | None
    requeue_delay: float | None

    @property
    def number(self) -> int:
        """The number of the attempt."""

    @property
    def look(self) -> Look | None:
        """What was seen of it before."""

    @property
    def is_idle(self) -> bool:
        """Whether it need not run."""

    @property
    def began(self) -> float:
        """When this attempt began."""

    @property
    def over(self) -> float:
        """When this attempt ended."""

    @property
    def log(self) -> str | None:
        """Where its output goes."""

    @property
    def usage(self) -> Usage | None:
        """What it used, where that is known."""

    def end(self) -> Ending:
        """How this attempt ended."""
