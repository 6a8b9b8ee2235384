"""What survives a run, and what is known from those before: the store, as one run sees it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from threading import Event
from typing import TYPE_CHECKING, Any

from treadle.clock import SYSTEM
from treadle.errors import StoreBusyError
from treadle.report.feed import Remark
from treadle.report.logs import remove_logs, run_folder
from treadle.report.text import number
from treadle.runner.incremental.given import Given
from treadle.runner.incremental.seals import Seals
from treadle.store.records import RunRecord, SessionEnd, Start
from treadle.store.store import Store, store_beside

if TYPE_CHECKING:
    from pathlib import Path

    from treadle.runner.outcomes import Outcomes
    from treadle.runner.past import Past
    from treadle.store.writer import Writer
    from treadle.workflow import Plan

_SURVIVES_FOR = 5.0
_LOOK_EACH = 0.02
_PAUSE = Event()  # never set


class Kept:
    """The store, for one run.

    Args:
        writer: the store.
        plan: the workflow.
        resumed: the run that is continued; None for a new one.
        failed_again: jobs that failed in it run again.

    Attributes:
        seals: of the jobs; None if the plan has no mark, or a run is resumed.
        unbroken: the chosen jobs that have one that is not broken.
    """

    def __init__(
        self,
        writer: Writer,
        plan: Plan,
        resumed: RunRecord | None = None,
        *,
        failed_again: bool = False,
    ) -> None:
        self.writer = writer
        self.seals: Seals | None = None
        self.unbroken: AbstractSet[str] = frozenset()
        self._durations: Mapping[str, float] | None = None
        self._plan = plan
        self._resumed = resumed
        self._failed_again = failed_again
        self._past: Past | None = None
        # Before this one begins: the run that may have been cut short.
        self._before = next(iter(writer.runs(1)), None)

    @property
    def killed(self) -> list[Path]:
        """The folders of the logs of runs that were killed: the one before, the one resumed."""
        runs = {run.name: run for run in (self._before, self._resumed) if run is not None}
        return [
            run_folder(self._plan.folder, name)
            for name, run in runs.items()
            if run.last.end is None
        ]

    @property
    def durations(self) -> Mapping[str, float]:
        """Seconds that jobs took when they were last good."""
        if self._durations is None:
            self._durations = self.writer.durations()
        return self._durations

    @property
    def is_the_plan(self) -> bool:
        """Whether the run that is resumed has had this very plan from its beginning."""
        sessions = self._resumed.sessions if self._resumed is not None else ()
        mark = self._plan.mark
        return bool(mark) and all(session.about.get("plan") == mark for session in sessions)

    def look_at_seals(self, chosen: Collection[str], *, always: bool = False) -> None:
        """Find the jobs that have not moved since they were seen to be unchanged.

        Args:
            chosen: names of those that are to run.
            always: they run, whatever is known of them.
        """
        if not self._plan.mark:
            return
        seals = Seals(self._plan, self.writer.products_mark())
        if self._resumed is not None:
            # What stands is that of one run, and not what a seal says.
            seals.open()
            return
        self.seals = seals
        if not always:
            # Whose values are used has to have them, too.
            self.unbroken = seals.unbroken(chosen) - Given(self._plan, chosen).givers()

    def unchanged(self, names: Iterable[str]) -> None:
        """Record that jobs with unbroken seals are unchanged.

        Raises:
            StoreError: it cannot be recorded.
        """
        if self.seals is not None:
            self.writer.unchanged(self.seals.numbers[name] for name in names)
            self.writer.flush()

    def await_survivors(self) -> None:
        """Wait until nothing is alive of a run that was killed: its warden may be at work yet.

        Raises:
            StoreBusyError: something stays alive.
        """
        if self._before is None or self._before.last.end is not None:
            return
        from treadle.process.survivors import with_variable  # noqa: PLC0415 -- rarely needed

        logs = run_folder(self._plan.folder, self._before.name)
        until = SYSTEM.monotonic() + _SURVIVES_FOR
        while alive := with_variable("TREADLE_OUTPUT", f"{logs}/"):
            if SYSTEM.monotonic() > until:
                pids = " ".join(map(str, alive))
                raise StoreBusyError(
                    f"{self._plan.label}: of the run {self._before.name}, which was killed, "
                    f"processes are still alive: {pids}; wait for them, or end them: kill {pids}"
                )
            _PAUSE.wait(_LOOK_EACH)

    def begin(self, run: str, about: Mapping[str, Any], logs: Path) -> Past | None:
        """Begin the record of a run; return what is recorded of it already.

        Args:
            run: its name.
            about: what is to be known of it.
            logs: the folder of its logs.

        Raises:
            StoreError: it cannot be recorded.
        """
        if self._resumed is None:
            self.writer.begin(run, about)
            return None
        self.writer.resume(run, about)
        from treadle.runner.past import Past  # noqa: PLC0415 -- for a run that is resumed

        self._past = Past(self.writer, run, logs, failed_again=self._failed_again)
        return self._past

    def remarks(self, standing: int) -> Iterator[Remark]:
        """Yield what is to be said before anything is started.

        Args:
            standing: jobs whose recorded ends stand.
        """
        if self._past is not None:
            stand = "stand" if standing > 1 else "stands"
            count = number(standing, "job") if standing else "no job"
            yield Remark(f"{count} of this run {stand} as recorded")
            gone = [name for name in self._past.ends if name not in self._plan.jobs]
            if gone:
                names = ", ".join(map(repr, sorted(gone)[:5])) + " …" * (len(gone) > 5)
                yield Remark(f"the workflow has lost {number(len(gone), 'job')} since: {names}")
        elif self._before is not None and self._before.is_cut_short:
            yield Remark(
                f"the run {self._before.name} {cut_short(self._before)}: "
                "'treadle resume' would have gone on with it"
            )

    def open_attempts(self) -> Iterable[Start]:
        """Return the attempts that were begun and never seen to end."""
        past = self._past
        if past is None and self._before is not None and self._before.last.end is None:
            from treadle.runner.past import Past  # noqa: PLC0415 -- for one that was killed

            logs = run_folder(self._plan.folder, self._before.name)
            past = Past(self.writer, self._before.name, logs)
        return list(past.open.values()) if past is not None else ()

    def end(
        self, outcomes: Outcomes, duration: float, signum: int, cause: str, detail: str
    ) -> None:
        """Close the record of the run, and remove those that are too old.

        Raises:
            StoreError: it cannot be recorded.
        """
        counts = {
            "good": len(outcomes.good),
            "failed": len(outcomes.failed),
            "allowed": len(outcomes.allowed),
            "skipped": len(outcomes.skipped),
            "unwanted": len(outcomes.unwanted),
            "unchanged": len(outcomes.unchanged),
            "left": len(outcomes.left()),
        }
        self.writer.finish(SessionEnd(SYSTEM.stamp(), duration, counts, signum, cause, detail))
        for name in self.writer.prune(self._plan.keep_runs):
            remove_logs(self._plan.folder, name)


def store_of(plan: Plan) -> Store:
    """Return where the runs of a workflow are kept: beside its file."""
    return store_beside(plan.folder)


def cut_short(run: RunRecord) -> str:
    """Say what cut a run short."""
    end = run.last.end
    if end is None:
        return "was killed before it ended"
    left = end.counts.get("left", 0)
    what = "was interrupted" if end.signum else "ended early"
    return f"{what}, with {number(left, 'job')} not started" if left else what
