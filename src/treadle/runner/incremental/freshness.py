"""Whether a job has to run: its fingerprint now, against the one of its last good attempt.

A job that declares `inputs` or `outputs` runs only when something of it changed, or when what
it made is not there as it made it. All other jobs always run; they have fingerprints, too: of
a run that is resumed, a recorded end stands only if the job is still what it was.

What a job takes from one that it needs is what that one makes: the digest of its declared
outputs, or, where it declares none, its fingerprint. So a job that ran again and made the same
as before changes nothing for the jobs behind it.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from treadle.clock import SYSTEM
from treadle.runner.incremental.definition import Definitions, incomparable
from treadle.runner.incremental.given import RETURNED
from treadle.runner.incremental.kinds import is_incremental
from treadle.runner.incremental.look import Look
from treadle.runner.incremental.ownership import Ownership
from treadle.store.digest import digest_of
from treadle.store.fingerprint import MISSING, changes, fingerprint_of
from treadle.store.records import Parts, Product

if TYPE_CHECKING:
    from treadle.runner.incremental.given import Given
    from treadle.runner.past import Past
    from treadle.store.cache import Cache
    from treadle.store.files import Files
    from treadle.store.records import End
    from treadle.workflow import Plan, PlannedJob

_MOST_REASONS = 20
_UNSEEN = "?the value of a function that cannot be compared itself"


class Freshness:
    """Looks at the jobs of one run.

    Args:
        plan: the jobs.
        files: knows the digests of files.
        products: what the last good attempts of jobs made, by job.
        values: what jobs of this run have left for others, by job.
        given: what is kept of values that jobs leave for others.
        past: what is recorded of this run, if it is resumed.
        always: every job runs, whatever is known.
        cache: has outputs of earlier states.

    Attributes:
        returned: what stands for what functions of this run have returned, by job, see `told`.
        sealed: jobs that are unchanged without having been looked at: what is recorded of
            them holds.
    """

    def __init__(
        self,
        plan: Plan,
        files: Files,
        products: Mapping[str, Product],
        values: Mapping[str, Mapping[str, str]],
        given: Given,
        *,
        past: Past | None = None,
        always: bool = False,
        cache: Cache | None = None,
    ) -> None:
        self.returned: dict[str, str] = {}
        self.sealed: Collection[str] = ()
        self.files = files
        self.cache = cache
        self._plan = plan
        self._products = dict(products)
        self._values = values
        self._given = given
        self._past = past
        self._always = always
        self._ownership = Ownership(plan)
        self._definitions = Definitions(plan.folder)
        # Functions are looked at before any of them is called: it may change what it reads.
        called = (job for job in plan.jobs.values() if job.call is not None)
        self._defined = {job.name: self._definitions.of(job) for job in called}
        # What the jobs that are over stand for, in the fingerprints of those behind them.
        self._contributions: dict[str, str] = {}
        self._fingerprints: dict[str, str] = {}

    # -- before a job --------------------------------------------------------------------

    def look(self, name: str) -> Look:
        """See whether a job has to run; all that it needs is over."""
        job = self._plan.jobs[name]
        try:
            parts = self.parts(job)
        except OSError as error:
            return Look(fault=_unreadable(error))
        if unknown := incomparable(parts):
            return Look(why=tuple(f"{part} cannot be compared" for part in unknown))
        if MISSING in parts.values():
            absent = [part for part, digest in parts.items() if digest == MISSING]
            return Look(fault=f"its {' and '.join(map(_quoted, absent[:3]))} does not exist")
        fingerprint = fingerprint_of(parts)
        self._fingerprints[name] = fingerprint
        return self._compare(job, Look(fingerprint=fingerprint, parts=parts))

    def _compare(self, job: PlannedJob, look: Look) -> Look:
        end = self._past.ends.get(job.name) if self._past is not None else None
        if end is not None and self._stands(job, end, look.fingerprint):
            values = self._past.values.get(job.name, {}) if self._past is not None else {}
            return look._replace(verdict="stands", end=end, values=values)
        if not is_incremental(job):
            return look
        if self._always:
            return look._replace(why=("every job was asked for",))
        product = self._products.get(job.name)
        why = self._reasons(job, look, product)
        if not why and product is not None:
            return look._replace(verdict="unchanged", values=product.values)
        return self._restored(job, look._replace(why=tuple(why[:_MOST_REASONS])))

    def _stands(self, job: PlannedJob, end: End, fingerprint: str) -> bool:
        if end.fingerprint != fingerprint:
            return False
        if end.kind != "good":
            return True
        if self._past is not None and self._given.lacks(job.name, self._past.values.get(job.name)):
            return False
        product = self._products.get(job.name)
        return not job.outputs or (product is not None and not self._altered(job, product))

    def _reasons(self, job: PlannedJob, look: Look, product: Product | None) -> list[str]:
        if product is None:
            return ["no earlier run has done it"]
        if product.fingerprint != look.fingerprint:
            return changes(product.parts, look.parts) or ["its fingerprint is made in another way"]
        if self._given.lacks(job.name, product.values):
            return ["what it leaves for other jobs was not kept"]
        return self._altered(job, product)

    def _altered(self, job: PlannedJob, product: Product) -> list[str]:
        """Say how what a job made differs from what is there."""
        try:
            now = self._outputs(job)
        except OSError as error:
            return [_unreadable(error)]
        if now == product.outputs:
            return []
        before = {f"output {path}": digest for path, digest in product.outputs.items()}
        return changes(before, {f"output {path}": digest for path, digest in now.items()})

    def _restored(self, job: PlannedJob, look: Look) -> Look:
        if self.cache is None or not job.outputs:
            return look
        found = self.cache.restore(look.fingerprint, str(job.cwd))
        if found is None or self._given.lacks(job.name, found.values):
            return look
        if not self._removed(job, found.outputs):
            return look
        return look._replace(verdict="restored", values=found.values)

    def _removed(self, job: PlannedJob, restored: Mapping[str, str]) -> bool:
        """Remove from folders what the state that was put back did not have.

        Returns:
            Whether nothing else is there now. What the job did not make is not removed: what
            to do about it is for the job to decide, which has to run.
        """
        product = self._products.get(job.name)
        made = product.outputs if product is not None else {}
        try:
            more = {p: digest for p, digest in self._outputs(job).items() if p not in restored}
            if any(made.get(path) != digest for path, digest in more.items()):
                return False
            for path in more:
                os.unlink(job.cwd / path)
        except OSError:
            return False
        return True

    def adopt(self, name: str, fingerprint: str) -> None:
        """Take over the fingerprint of a job that is known to be the same."""
        self._fingerprints[name] = fingerprint

    def look_afresh(self, unchanged: Collection[str]) -> None:
        """Forget what was seen of the jobs, but for these: the others have run since."""
        self.sealed = unchanged
        self._contributions.clear()
        self._fingerprints.clear()

    def is_unchanged(self, name: str) -> bool:
        """Tell whether a job would be unchanged now; all that it needs is."""
        job, product = self._plan.jobs[name], self._products.get(name)
        if product is None or not is_incremental(job):
            return False
        try:
            parts = self.parts(job)
        except OSError:
            return False
        same = product.fingerprint == fingerprint_of(parts) and not incomparable(parts)
        return same and not self._reasons(job, Look(fingerprint=product.fingerprint), product)

    # -- what a fingerprint is made of ---------------------------------------------------

    def parts(self, job: PlannedJob) -> Parts:
        """Return the parts of the fingerprint of a job.

        Raises:
            OSError: an input cannot be read.
        """
        parts = dict(self._defined.get(job.name) or self._definitions.of(job))
        found = self.files.state(str(job.cwd), job.inputs) if job.inputs else {}
        for path, digest in self._ownership.read(job, found).items():
            parts[f"input {path}"] = digest
        if is_incremental(job):
            for need in job.needs:
                parts[f"job {need}"] = self.contribution(need)
        elif job.needs:
            # Nobody asks why it runs: it always does. So there is one part for all of them.
            parts["jobs"] = fingerprint_of({need: self.contribution(need) for need in job.needs})
        for giver, name in self._given.used_by(job):
            value = self._values.get(giver, {}).get(name, "")
            parts[f"value {giver}.{name}"] = digest_of(value.encode("utf-8", "surrogatepass"))
        for giver in self._given.givers_of(job):
            parts[f"value {giver}"] = self._returned(self._plan.jobs[giver])
        return parts

    def _returned(self, giver: PlannedJob) -> str:
        """Return what the value of a function stands for where another one takes it."""
        product = self._products.get(giver.name)
        if product is not None and RETURNED in product.values:
            return digest_of(product.values[RETURNED].encode())
        if not is_incremental(giver) and giver.name in self.returned:
            # It runs each time, and nobody knows what it reads: what it returned counts.
            return self.returned[giver.name]
        # Not kept, or not yet: what it was made of stands for it. JSON says no bytes, for example.
        return self._fingerprint(giver) or _UNSEEN

    def contribution(self, name: str) -> str:
        """Return what a job stands for in the fingerprints of those that need it."""
        known = self._contributions.get(name)
        if known is None:
            job = self._plan.jobs[name]
            known = self._made(job) if job.outputs else self._fingerprint(job)
            self._contributions[name] = known
        return known

    def _made(self, job: PlannedJob) -> str:
        try:
            sealed = job.name in self.sealed
            return fingerprint_of(
                self._products[job.name].outputs if sealed else self._outputs(job)
            )
        except OSError as error:
            return _unreadable(error)

    def _outputs(self, job: PlannedJob) -> Mapping[str, str]:
        """Return the digests of what a job makes, as it is now.

        Raises:
            OSError: it cannot be read.
        """
        return self._ownership.made(job, self.files.state(str(job.cwd), job.outputs))

    def _fingerprint(self, job: PlannedJob) -> str:
        known = self._fingerprints.get(job.name)
        if known is not None:
            return known
        if job.name in self.sealed:
            return self._products[job.name].fingerprint
        try:
            parts = self.parts(job)
        except OSError as error:
            return _unreadable(error)
        return "" if incomparable(parts) else fingerprint_of(parts)

    # -- after a job ---------------------------------------------------------------------

    def made(self, name: str, look: Look, run: str, values: Mapping[str, str]) -> Product | str:
        """Return what a good attempt made, or what is wrong with that.

        Args:
            name: of the job.
            look: what was seen before it ran.
            run: the name of the run.
            values: what it left for others; secrets are not among them.
        """
        job = self._plan.jobs[name]
        self._contributions.pop(name, None)
        try:
            outputs = self._outputs(job)
        except OSError as error:
            return _unreadable(error, "output")
        for path, digest in outputs.items():
            if digest == MISSING:
                return f"did not make its output '{path}'"
        product = Product(name, look.fingerprint, look.parts, outputs, values, run, SYSTEM.stamp())
        self._products[name] = product
        if self.cache is not None and outputs and look.fingerprint:
            self.cache.keep(look.fingerprint, str(job.cwd), outputs, values)
        return product

    def product(self, name: str) -> Product | None:
        """Return what the last good attempt of a job made."""
        return self._products.get(name)


def _unreadable(error: OSError, what: str = "input") -> str:
    path = Path(str(error.filename)) if error.filename else ""
    return f"its {what} '{path}' cannot be read: {(error.strerror or str(error)).lower()}"


def _quoted(part: str) -> str:
    kind, _, path = part.partition(" ")
    return f"{kind} '{path}'"
