"""What the calls of a run ask of the engine, worked out once for all that ask the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from treadle.clock import SYSTEM
from treadle.engine import JobSpec

if TYPE_CHECKING:
    from treadle.workflow.plan import PlannedJob


class Specs:
    """Makes the `JobSpec` of a job.

    Args:
        sizes: the tokens of each queue; a job that asks for more gets all.
    """

    def __init__(self, sizes: Mapping[str, float]) -> None:
        self._sizes = dict(sizes)
        self._known: dict[tuple[Any, ...], JobSpec] = {}

    def of(self, job: PlannedJob, first: Mapping[str, float]) -> JobSpec:
        """Return what a job asks for.

        Args:
            job: it.
            first: when the first attempts began, of jobs that had one.
        """
        asked = (job.queue, job.tokens, job.priority, job.timeout, job.grace)
        spec = self._known.get(asked)
        if spec is None:
            tokens = min(job.tokens, self._sizes[job.queue])
            # Nothing kills a thread: after its grace it is given up.
            spec = JobSpec(job.queue, tokens, job.priority, job.timeout, job.grace, 0.0)
            self._known[asked] = spec
        if not job.further and job.total_timeout is None:
            return spec
        return self._more(job, spec, first)

    def _more(self, job: PlannedJob, spec: JobSpec, first: Mapping[str, float]) -> JobSpec:
        further = [(name, min(tokens, self._sizes[name])) for name, tokens in job.further.items()]
        spec = spec._replace(further=tuple(further))
        if job.total_timeout is None:
            return spec
        now = SYSTEM.monotonic()
        left = job.total_timeout - (now - first.get(job.name, now))
        return spec._replace(timeout=max(min(spec.timeout, left), 1e-3))
