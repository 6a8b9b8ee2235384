"""What a scheduler writes into its store, and what it finds there of a run that was cut short.

Each attempt is noted when it starts and when it was dealt with: after `collect`, which says
whether there is to be another one. `treadle.job.ledger` says when that is committed. The store
knows jobs by their names: so the ids must be texts.

What is recorded is what the program said, and nothing is compared: the graph, the commands and
the files of a run that is resumed are the program's to keep as they were. There are no
fingerprints here.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from treadle.clock import SYSTEM
from treadle.errors import JobError, StoreError
from treadle.job.entries import cause_of, end_of, end_without, start_of, told
from treadle.job.ledger import Ledger
from treadle.store.folder import names_of_runs
from treadle.store.records import SETTLED, End, Kind, SessionEnd

if TYPE_CHECKING:
    from collections.abc import Callable

    from treadle.job.base import Job
    from treadle.store.records import RunRecord
    from treadle.store.writer import Writer

logger = logging.getLogger("treadle.job.scheduler")

KEEP_RUNS = 30
"""Runs that stay in the store of a scheduler."""

_LIBRARY = "library"


class Journal(Ledger):
    """The record of one run.

    Args:
        writer: the store.
        now: the instant, in monotonic seconds.

    Attributes:
        run: its name; empty before it has begun.
        standing: the jobs that are recorded as good, and are not run again.
    """

    def __init__(self, writer: Writer, now: Callable[[], float]) -> None:
        super().__init__(writer, now)
        self._writer = writer
        self._began = now()
        self._queued: dict[str, float] = {}
        self._kinds: dict[str, Kind] = {}
        self._jobs = 0
        self.run = ""
        self.standing: frozenset[str] = frozenset()
        self._earlier: dict[str, int] = {}

    # -- the run -------------------------------------------------------------------------

    def begin(self, uids: Iterable[Any], queues: Mapping[str, float], *, resume: bool) -> None:
        """Begin a run, or go on with the last one if that was cut short and this is asked for.

        Args:
            uids: of the jobs.
            queues: the tokens of each.
            resume: go on with the last run of a scheduler.

        Raises:
            StoreError: it cannot be recorded.
        """
        jobs = list(uids)
        self._jobs = len(jobs)
        about = {
            "label": Path(sys.argv[0]).name or "python",
            "targets": [],
            "queues": {name: _plain(tokens) for name, tokens in queues.items()},
            "jobs": len(jobs),
            _LIBRARY: True,
        }
        runs = self._writer.runs()
        if resume and runs and _may_go_on(runs[0]):
            name = runs[0].name
            self._writer.resume(name, about)
            self._read(name, jobs)
        else:
            taken = {run.name for run in runs}
            name = next(name for name in names_of_runs() if name not in taken)
            self._writer.begin(name, about)
        self.run = name

    def _read(self, run: str, jobs: Iterable[str]) -> None:
        """Learn what is recorded of a run."""
        for start in self._writer.starts(run):
            self._earlier[start.job] = max(start.attempt, self._earlier.get(start.job, 0))
        for end in self._writer.ends(run):
            self._kinds[end.job] = end.kind
        self.standing = frozenset(job for job in jobs if self._kinds.get(job) == "good")

    def end(self, error: BaseException | None) -> None:
        """End the record of the run, and remove the oldest ones.

        Args:
            error: what ended the run early, which gets a note if the store fails now, too.

        Raises:
            StoreError: something is not recorded, and there was no other error.
        """
        try:
            self.finish()
            if self.run:
                self._writer.finish(self._session_end(error))
                self._writer.prune(KEEP_RUNS)
        except StoreError as failure:
            if error is None:
                raise
            if failure is not error:
                error.add_note(f"treadle: the end of the run is not recorded: {failure}")
        finally:
            self.release()

    def release(self) -> None:
        """Let others write the store; to call this again is no mistake."""
        try:
            self._writer.close()
        except StoreError:
            logger.exception("the store was not closed")

    def _session_end(self, error: BaseException | None) -> SessionEnd:
        counts: dict[str, int] = {}
        for kind in self._kinds.values():
            if kind in SETTLED:
                counts[kind] = counts.get(kind, 0) + 1
        counts["left"] = max(0, self._jobs - sum(counts.values()))
        signum, cause = cause_of(error)
        detail = told(error) if error is not None and cause else ""
        return SessionEnd(SYSTEM.stamp(), self._now() - self._began, counts, signum, cause, detail)

    # -- jobs ----------------------------------------------------------------------------

    def queued(self, job: Job) -> None:
        """Take note that a job waits from now on.

        Raises:
            JobError: it cannot be recorded.
        """
        check_id(job.uid)
        self._queued[str(job.uid)] = self._now()

    def attempts(self, job: Job) -> int:
        """Return how many attempts of a job were begun before the run was resumed."""
        return self._earlier.get(str(job.uid), 0)

    def started(self, job: Job, slot: int) -> None:
        """Note that an attempt begins."""
        now = self._now()
        start = start_of(job, now - self._queued.pop(str(job.uid), now), slot)
        self._note(lambda: self._writer.started(start))

    def ended(self, job: Job, requeued: bool, delay: float) -> None:
        """Note that an attempt was dealt with; see `end_of`."""
        self._over(end_of(job, requeued, delay))

    def passed(self, job: Job) -> None:
        """Note that a job is over that was not to be started."""
        if job.uid not in self.standing:
            self._over(end_without(job))

    def _over(self, end: End) -> None:
        self._kinds[end.job] = end.kind
        self._note(lambda: self._writer.ended(end))

    def _note(self, write: Callable[[], None]) -> None:
        if self.broken is not None:
            return
        try:
            write()
        except StoreError as error:
            # Not raised here: it would keep the job from being settled. The next turn does.
            self.give_up(error)
        else:
            self.noted()

    # -- commits -------------------------------------------------------------------------

    def on_full(self, text: str) -> None:
        """Say that nothing is started; see `Ledger`."""
        logger.warning("%s", text)

    def is_recorded(self) -> bool:
        """See `Ledger`; also raises what went wrong when something was noted."""
        if self.broken is not None:
            raise self.broken
        return super().is_recorded()

    def keep_up(self, *, idle: bool) -> None:
        """See `Ledger`; also raises what went wrong when something was noted."""
        if self.broken is not None:
            raise self.broken
        super().keep_up(idle=idle)


def check_id(uid: Any) -> None:
    """See that a job can be recorded.

    Raises:
        JobError: its id is no text.
    """
    if not isinstance(uid, str):
        raise JobError(
            f"job {uid!r} cannot be recorded: its id is of type {type(uid).__name__!r}; "
            "with a store, the ids of jobs must be texts"
        )


def _may_go_on(run: RunRecord) -> bool:
    return run.is_cut_short and bool(run.last.about.get(_LIBRARY))


def _plain(tokens: float) -> float:
    return tokens if type(tokens) is int else float(tokens)
