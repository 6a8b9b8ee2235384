"""What is learned from the attempts of jobs: how long they take, which are bad, which was last.

It is written once a session, when that ends. The facts of a session that was killed are learned
when the next one begins, and by whoever reads before that: both by going through the facts that
are newer than what was learned.
"""

from __future__ import annotations

from collections.abc import Callable

from treadle.store.forms import Learned
from treadle.store.records import SETTLED, End

_DURATIONS = 5
_BAD = frozenset(("failed", "skipped"))
_NOTHING = Learned()


class Knowledge:
    """What is learned, by the number of the job.

    Args:
        jobs: what is known already.
        attempt_of: returns the number of the attempt of a start that is recorded, by its id.

    Attributes:
        jobs: what is known.
        changed: the numbers of the jobs of which something was learned since.
    """

    def __init__(self, jobs: dict[int, Learned], attempt_of: Callable[[int], int]) -> None:
        self.jobs = jobs
        self._attempt_of = attempt_of
        self.changed: set[int] = set()
        self._attempts: dict[int, int] = {}

    def before(self, job: int) -> tuple[int, int]:
        """Return the ids of the start and the end of the newest attempt of a job, or zeros."""
        learned = self.jobs.get(job, _NOTHING)
        return learned.start, learned.end

    def begin(self, number: int, job: int, attempt: int) -> None:
        """Learn that an attempt began: the id of that fact, and of which job."""
        _, _, bad, durations = self.jobs.get(job, _NOTHING)
        self.jobs[job] = Learned(number, 0, bad, durations)
        self._attempts[job] = attempt
        self.changed.add(job)

    def end(self, number: int, job: int, end: End) -> None:
        """Learn what came of a job: the id of that fact, and of which job."""
        known = self.jobs.get(job, _NOTHING)
        start, last, bad, durations = known
        if end.attempt and start and self._newest(job) == end.attempt:
            last = number
        if end.kind == "good" and end.attempt:
            durations = (*durations, end.duration)[-_DURATIONS:]
        if end.kind in SETTLED:
            bad = end.kind in _BAD
        learned = Learned(start, last, bad, durations)
        if learned != known:
            self.jobs[job] = learned
            self.changed.add(job)

    def _newest(self, job: int) -> int:
        if job not in self._attempts:
            self._attempts[job] = self._attempt_of(self.jobs[job].start)
        return self._attempts[job]

    def set(self, job: int, bad: bool, durations: tuple[float, ...]) -> None:
        """Take over what was learned elsewhere, if nothing is known of the job."""
        if job not in self.jobs:
            self.jobs[job] = Learned(bad=bad, durations=durations)
            self.changed.add(job)

    def forget(self, job: int) -> bool:
        """Forget how long a job takes and whether it is bad; say whether that was known."""
        known = self.jobs.get(job, _NOTHING)
        if not (known.bad or known.durations):
            return False
        self.jobs[job] = known._replace(bad=False, durations=())
        self.changed.add(job)
        return True
