"""What is recorded of a run that is resumed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from treadle.workflow.names import file_name

if TYPE_CHECKING:
    from treadle.store.records import End, Start

_STANDS = frozenset(("good", "allowed", "failed"))
_CUT_SHORT = frozenset(("interrupted", "lost", "stuck"))
_LOG = re.compile(r"(.+)\.([1-9][0-9]{0,8})\.(?:log|output)")


class Recorded(Protocol):
    """Where facts can be read; `treadle.store.Reader` is such a thing."""

    def starts(self, run: str) -> Iterable[Start]:
        """The beginnings of attempts, in the order in which they were recorded."""

    def ends(self, run: str) -> Iterable[End]:
        """The ends of attempts and jobs, in the order in which they were recorded."""

    def values(self, run: str) -> Mapping[str, Mapping[str, str]]:
        """What jobs left for others, by job and name."""


class Past:
    """What has come of the jobs of a run before it is resumed.

    An end stands as it was recorded, a failure too, unless it was none of the job's own: the
    attempt was interrupted, lost or stuck, or the job waited for its next one when the run
    was cut short. What was skipped or not wanted is decided anew.

    Args:
        store: has the facts.
        run: the name of the run.
        logs: the folder of its logs.
        failed_again: failures do not stand either.

    Attributes:
        ends: what stands, by job.
        values: what those jobs left for others.
        open: the attempts that were begun and whose ends were never recorded, by job.
        tries: for jobs that were run again, how many attempts failed, and were lost.
        spent: seconds that the attempts took that are over, with the pauses after them.
    """

    def __init__(
        self, store: Recorded, run: str, logs: str | os.PathLike[str], *, failed_again: bool = False
    ) -> None:
        self.ends: dict[str, End] = {}
        self.open: dict[str, Start] = {}
        self.tries: dict[str, tuple[int, int]] = {}
        self.spent: dict[str, float] = {}
        self._attempts: dict[str, int] = {}
        self._retried: dict[str, int] = {}
        for start in store.starts(run):
            self.open[start.job] = start
            self._count(start.job, start.attempt)
        for end in store.ends(run):
            self._take(end, failed_again=failed_again)
        self.values = {job: dict(v) for job, v in store.values(run).items() if job in self.ends}
        self._logged = _logged(logs)

    def _take(self, end: End, *, failed_again: bool) -> None:
        job, start = end.job, self.open.get(end.job)
        self._count(job, end.attempt)
        if start is not None and start.attempt <= end.attempt:
            del self.open[job]
        waited = self._retried.get(job) == end.attempt
        if end.kind == "retried":
            failed, lost = self.tries.get(job, (0, 0))
            self.tries[job] = (failed + end.counted, lost + (not end.counted))
            self._retried[job] = end.attempt
        if not waited:
            self.spent[job] = self.spent.get(job, 0.0) + end.duration + end.delay
        own = end.kind in _STANDS and end.outcome not in _CUT_SHORT and not waited
        if own and not (failed_again and end.kind == "failed"):
            self.ends[job] = end
        else:
            self.ends.pop(job, None)

    def _count(self, job: str, attempt: int) -> None:
        if attempt > self._attempts.get(job, 0):
            self._attempts[job] = attempt

    def attempts(self, job: str) -> int:
        """Return the number of the last attempt of a job.

        The log of an attempt is made before its program is started, and its beginning is
        recorded some milliseconds later: after a crash between the two there is the log.
        """
        return max(self._attempts.get(job, 0), self._logged.get(file_name(job), 0))


def _logged(logs: str | os.PathLike[str]) -> dict[str, int]:
    """Return the last attempt that has a log, by the name of the job's files."""
    found: dict[str, int] = {}
    try:
        names = os.listdir(logs)
    except OSError:
        return found
    for name in names:
        if match := _LOG.fullmatch(name):
            stem, number = match[1], int(match[2])
            if number > found.get(stem, 0):
                found[stem] = number
    return found
