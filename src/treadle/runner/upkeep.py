"""What a run that has a store does for each job: looks at it, keeps what it made, cleans up."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from treadle.report.feed import JobsUnchanged, Remark
from treadle.runner.incremental.freshness import Freshness
from treadle.runner.incremental.given import RETURNED, Given, holds_secret, packed, told, unpacked
from treadle.runner.incremental.kinds import is_gathering, is_incremental
from treadle.runner.incremental.look import Look
from treadle.runner.incremental.partial import clear, not_ours, present
from treadle.runner.recording import Notes
from treadle.runner.sealing import Sealing
from treadle.store.cache import Cache
from treadle.store.files import Files
from treadle.store.folder import cache_folder
from treadle.workflow.graph import in_order

if TYPE_CHECKING:
    from treadle.report.reasons import Ending
    from treadle.runner.book import Book
    from treadle.runner.incremental.seals import Seals
    from treadle.runner.past import Past
    from treadle.runner.recording import Recording
    from treadle.store.records import Start
    from treadle.store.writer import Writer
    from treadle.workflow import Plan, PlannedJob

_SEALED = Look("unchanged")


class Upkeep:
    """What the store is asked and told for the jobs of one run.

    Args:
        run: its name.
        plan: all jobs.
        chosen: names of those that are to run.
        writer: the store.
        recording: takes what is to be recorded with a fact.
        book: what has come of the jobs.
        past: what is recorded of this run, if it is resumed.
        always: every job runs, whatever is known of it.
        seals: of the jobs, if there are any.
        unbroken: the jobs whose seals are not broken.
        is_the_plan: a run that is resumed had this very plan from its beginning.

    Attributes:
        sealing: of the jobs; None if there are no seals.
    """

    def __init__(
        self,
        run: str,
        plan: Plan,
        chosen: Sequence[str],
        writer: Writer,
        recording: Recording,
        book: Book,
        *,
        past: Past | None = None,
        always: bool = False,
        seals: Seals | None = None,
        unbroken: Collection[str] = (),
        is_the_plan: bool = False,
    ) -> None:
        self.past = past
        self._unbroken = unbroken
        self._found: dict[str, Look] = {}
        self._is_the_plan = past is not None and is_the_plan
        # Those whose ends stand by that, with all that they need.
        self._plain: set[str] = set()
        # A job that only gathers others is asked for by those behind it, if there are any.
        self._needed = {need for name in chosen for need in plan.jobs[name].needs}
        self._run = run
        self._plan = plan
        self._chosen = chosen
        self._writer = writer
        self._recording = recording
        self._book = book
        self._given = Given(plan, chosen)
        self.files = Files(writer.files())
        cache = None
        if plan.cache is not None:
            where = cache_folder(plan.folder, plan.cache.folder)
            cache = Cache(where, plan.cache.size, self.files)
        self.freshness = Freshness(
            plan,
            self.files,
            writer.products(),
            book.values,
            self._given,
            past=past,
            always=always,
            cache=cache,
        )
        self.freshness.sealed = unbroken
        self.sealing: Sealing | None = None
        if seals is not None:
            self.sealing = Sealing(plan, chosen, seals, self.freshness, self.pass_by)

    # -- before a run --------------------------------------------------------------------

    def settle(self) -> dict[str, Look]:
        """Find the jobs that need not run, before any is started, and that wait for none that is.

        What stands as recorded is noted in the book; what is unchanged is for the caller to tell.
        Those that are left are looked at when they could be started: all behind a job that runs.
        """
        found, passed, jobs = self._found, set(), self._plan.jobs
        for name in in_order({name: jobs[name].needs for name in self._chosen}):
            job = jobs[name]
            if job.when is not None or job.on:
                continue
            if not all(need in found or need in passed for need in job.needs):
                continue
            if name in self._unbroken:
                found[name] = _SEALED
            elif self._is_the_plan and self._stands(job):
                continue
            elif is_gathering(job):
                passed.add(name)
                self.pass_by(name)
            elif self.past is not None or is_incremental(job):
                self._settle(name)
        return found

    def _stands(self, job: PlannedJob) -> bool:
        """Note the recorded end of a job, if it stands whatever there is to be seen.

        Its fingerprint is made of its definition and those of all that it needs, and nothing
        else; and they are those of the run, since the plan is.
        """
        if job.late is not None or is_incremental(job) or not self._plain.issuperset(job.needs):
            return False
        end = self.past.ends.get(job.name) if self.past is not None else None
        if end is None or end.kind == "failed" or not end.fingerprint:
            return False
        values = self.past.values.get(job.name, {}) if self.past is not None else {}
        if end.kind == "good" and self._given.lacks(job.name, values):
            return False
        look = Look("stands", end.fingerprint, values=values, end=end)
        self._found[job.name] = look
        self._plain.add(job.name)
        self.freshness.adopt(job.name, end.fingerprint)
        self._take_values(job.name, look)
        self._book.adopt((end,))
        return True

    def _settle(self, name: str) -> None:
        """Look at a job; note it, if it need not run."""
        sealing = self.sealing
        seal = sealing.seals.look(name) if sealing is not None else None
        look = self.freshness.look(name)
        failed = look.end is not None and look.end.kind == "failed"
        if failed or look.verdict not in ("unchanged", "stands"):
            return
        self._found[name] = look
        self._take_values(name, look)
        self._book.adopt(filter(None, [look.end]))
        if sealing is not None and seal is not None:
            sealing.seals.put_on(name, seal, self.files)

    def clear_open(self, starts: Iterable[Start]) -> None:
        """Deal with what the attempts left that nobody saw the end of."""
        for start in starts:
            if start.job in self._plan.jobs:
                self._clear(start.job, start.theirs)

    # -- before a job --------------------------------------------------------------------

    def look(self, name: str, waited: float) -> Look:
        """See whether a job has to run; what is known of its attempt is noted for the record.

        Args:
            name: of the job.
            waited: seconds since it could have been started.
        """
        look = self.freshness.look(name)
        notes = Notes(waited, look.fingerprint)
        job = self._plan.jobs[name]
        if look.verdict == "runs" and job.outputs and not look.fault:
            there = present(job, self.files, job.outputs)
            notes.theirs = not_ours(there, self.freshness.product(name))
            if self.freshness.cache is not None:
                self.freshness.cache.detach(str(job.cwd), there)
        self._recording.notes[name] = notes
        return look

    def earlier(self, name: str) -> int:
        """Return how many attempts a job had before this run was resumed."""
        return self.past.attempts(name) if self.past is not None else 0

    def spent(self, name: str) -> float:
        """Return the seconds that these took, with the pauses after them."""
        return self.past.spent.get(name, 0.0) if self.past is not None else 0.0

    def pass_by(self, name: str) -> None:
        """Note that a job is over that has nothing to run, or is not run."""
        # Those behind it ask for this; asked for now, it does not lead from one to the next.
        if name in self._needed:
            self.freshness.contribution(name)

    def rest(self, name: str, look: Look) -> None:
        """Note that a job does not run, for what was seen of it."""
        self._take_values(name, look)
        if look.end is not None:
            self._book.adopt([look.end])
            fact = self._book.ends[name]
            told = fact._replace(detail=f"{fact.detail}, as recorded")
            failed = look.end.kind == "failed"
            self._recording.relay(told if failed else JobsUnchanged([name]))
            return
        if look.verdict == "restored":
            made = self.freshness.made(name, look, self._run, look.values)
            if not isinstance(made, str):
                self._recording.products[name] = made
        self._book.same([name], restored=look.verdict == "restored")

    def _take_values(self, name: str, look: Look) -> None:
        texts = {key: text for key, text in look.values.items() if key != RETURNED}
        if texts:
            self._book.values[name] = texts
        if RETURNED in look.values:
            self._book.results[name] = unpacked(look.values)
            # What was kept holds no secret.
            self.freshness.returned[name] = told(self._book.results[name])

    # -- after a job ---------------------------------------------------------------------

    def finished(
        self,
        name: str,
        look: Look,
        ending: Ending,
        values: Mapping[str, str] | None,
        result: Any,
        mask: Callable[[str], str] | None = None,
    ) -> Ending:
        """Keep what an attempt made and left; return how it ended, all that considered.

        Args:
            name: of the job.
            look: what was seen before it ran.
            ending: how it ended as far as it could tell itself.
            values: the texts that it left for others.
            result: what it returned, if it is a function.
            mask: hides the secrets of the run in a text; None if there are none.
        """
        job = self._plan.jobs[name]
        if not ending.is_good(job):
            return ending
        kept = self._given.to_keep(name, values)
        if mask is not None:
            kept = {key: mask(text) for key, text in kept.items()}
        # What a function returned is kept as it is, or not at all.
        returned = packed(result) if self._given.is_returned(name) else {}
        if self._given.is_returned(name):
            self.freshness.returned[name] = told(result, mask)
        if not (returned and mask and holds_secret(result, mask)):
            kept |= returned
        if kept:
            self._recording.values[name] = kept
        if is_incremental(job) and look.fingerprint:
            made = self.freshness.made(name, look, self._run, kept)
            if isinstance(made, str):
                return replace(ending, fault=made)
            self._recording.products[name] = made
        return ending

    def failed(self, name: str, ending: Ending) -> None:
        """Deal with what an attempt left that did not end by itself."""
        notes = self._recording.notes.get(name)
        if self._plan.jobs[name].outputs and ending.outcome not in ("exited", "spawn_failed"):
            self._clear(name, notes.theirs if notes is not None else ())

    def _clear(self, name: str, theirs: Iterable[str]) -> None:
        job, product = self._plan.jobs[name], self.freshness.product(name)
        if said := clear(job, self.files, product, theirs):
            self._book.tell(Remark(said))

    def end(self, *, cut_short: bool) -> None:
        """Keep what was learned of files for the next run, and bound the cache.

        Args:
            cut_short: somebody waits for the end.

        Raises:
            StoreError: that cannot be kept.
        """
        if self.sealing is not None and not cut_short:
            self.sealing.close(self._found, self._book, self._writer)
        if self.files.fresh or self.files.gone:
            self._writer.keep_files(self.files.fresh.values(), self.files.gone)
        if self.freshness.cache is not None:
            self.freshness.cache.trim()
