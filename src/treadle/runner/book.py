"""What is decided from what has come of the jobs of a run.

Nothing here waits, and nothing looks at a clock: instants are arguments. A scheduler keeps the
book in its callbacks, a crew of threads under a lock of its own.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from treadle.report.feed import Fact, JobEnded, JobRetried, JobSkipped, JobStarted
from treadle.report.reasons import Ending, reason
from treadle.runner.outcomes import Outcomes
from treadle.runner.tries import Tries
from treadle.status import ReturnValue

if TYPE_CHECKING:
    from random import Random

    from treadle.process.conditions import Usage
    from treadle.workflow import Plan, PlannedJob

_SUCCESS, _FAILURE = ReturnValue.success, ReturnValue.failure


class Book(Outcomes):
    """What has come of the jobs of one run, and what follows from that.

    Args:
        plan: the jobs.
        chosen: names of those that are to run, in order.
        tell: takes the facts.
        keep_going: after so many failures nothing more is started; 0 is no limit.
        random: for the jitter of pauses; without it, one that nobody can repeat.

    Attributes:
        draining: nothing more is to be started, except for the jobs that `remaining` names.
    """

    def __init__(
        self,
        plan: Plan,
        chosen: Sequence[str],
        tell: Callable[[Fact], object],
        *,
        keep_going: int = 0,
        random: Random | None = None,
    ) -> None:
        super().__init__(plan, chosen, tell)
        self.keep_going = keep_going
        self.draining = False
        self._failures = 0
        self._tries: dict[str, Tries] = {}
        self._random = random

    # -- before a job ------------------------------------------------------------------

    def verdict(self, name: str, env: Mapping[str, str]) -> str:
        """Say why a job is not to run, once all that it needs is over; nothing if it is.

        Args:
            name: of the job.
            env: the environment of the run; that of the job comes on top.
        """
        job = self.plan.jobs[name]
        if not job.always and (self._origins or job.on):
            if blocking := self._blocking(job):
                return f"'{blocking}' failed or was skipped"
            for need, what in job.on.items():
                if what == "failure" and self._origins.get(need) != need:
                    return f"'{need}' did not fail"
        if job.when is None:
            return ""
        return job.when.unmet(ChainMap(job.env, env), job.cwd)  # type: ignore[arg-type]  # only read

    def _blocking(self, job: PlannedJob) -> str:
        """Return the need that keeps a job from running: rather one that failed itself."""
        if job.always:
            return ""
        bad = [n for n in job.needs if n in self._origins and n not in job.on]
        return next((n for n in bad if self._origins[n] == n), bad[0] if bad else "")

    def skip(self, name: str, why: str) -> None:
        """Note that a job does not run, for the reason that `verdict` gave."""
        need = self._blocking(self.plan.jobs[name])
        if need:
            self._origins[name] = self._origins[need]
            self.skipped.append(name)
            fact = JobSkipped(name, need, self._origins[need])
        else:
            self.unwanted.append(name)
            fact = JobSkipped(name, "", "", why)
        self.skips[name] = fact
        self.tell(fact)

    def started(
        self,
        name: str,
        attempt: int,
        at: float,
        *,
        log: str | None = None,
        queues: Mapping[str, float] | None = None,
        slot: int = 0,
        why: Sequence[str] = (),
    ) -> None:
        """Tell that an attempt begins; the arguments are those of `JobStarted`."""
        terminal = self.plan.jobs[name].terminal
        self.tell(JobStarted(name, attempt, at, terminal, log, queues or {}, slot, why))

    def tried(self, name: str, *, failed: int, lost: int) -> None:
        """Note the attempts of a job before this run was resumed.

        Args:
            name: of the job.
            failed: how many failed, and were followed by another.
            lost: how many were lost.
        """
        tries = self._tries[name] = Tries()
        tries.failed, tries.lost = failed, lost

    # -- after an attempt --------------------------------------------------------------

    def ended(
        self,
        name: str,
        attempt: int,
        ending: Ending,
        *,
        began: float,
        now: float,
        first_began: float | None = None,
        log: str | None = None,
        usage: Usage | None = None,
        mask: Callable[[str], str] | None = None,
    ) -> float | None:
        """Note the end of an attempt, and tell it.

        Args:
            name: of the job.
            attempt: which one, from 1.
            ending: how it ended.
            began: when it began.
            now: when it ended.
            first_began: when the first attempt of the job began; without it, `began`.
            log: where its output is.
            usage: what it used.
            mask: hides secrets in what is told of it.

        Returns:
            Seconds until it is to run again; None if it is settled.
        """
        job = self.plan.jobs[name]
        good = ending.is_good(job)
        detail = "" if good else reason(ending, job)
        fact = JobEnded(
            name,
            attempt,
            _SUCCESS if good else _FAILURE,
            ending.outcome,
            now - began,
            mask(detail) if mask is not None and detail else detail,
            log,
            ending.leaked,
            not good and ending.is_allowed(job),
            ending.code,
            usage,
        )
        if not good:
            first = began if first_began is None else first_began
            delay = self._again(job, ending, fact, now, first)
            if delay is not None:
                return delay
        self._settle(fact)
        return None

    def _again(
        self, job: PlannedJob, ending: Ending, fact: JobEnded, now: float, first: float
    ) -> float | None:
        """Decide on another attempt; return the pause before it, and tell it."""
        if ending.outcome in ("interrupted", "stuck") or ending.final:
            return None
        if self.draining and not _is_late(job):
            return None
        tries = self._tries.setdefault(job.name, Tries())
        delay = tries.pause(job, ending, fact.log, self._dice)
        most = job.total_timeout
        if delay is None or (most is not None and now + delay - first >= most):
            return None
        tries.last = fact
        self.tell(
            JobRetried(
                job.name,
                fact.attempt,
                fact.duration,
                fact.detail,
                fact.outcome,
                delay,
                fact.log,
                fact.code,
                fact.usage,
            )
        )
        return delay

    def _dice(self) -> Random:
        if self._random is None:
            from random import Random  # noqa: PLC0415 -- it takes a while to load

            self._random = Random()  # noqa: S311 -- nothing secret
        return self._random

    def _settle(self, fact: JobEnded) -> None:
        name = fact.name
        if fact.status is _SUCCESS:
            self.good.append(name)
            tries = self._tries.get(name) if self._tries else None
            if tries is not None and tries.failed:
                self.flaky.append(name)
        elif fact.allowed:
            self.allowed.append(name)
        else:
            self.failed.append(name)
            self._origins[name] = name
            self._failures += 1
            self.draining |= self._failures == self.keep_going
        self.ends[name] = fact
        self.tell(fact)

    # -- the end of the run --------------------------------------------------------------

    def abandon(self) -> None:
        """Nothing more is begun: a job that waited for its next attempt has failed."""
        self.draining = True
        for name, tries in self._tries.items():
            if tries.last is not None and name not in self.ends:
                self._settle(tries.last)

    def remaining(self, *, stopped: bool) -> list[str]:
        """Return the jobs that are to run although the run was cut short, in order.

        Those with `always`; and, unless the run was stopped from outside, those that
        follow a failure and can still do so. Call `abandon` first.

        Args:
            stopped: it was interrupted, or its time was up.
        """
        left = self.left()
        names = {name for name in left if self.plan.jobs[name].always}
        fresh = not stopped
        while fresh:
            more = {n for n in left if n not in names and self._may_follow(n, names)}
            names |= more
            fresh = bool(more)
        return [name for name in left if name in names]

    def _may_follow(self, name: str, names: set[str]) -> bool:
        job = self.plan.jobs[name]
        return "failure" in job.on.values() and all(
            need in names or self._is_over(need) for need in job.needs
        )


def _is_late(job: PlannedJob) -> bool:
    """Whether a job runs also when nothing more is started."""
    return job.always or "failure" in job.on.values()
