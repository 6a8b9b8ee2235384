"""Whether jobs would run now, and why: what a run would see, without running anything."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from treadle.report.prospects import Forecast
from treadle.runner.incremental.freshness import Freshness
from treadle.runner.incremental.given import RETURNED, Given
from treadle.runner.incremental.kinds import is_incremental
from treadle.store.files import Files
from treadle.workflow.graph import in_order, with_needs

if TYPE_CHECKING:
    from treadle.store.records import FileEntry, Product
    from treadle.workflow import Plan, PlannedJob


class Outlook:
    """Looks at jobs, and at those that they need, as a run would.

    Args:
        plan: all jobs.
        targets: names of the jobs that are asked for.
        products: what the last good attempts of jobs made, by job.
        files: the digests of files that are known.
        env: the environment that treadle runs in.

    Attributes:
        forecasts: what was seen, by job.
    """

    def __init__(
        self,
        plan: Plan,
        targets: Iterable[str],
        products: Mapping[str, Product],
        files: Mapping[str, FileEntry],
        env: Mapping[str, str],
    ) -> None:
        self._plan = plan
        self._env = env
        self._products = products
        self._values: dict[str, dict[str, str]] = {}
        self._given = Given(plan, plan.jobs)
        self._freshness = Freshness(plan, Files(files), dict(products), self._values, self._given)
        self.forecasts: dict[str, Forecast] = {}
        # Whether a job hands on outputs that are made anew, and nobody knows which.
        self._unsure: dict[str, bool] = {}
        needs = {name: job.needs for name, job in plan.jobs.items()}
        chosen = with_needs(needs, targets)
        for name in in_order({name: needs[name] for name in plan.jobs if name in chosen}):
            self._add(plan.jobs[name])

    def _add(self, job: PlannedJob) -> None:
        before = any(self._unsure[need] for need in job.needs)
        found = self.forecasts[job.name] = self._forecast(job, before=before)
        if not _runs(found):
            product = self._products.get(job.name)
            values = product.values if product is not None else {}
            self._values[job.name] = {key: v for key, v in values.items() if key != RETURNED}
        self._unsure[job.name] = _runs(found) if job.outputs else before
        # Asked for in order, one by one: asked for at the end, it leads through all of them.
        self._freshness.contribution(job.name)

    def _forecast(self, job: PlannedJob, *, before: bool) -> Forecast:
        unmet = job.when.unmet({**self._env, **job.env}, job.cwd) if job.when is not None else ""
        if unmet:
            return Forecast("unwanted", (unmet,))
        if not is_incremental(job):
            return Forecast("always")
        look = self._freshness.look(job.name)
        others = self._others(job) if before or job.late or job.call else []
        if look.fault:
            return Forecast("perhaps" if others else "cannot", (look.fault,), others)
        if look.verdict == "unchanged":
            since = self._products[job.name].run
            return Forecast("perhaps" if others else "unchanged", (), others, since)
        if not others:
            return Forecast("runs", look.why)
        own = [text for text in look.why if not self._is_of(text, job, others)]
        return Forecast("runs" if own else "perhaps", own or look.why, others)

    def _others(self, job: PlannedJob) -> list[str]:
        """Return the jobs that run first, and of whose outputs or values this one is made."""
        used = {one.job for one in job.late.references()} if job.late is not None else set()
        used.update(self._given.givers_of(job))
        found = {name for name in used if name in self.forecasts and _runs(self.forecasts[name])}
        ahead, seen = list(job.needs), set(job.needs)
        while ahead:
            need = self._plan.jobs[ahead.pop()]
            if not self._unsure[need.name]:
                continue
            if need.outputs:
                found.add(need.name)
                continue
            ahead += [one for one in need.needs if one not in seen]
            seen.update(need.needs)
        return [name for name in self.forecasts if name in found]

    def _is_of(self, text: str, job: PlannedJob, others: Sequence[str]) -> bool:
        """Tell whether a reason is about what other jobs make that run first."""
        kind, _, rest = text.partition(" ")
        if kind in ("job", "value"):
            return True
        if kind != "input":
            return False
        for other in others:
            product = self._products.get(other)
            made = [*self._plan.jobs[other].outputs, *(product.outputs if product else ())]
            paths = (os.path.join(self._plan.jobs[other].cwd, path) for path in made)
            if any(rest.startswith(f"{os.path.relpath(path, job.cwd)} ") for path in paths):
                return True
        return False


def _runs(forecast: Forecast) -> bool:
    return forecast.prospect in ("always", "runs", "perhaps")
