"""Who needs whom: the names in `needs` and in ``${{ JOB.NAME }}`` become jobs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from msgspec.structs import replace

from treadle.workflow.expressions import Reference, Text
from treadle.workflow.family import Family
from treadle.workflow.graph import with_needs
from treadle.workflow.limits import MAX_COMPARED, MAX_EDGES, MAX_NAME
from treadle.workflow.names import Names, is_pattern
from treadle.workflow.origin import Mistakes
from treadle.workflow.plan import Late, PlannedJob
from treadle.workflow.words import Path, nearest


class Links:
    """Puts the names of jobs in the place of what a file calls them.

    Args:
        jobs: all jobs; they are replaced one by one.
        homes: the family of each, by its name.
        names: what names may be said.
        mistakes: takes what is wrong.
    """

    def __init__(
        self,
        jobs: dict[str, PlannedJob],
        homes: dict[str, Family],
        names: Names,
        mistakes: Mistakes,
    ) -> None:
        self.jobs = jobs
        self.homes = homes
        self.names = names
        self.mistakes = mistakes
        self.edges = 0

    def make(self) -> None:
        """Resolve all that the jobs name."""
        late = []
        for name, job in self.jobs.items():
            if job.needs:
                needs, on = self._needs(job)
                self.jobs[name] = replace(job, needs=tuple(needs), on=on)
            if job.late is not None:
                late.append(name)
        for name in late:
            self._link_values(self.jobs[name])

    def _needs(self, job: PlannedJob) -> tuple[list[str], dict[str, str]]:
        home = self.homes[job.family]
        found: dict[str, str] = {}
        for index, (said, wanted) in enumerate(zip(job.needs, home.wanted, strict=True)):
            if self._is_plain(said, job, home):
                meant: Sequence[str] = (said,)
            else:
                meant = self._resolve(job, said, home, (*home.path, "needs", index))
            self.edges += len(meant)
            if self.edges > MAX_EDGES:
                home.note("needs", f"the jobs have over {MAX_EDGES} needs; that is the limit")
                break
            for need in meant:
                if found.setdefault(need, wanted) != wanted:
                    what = f"on {found[need]!r} and on {wanted!r}"
                    path = (*home.path, "needs", index)
                    home.unit.note(path, f"job {job.name!r} needs {need!r} {what}; say it once")
        return list(found), {need: how for need, how in found.items() if how != "success"}

    def _is_plain(self, said: str, job: PlannedJob, home: Family) -> bool:
        """Tell whether it is the name of another job, as most needs are."""
        return said in self.jobs and not home.unit.prefix and said != job.name

    def _resolve(self, job: PlannedJob, said: str, home: Family, path: Path) -> Sequence[str]:
        if is_pattern(said) and (what := self._refusal(said)):
            home.unit.note(path, what)
            return []
        meant = self.names.find(said, home.unit.prefix)
        if is_pattern(said) or said in job.tags:
            # A pattern never means the job that says it: 'all' may need "*".
            meant = [name for name in meant if name != job.name]
        elif job.name in meant:
            home.unit.note(path, f"job {job.name!r} needs itself")
            return []
        if not meant:
            what = "which matches no job" if is_pattern(said) else "which does not exist"
            hint = nearest(said, self.names.known())
            home.unit.note(path, f"job {job.name!r} needs {said!r}, {what}{hint}")
        return meant

    def _refusal(self, pattern: str) -> str:
        if len(pattern) > MAX_NAME:
            return f"a pattern of {len(pattern)} characters; the limit is {MAX_NAME}"
        if self.names.compared > MAX_COMPARED:
            return f"over {MAX_COMPARED} comparisons of names with patterns; that is the limit"
        return ""

    # -- values of other jobs --------------------------------------------------------------

    @cached_property
    def _graph(self) -> dict[str, tuple[str, ...]]:
        return {name: other.needs for name, other in self.jobs.items()}

    def _link_values(self, job: PlannedJob) -> None:
        assert job.late is not None, job
        used = {one.job for one in job.late.references()}
        meant = {said: self._value_of(job, said) for said in used}
        late = _renamed(job.late, {said: name for said, name in meant.items() if name})
        self.jobs[job.name] = replace(job, late=late)

    def _value_of(self, job: PlannedJob, said: str) -> str:
        """Return the job that a reference means; nothing if there is none."""
        home = self.homes[job.family]
        meant = self.names.find(said, home.unit.prefix) if not is_pattern(said) else ()
        if len(meant) != 1:
            what = f"names {len(meant)} jobs" if meant else "is no job"
            hint = nearest(said, ["matrix", "env", *self.names.known()])
            self._complain(home, job, said, f"but {said!r} {what}{hint}")
            return ""
        if meant[0] not in job.needs and meant[0] not in with_needs(self._graph, job.needs):
            self._complain(home, job, said, f"but does not need {said!r}; add it to 'needs'")
        return meant[0]

    def _complain(self, home: Family, job: PlannedJob, said: str, what: str) -> None:
        word = next(w for w in ("run", "script", "env") if w == "env" or _mentions(home, w, said))
        home.note(word, f"job {job.name!r} uses a value of {said!r}, {what}")


def _mentions(home: Family, word: str, said: str) -> bool:
    value = getattr(home.spec, word)
    return value is not None and said in str(value)


def _renamed(late: Late, names: dict[str, str]) -> Late:
    if all(said == name for said, name in names.items()):
        return late

    def renamed(text: Text) -> Text:
        return tuple(
            Reference(names.get(piece.job, piece.job), piece.name)
            if isinstance(piece, Reference)
            else piece
            for piece in text
        )

    return Late(
        line=None if late.line is None else renamed(late.line),
        elements=None if late.elements is None else tuple(map(renamed, late.elements)),
        script=None if late.script is None else renamed(late.script),
        env={key: renamed(text) for key, text in late.env.items()},
    )
