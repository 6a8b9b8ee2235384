"""How a run stands: what is done, what runs, and how long the rest may take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from treadle.clock import SYSTEM
from treadle.report.feed import (
    Fact,
    JobEnded,
    JobRetried,
    JobSkipped,
    JobStarted,
    JobsUnchanged,
    RunStarted,
)

_ENOUGH = 2
"""Ends of this run from which the others are guessed."""


class Standing:
    """Keeps count of the facts; what costs more than that is worked out when it is asked for.

    Attributes:
        jobs: how many there are.
        done: how many of them are over.
        failed: how many have failed, and were not allowed to.
        running: what runs, the longest first.
        queues: the tokens of each queue.
        expected: seconds that jobs took the last time, where that is known.
    """

    def __init__(self) -> None:
        self.jobs = self.done = self.failed = 0
        self.running: dict[str, JobStarted] = {}
        self.queues: Mapping[str, float] = {}
        self.expected: Mapping[str, float] = {}
        self.began = SYSTEM.monotonic()
        self._needs: Mapping[str, Sequence[str]] = {}
        self._tails: dict[str, float] | None = None
        # Of the jobs that are not over: the seconds that are known, and of how many.
        self._known = 0.0
        self._knowns = 0
        # Of the attempts that are over.
        self._spent = 0.0
        self._timed = 0

    def take(self, fact: Fact) -> None:
        """Count a fact."""
        match fact:
            case JobStarted():
                self.running[fact.name] = fact
            case JobEnded():
                self._over(fact.name, fact.duration if fact.attempt else None)
                self.failed += not (fact.good or fact.allowed)
            case JobRetried():
                self.running.pop(fact.name, None)
                self._spent += fact.duration
            case JobSkipped():
                self._over(fact.name, None)
            case JobsUnchanged():
                for name in fact.names:
                    self._over(name, None)
            case RunStarted():
                self._begin(fact)

    def _begin(self, fact: RunStarted) -> None:
        self.jobs, self.queues, self._needs = fact.jobs, fact.queues, fact.needs
        self.expected = fact.expected
        self._known, self._knowns = sum(fact.expected.values()), len(fact.expected)
        self.began = SYSTEM.monotonic()

    def _over(self, name: str, duration: float | None) -> None:
        self.running.pop(name, None)
        self.done += 1
        if duration is not None:
            self._spent += duration
            self._timed += 1
        if self.expected and name in self.expected:
            self._known -= self.expected[name]
            self._knowns -= 1

    def waiting(self) -> int:
        """Return how many jobs have not begun."""
        return max(0, self.jobs - self.done - len(self.running))

    def used(self) -> dict[str, float]:
        """Return the tokens that are held of each queue."""
        held: Counter[str] = Counter()
        for fact in list(self.running.values()):
            held.update(fact.queues)
        return {queue: held[queue] for queue in self.queues}

    def left(self, now: float) -> float | None:
        """Guess how many seconds the rest takes.

        The work that is left, at as many jobs at a time as there were on average so far; but
        no less than the longest chain of jobs behind one that runs. A job takes what it took
        the last time, or the mean of those that have ended in this run.

        Returns:
            None where that would be no more than a guess at random.
        """
        running = {name: now - fact.at for name, fact in list(self.running.items())}
        unknown = self.jobs - self.done - self._knowns
        mean = self._spent / self._timed if self._timed >= _ENOUGH else None
        if mean is None and (unknown or not self._knowns):
            return None
        mean = mean or 0.0
        spent = sum(min(for_, self.expected.get(n, mean)) for n, for_ in running.items())
        work = self._known + unknown * mean - spent
        at_a_time = (self._spent + sum(running.values())) / max(now - self.began, 1e-9)
        behind = max((self._behind(n) - for_ for n, for_ in running.items()), default=0.0)
        guess = max(work / max(1.0, at_a_time), behind)
        return guess if guess > 0 else None

    def _behind(self, name: str) -> float:
        """Return the seconds of the longest chain that begins with a job, as far as known."""
        if self._tails is None:
            self._tails = _tails(self._needs, self.expected) if self.expected else {}
        return self._tails.get(name, 0.0)


def _tails(needs: Mapping[str, Sequence[str]], seconds: Mapping[str, float]) -> dict[str, float]:
    from treadle.workflow.graph import in_order  # noqa: PLC0415 -- when it is first wanted

    behind: dict[str, float] = {}
    tails: dict[str, float] = {}
    for name in reversed(in_order(needs)):
        tails[name] = behind.get(name, 0.0) + seconds.get(name, 0.0)
        for need in needs[name]:
            behind[need] = max(behind.get(need, 0.0), tails[name])
    return tails
