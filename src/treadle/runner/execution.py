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
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from treadle.clock import SYSTEM
from treadle.errors import StalledError, StoreError, Terminated
from treadle.report.feed import JobsUnchanged, Remark, RunEnded, RunStarted
from treadle.report.redact import Redactor
from treadle.report.text import seconds
from treadle.runner.book import Book
from treadle.runner.precedence import Order, ranks
from treadle.runner.result import RunResult, result_of
from treadle.runner.secrets import hide_left, secrets_of
from treadle.runner.settings import Settings
from treadle.store.uninterrupted import uninterrupted
from treadle.workflow.queues import queue_sizes

if TYPE_CHECKING:
    from treadle.report import Fact
    from treadle.runner.kept import Kept
    from treadle.runner.past import Past
    from treadle.runner.recording import Recording
    from treadle.runner.upkeep import Upkeep
    from treadle.workflow import Plan


class Execution(metaclass=ABCMeta):
    """One run of the chosen jobs of a plan; derived classes say how jobs are run.

    Args:
        plan: the jobs.
        chosen: names of those that are to run, with all that they need.
        targets: what the run was asked for.
        settings: what is said of the run as a whole.
        kept: what survives the run; None if nothing does.

    Raises:
        WorkflowError: a secret is too short, or a job asks for more than there is.

    Attributes:
        redactor: hides the secrets of the run, also those that are known only later.
        label: the name of the run.
        logs: the folder of its logs.
        deadline: the instant at which it is stopped.
        keeps: logs are kept in a folder.
        recording: takes the facts to the store; None if there is none.
        upkeep: what the store is asked and told for each job; None if there is none.
        stuck: the jobs that could not be stopped, where they are not processes.
    """

    keeps = True

    def __init__(
        self,
        plan: Plan,
        chosen: Sequence[str],
        targets: Sequence[str],
        settings: Settings,
        kept: Kept | None = None,
    ) -> None:
        self.plan = plan
        self.chosen = chosen
        self.targets = targets
        self.settings = settings
        self.queues = queue_sizes(plan, chosen, settings.tokens)
        self.redactor = Redactor(secrets_of(plan, chosen, os.environ))
        views = settings.views
        self.views = views(self.redactor) if callable(views) else views
        self.kept = kept
        self.recording: Recording | None = None
        self.upkeep: Upkeep | None = None
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
            StoreError: facts cannot be recorded.
        """

    def _recording(self, kept: Kept) -> Recording:
        """Return what takes facts to the store."""
        from treadle.runner.recording import Recording  # noqa: PLC0415 -- where there are any

        return Recording(kept.writer, self._show)

    def tell(self, fact: Fact) -> None:
        """Give a fact to all views, as soon as it is recorded."""
        if self.recording is not None:
            self.recording.take(fact)
        else:
            self._show(fact)

    def _show(self, fact: Fact) -> None:
        for view in self.views:
            view.take(fact)

    def execute(self, label: str, logs: Path) -> RunResult:
        """Run the jobs; return when nothing of them is left.

        Args:
            label: the name of the run.
            logs: the folder for its logs.

        Raises:
            StoreError: nothing can be recorded; nothing was started.
        """
        self.label, self.logs = label, logs
        begin = SYSTEM.monotonic()
        if self.settings.deadline is not None:
            self.deadline = begin + self.settings.deadline
        settled = self._begin()
        all_needs = {name: self.plan.jobs[name].needs for name in self.chosen}
        needs = _without(all_needs, settled)
        expected = self._expected() if needs else {}
        known = {name: expected[name] for name in needs if name in expected}
        told = _without(all_needs, self.book.ends)
        self.tell(RunStarted(label, self.plan.label, len(told), self.queues, logs, told, known))
        try:
            # What is noted for the store is noted as a whole, or not at all.
            with uninterrupted():
                self._before(settled)
            self._both_parts(needs, ranks(needs, known, self.settings.shuffle, self.tell))
        finally:
            self._end(SYSTEM.monotonic() - begin)
        return result_of(
            self.book,
            run=label,
            logs=logs,
            duration=SYSTEM.monotonic() - begin,
            signum=self._signum,
            cause=self._cause,
            detail=self._detail,
            seed=self.settings.shuffle,
            stuck=self.stuck,
        )

    # -- what survives -------------------------------------------------------------------

    def _begin(self) -> Collection[str]:
        """Begin the record of the run; return the jobs of which is known that they need not run."""
        if self.kept is None:
            return ()
        about = {
            "label": self.plan.label,
            "targets": list(self.targets),
            "queues": self.queues,
            "jobs": len(self.chosen),
            "seed": self.settings.shuffle,
            "tokens": self.settings.tokens,
            "keep_going": self.settings.keep_going,
            "plan": self.plan.mark,
        }
        return self._settle(self.kept, self.kept.begin(self.label, about, self.logs))

    def _settle(self, kept: Kept, past: Past | None) -> Collection[str]:
        """Find the jobs that need not run, before any is started."""
        from treadle.runner.upkeep import Upkeep  # noqa: PLC0415 -- where a seal says it all

        recording = self.recording = self._recording(kept)
        self.upkeep = Upkeep(
            self.label,
            self.plan,
            self.chosen,
            kept.writer,
            recording,
            self.book,
            past=past,
            always=self.settings.always,
            seals=kept.seals,
            unbroken=kept.unbroken,
            is_the_plan=kept.is_the_plan,
        )
        if past is not None:
            for name, (failed, lost) in past.tries.items():
                self.book.tried(name, failed=failed, lost=lost)
        settled = self.upkeep.settle()
        if self.upkeep.sealing is not None and len(settled) < len(self.chosen):
            # Be ready for a run that changes things and is killed in the middle.
            self.upkeep.sealing.seals.open()
        return settled

    def _expected(self) -> Mapping[str, float]:
        if self.settings.expected is not None:
            return self.settings.expected
        return self.kept.durations if self.kept is not None else {}

    def _before(self, settled: Collection[str]) -> None:
        """Say what is known before anything is started."""
        if self.kept is None:
            return
        same = [name for name in settled if name not in self.book.ends]
        if same:
            self._same(same)
        for remark in self.kept.remarks(len(settled) - len(same)):
            self.tell(remark)
        self._hide_left()
        if self.upkeep is not None:
            self.upkeep.clear_open(self.kept.open_attempts())

    def _same(self, names: Sequence[str]) -> None:
        """Record and tell that jobs are unchanged, of those with a seal all at once."""
        kept = self.kept
        if kept is None:
            return
        if sealed := [name for name in names if name in kept.unbroken]:
            kept.unchanged(sealed)
            self.book.unchanged |= dict.fromkeys(sealed)
            self._show(JobsUnchanged(sealed))
        if rest := [name for name in names if name not in kept.unbroken]:
            self.book.same(rest)

    def _end(self, duration: float) -> None:
        """Close the record of the run, and tell its end; a Ctrl-C meanwhile waits for that."""
        with uninterrupted():
            self._close_record(duration)

    def _close_record(self, duration: float) -> None:
        left = len(self.book.left())
        # Again: some secrets are known only when other jobs have said them.
        self._hide_left()
        if self.kept is not None:
            try:
                if self.recording is not None:
                    self.recording.finish()
                self.kept.end(self.book, duration, self._signum, self._cause, self._detail)
                if self.upkeep is not None:
                    self.upkeep.end(cut_short=bool(self._signum or self._cause))
            except StoreError as error:
                self._note_broken(error)
            if left and (self._signum or self._cause == "deadline"):
                self._show(Remark("'treadle resume' goes on with this run"))
        self._show(RunEnded(duration, left, self._signum, self._cause, self._detail))

    def _hide_left(self) -> None:
        for logs in self.kept.killed if self.kept is not None else ():
            hide_left(logs, self.redactor)

    def _note_broken(self, error: StoreError) -> None:
        if self._cause != "store":
            self._cause, self._detail = "store", str(error)

    # -- the two parts -------------------------------------------------------------------

    def _both_parts(self, needs: Mapping[str, Sequence[str]], order: Order) -> None:
        try:
            if needs:
                self._part(needs, order, last=False)
            self._abandon()
            stopped = bool(self._signum) or self._cause in ("deadline", "store")
            if names := self.book.remaining(stopped=stopped):
                among = set(names)
                rest = {name: [n for n in needs[name] if n in among] for name in names}
                self._part(rest, order, last=True)
                self._abandon()
        except KeyboardInterrupt:
            # It came between the two: nothing runs, and nothing more is to.
            self._signum = self._signum or signal.SIGINT

    def _abandon(self) -> None:
        with uninterrupted():
            self.book.abandon()

    def _part(self, needs: Mapping[str, Sequence[str]], order: Order, *, last: bool) -> None:
        """Run jobs; note what cut that short, if nothing did before."""
        from treadle.runner.scheduler import DeadlinePassed  # noqa: PLC0415 -- if anything is run

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
        except StoreError as error:
            cause, detail = "store", str(error)
        self._signum = self._signum or signum
        if not self._cause:
            self._cause, self._detail = cause, detail


def _without(
    needs: Mapping[str, Sequence[str]], over: Collection[str]
) -> Mapping[str, Sequence[str]]:
    """Return the jobs that are left, and of their needs those that are."""
    if not over:
        return needs
    return {
        name: [need for need in some if need not in over]
        for name, some in needs.items()
        if name not in over
    }
