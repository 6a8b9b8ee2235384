"""What every run has, however its jobs are run: facts, a book, an order, a result.

A run has two parts. In the first, jobs start as they become ready, until all are over or the
run is cut short: by failures, by a person, by its deadline, by jobs that cannot be killed. The
second is for the jobs that are to run all the same; it begins when nothing of the first is
alive any more, with all tokens free. Another interrupt ends it, too.
"""

from __future__ import annotations

import os
import signal
from abc import ABCMeta, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from treadle.clock import SYSTEM
from treadle.engine import longest_remaining_path
from treadle.errors import StalledError, Terminated
from treadle.report import Remark, RunEnded, RunStarted
from treadle.report.redact import Redactor
from treadle.report.text import seconds
from treadle.runner.book import Book
from treadle.runner.last import Last, keep_last, read_last
from treadle.runner.result import RunResult, result_of
from treadle.runner.scheduler import DeadlinePassed
from treadle.runner.secrets import secrets_of
from treadle.runner.settings import Settings
from treadle.workflow.queues import queue_sizes

if TYPE_CHECKING:
    from treadle.report import Fact
    from treadle.workflow import Plan

Order = str | Mapping[str, float]


class Execution(metaclass=ABCMeta):
    """One run of the chosen jobs of a plan; derived classes say how jobs are run.

    Args:
        plan: the jobs.
        chosen: names of those that are to run, with all that they need.
        targets: what the run was asked for.
        settings: what is said of the run as a whole.

    Raises:
        WorkflowError: a secret is too short, or a job asks for more than there is.

    Attributes:
        redactor: hides the secrets of the run, also those that are known only later.
        label: the name of the run.
        logs: the folder of its logs.
        deadline: the instant at which it is stopped.
        keeps: logs, and what the next run makes use of, are kept in a folder.
        stuck: the jobs that could not be stopped, where they are not processes.
    """

    keeps = True

    def __init__(
        self, plan: Plan, chosen: Sequence[str], targets: Sequence[str], settings: Settings
    ) -> None:
        self.plan = plan
        self.chosen = chosen
        self.targets = targets
        self.settings = settings
        self.queues = queue_sizes(plan, chosen, settings.tokens)
        self.redactor = Redactor(secrets_of(plan, chosen, os.environ))
        views = settings.views
        self.views = views(self.redactor) if callable(views) else views
        self.book = Book(plan, chosen, self.tell, keep_going=settings.keep_going)
        self.label = ""
        self.logs = Path()
        self.deadline: float | None = None
        self.stuck: list[str] = []
        self._signum = 0
        self._cause = self._detail = ""

    @abstractmethod
    def run_jobs(self, needs: Mapping[str, Sequence[str]], order: Order, *, last: bool) -> None:
        """Run jobs; return or raise when nothing of them is left.

        Args:
            needs: the jobs, and which of them each one needs.
            order: which of the ready jobs goes first, as for `Scheduler`.
            last: these run although the run was cut short: there is no deadline, and
                failures do not keep any of them from being started.

        Raises:
            KeyboardInterrupt, Terminated: a signal came.
            DeadlinePassed: the deadline of the run has come.
            StalledError: nothing can go on.
        """

    def tell(self, fact: Fact) -> None:
        """Give a fact to all views."""
        for view in self.views:
            view.take(fact)

    def execute(self, label: str, logs: Path) -> RunResult:
        """Run the jobs; return when nothing of them is left.

        Args:
            label: the name of the run.
            logs: the folder for its logs.
        """
        self.label, self.logs = label, logs
        begin = SYSTEM.monotonic()
        if self.settings.deadline is not None:
            self.deadline = begin + self.settings.deadline
        remarks: list[Fact] = []
        before = read_last(self.plan, remarks.append) if self.keeps else Last()
        expected = before.durations if self.settings.expected is None else self.settings.expected
        needs = {name: self.plan.jobs[name].needs for name in self.chosen}
        known = {name: expected[name] for name in self.chosen if name in expected}
        self.tell(RunStarted(label, self.plan.label, len(needs), self.queues, logs, needs, known))
        for said in remarks:
            self.tell(said)
        try:
            self._both_parts(needs, self._order(needs, known))
            self._keep(before)
        finally:
            duration = SYSTEM.monotonic() - begin
            left = len(self.book.left())
            self.tell(RunEnded(duration, left, self._signum, self._cause, self._detail))
        return result_of(
            self.book,
            run=label,
            logs=logs,
            duration=duration,
            signum=self._signum,
            cause=self._cause,
            detail=self._detail,
            seed=self.settings.shuffle,
            stuck=self.stuck,
        )

    def _keep(self, before: Last) -> None:
        if not self.keeps:
            return
        seed = self.settings.shuffle
        if remark := keep_last(self.plan, before, self.book, self.targets, seed):
            self.tell(remark)

    # -- the two parts -------------------------------------------------------------------

    def _both_parts(self, needs: Mapping[str, Sequence[str]], order: Order) -> None:
        try:
            self._part(needs, order, last=False)
            self.book.abandon()
            stopped = bool(self._signum) or self._cause == "deadline"
            if names := self.book.remaining(stopped=stopped):
                among = set(names)
                rest = {name: [n for n in needs[name] if n in among] for name in names}
                self._part(rest, order, last=True)
                self.book.abandon()
        except KeyboardInterrupt:
            # It came between the two: nothing runs, and nothing more is to.
            self._signum = self._signum or signal.SIGINT

    def _part(self, needs: Mapping[str, Sequence[str]], order: Order, *, last: bool) -> None:
        """Run jobs; note what cut that short, if nothing did before."""
        signum, cause, detail = 0, "", ""
        try:
            self.run_jobs(needs, order, last=last)
        except KeyboardInterrupt:
            signum = int(signal.SIGINT)
        except Terminated as error:
            signum = error.signum
        except DeadlinePassed:
            cause = "deadline"
            detail = f"its time was up after {seconds(self.settings.deadline or 0.0)}"
        except StalledError as error:
            cause, detail = "stalled", str(error)
        self._signum = self._signum or signum
        if not self._cause:
            self._cause, self._detail = cause, detail

    # -- the order -----------------------------------------------------------------------

    def _order(self, needs: Mapping[str, Sequence[str]], known: Mapping[str, float]) -> Order:
        seed = self.settings.shuffle
        if seed is not None:
            from random import Random  # noqa: PLC0415 -- it takes a while to load

            self.tell(Remark(f"the order of ready jobs is shuffled, with seed {seed}"))
            random = Random(seed).random  # noqa: S311 -- nothing secret
            return {name: random() for name in needs}
        if not known:
            return "critical-path"
        # What was never run may take as long as what was, on average.
        mean = sum(known.values()) / len(known)
        ranks = longest_remaining_path(needs.items(), lambda name: known.get(str(name), mean))
        return {str(name): rank for name, rank in ranks.items()}
