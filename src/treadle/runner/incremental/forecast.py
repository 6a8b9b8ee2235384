"""Whether jobs would run now, and why: what a run would see, without running anything."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from treadle.report.prospects import Forecast
from treadle.runner.incremental.freshness import Freshness, is_incremental
from treadle.runner.incremental.given import RETURNED, Given
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
        self._freshness = Freshness(
            plan, Files(files), products, self._values, Given(plan, plan.jobs)
        )
        self.forecasts: dict[str, Forecast] = {}
        # For each job, those whose outputs or values it gets anew, and nobody knows which.
        self._unsure: dict[str, frozenset[str]] = {}
        needs = {name: job.needs for name, job in plan.jobs.items()}
        chosen = with_needs(needs, targets)
        for name in in_order({name: needs[name] for name in plan.jobs if name in chosen}):
            self._add(plan.jobs[name])

    def _add(self, job: PlannedJob) -> None:
        before = frozenset[str]().union(*(self._unsure[need] for need in job.needs))
        found = self.forecasts[job.name] = self._forecast(job, before)
        ran = found.prospect in ("always", "runs", "perhaps")
        if not ran:
            product = self._products.get(job.name)
            values = product.values if product is not None else {}
            self._values[job.name] = {key: v for key, v in values.items() if key != RETURNED}
        if job.outputs:
            self._unsure[job.name] = frozenset((job.name,)) if ran else frozenset()
        else:
            self._unsure[job.name] = before
        # Asked for in order, one by one: asked for at the end, it leads through all of them.
        self._freshness.contribution(job.name)

    def _forecast(self, job: PlannedJob, before: frozenset[str]) -> Forecast:
        unmet = job.when.unmet({**self._env, **job.env}, job.cwd) if job.when is not None else ""
        if unmet:
            return Forecast("unwanted", (unmet,))
        if not is_incremental(job):
            return Forecast("always")
        look = self._freshness.look(job.name)
        givers = before | self._given_anew(job)
        order = [name for name in self._plan.jobs if name in givers]
        if look.fault:
            return Forecast("perhaps" if order else "cannot", (look.fault,), order)
        if look.verdict == "unchanged":
            product = self._products[job.name]
            return Forecast("perhaps" if order else "unchanged", (), order, product.run)
        own = [text for text in look.why if not self._is_of(text, job, order)] if order else None
        return Forecast("runs" if own is None or own else "perhaps", own or look.why, order)

    def _given_anew(self, job: PlannedJob) -> frozenset[str]:
        if job.late is None:
            return frozenset()
        used = {one.job for one in job.late.references() if one.job in job.needs}
        return frozenset(
            name for name in used if self.forecasts[name].prospect not in ("unchanged", "unwanted")
        )

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
