"""What has come of each job of a run.

A job is *good*, *allowed* (it failed and may), *unchanged* (what it makes is there already),
*unwanted* (by `when`, or because what it is to follow has not failed), *failed*, *skipped*
(something that it needs is bad) or *left* (never begun, because the run was cut short). The
first four are as good as each other for what needs the job: it runs. The next two are bad
for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from treadle.report.feed import Fact, JobEnded, JobSkipped, JobsUnchanged
from treadle.status import ReturnValue

if TYPE_CHECKING:
    from treadle.store.records import End
    from treadle.workflow import Plan

_SUCCESS, _FAILURE = ReturnValue.success, ReturnValue.failure


class Outcomes:
    """What has come of the jobs of one run.

    Args:
        plan: the jobs.
        chosen: names of those that are to run, in order.
        tell: takes the facts.

    Attributes:
        values: what jobs wrote to `$TREADLE_OUTPUT`, for the jobs that use it.
        results: what jobs that are Python functions returned.
        errors: what the last attempts of such jobs raised.
        flaky: good jobs that failed before they were.
        unchanged: the jobs that did not run because what they make is there.
        ends: the fact that told the end of each job.
        skips: the fact that told why each job that was skipped or unwanted is that.
    """

    def __init__(self, plan: Plan, chosen: Sequence[str], tell: Callable[[Fact], object]) -> None:
        self.plan = plan
        self.chosen = chosen
        self.tell = tell
        self.good: list[str] = []
        self.failed: list[str] = []
        self.skipped: list[str] = []
        self.unwanted: list[str] = []
        self.allowed: list[str] = []
        self.flaky: list[str] = []
        self.unchanged: dict[str, None] = {}
        self.values: dict[str, dict[str, str]] = {}
        self.results: dict[str, Any] = {}
        self.errors: dict[str, BaseException] = {}
        self.ends: dict[str, JobEnded] = {}
        self.skips: dict[str, JobSkipped] = {}
        # For each job that is bad for others, the job where the trouble began.
        self._origins: dict[str, str] = {}

    def gathered(self, name: str) -> None:
        """Note that a job is good that has nothing to run: it only gathers others."""
        self.good.append(name)
        fact = self.ends[name] = JobEnded(name, 0, _SUCCESS, "exited", 0.0)
        self.tell(fact)

    def same(self, names: Sequence[str], *, restored: bool = False) -> None:
        """Note that jobs need not run: what they make is there.

        Args:
            names: of the jobs.
            restored: it was taken from the cache.
        """
        self.unchanged |= dict.fromkeys(names)
        self.tell(JobsUnchanged(names, restored))

    def adopt(self, ends: Iterable[End]) -> None:
        """Note what has come of jobs before this run was resumed; nothing is told."""
        for end in ends:
            bad = end.kind == "failed"
            {"good": self.good, "allowed": self.allowed, "failed": self.failed}[end.kind].append(
                end.job
            )
            if bad:
                self._origins[end.job] = end.job
            self.ends[end.job] = _told(end)

    def is_fine(self, name: str) -> bool:
        """Tell whether a job is good or unchanged."""
        return name in self.unchanged or (name in self.ends and self.ends[name].good)

    def left(self) -> tuple[str, ...]:
        """Return the jobs that were never begun, in order."""
        return tuple(name for name in self.chosen if not self._is_over(name))

    def _is_over(self, name: str) -> bool:
        return name in self.ends or name in self.skips or name in self.unchanged


def _told(end: End) -> JobEnded:
    """Return the fact that told of an end."""
    from treadle.process.conditions import Usage  # noqa: PLC0415 -- for a run that is resumed

    usage = None
    if end.user is not None and end.system is not None and end.max_rss is not None:
        usage = Usage(end.user, end.system, end.max_rss, end.duration)
    return JobEnded(
        end.job,
        end.attempt,
        _SUCCESS if end.kind == "good" else _FAILURE,
        end.outcome,
        end.duration,
        end.detail,
        leaked=end.leaked,
        allowed=end.kind == "allowed",
        code=end.code,
        usage=usage,
    )
