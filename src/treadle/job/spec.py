"""What a job asks for, read off the job and checked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from treadle.engine import JobSpec
from treadle.errors import JobError
from treadle.executors import Executor
from treadle.job.base import Job
from treadle.job.options import is_number

_CACHED = 1024


class SpecReader:
    """Makes the `JobSpec` of a job.

    Jobs of a run are much alike: what was checked once is not checked again.

    Args:
        job_timeout: seconds, for jobs that do not say.
        refusal: says why a spec can never run, or None.
    """

    def __init__(self, job_timeout: float, refusal: Callable[[JobSpec], str | None]) -> None:
        self._job_timeout = job_timeout
        self._refusal = refusal
        self._known: dict[tuple[Any, ...], JobSpec] = {}

    def read(self, job: Job, executor: Executor) -> JobSpec:
        """The spec of the job.

        Raises:
            JobError: it could never run; says what to change.
        """
        further = _further(job) if job.further_tokens else ()
        asked = (
            job.queue_name, job.tokens, job.priority, job.timeout, job.grace, executor, further,
        )  # fmt: skip
        try:
            return self._known[asked]
        except (KeyError, TypeError):
            spec = self._check(job, asked)
        if len(self._known) >= _CACHED:
            self._known.clear()
        self._known[asked] = spec
        return spec

    def _check(self, job: Job, asked: tuple[Any, ...]) -> JobSpec:
        queue, tokens, priority, timeout, grace, executor, further = asked
        _number(job, "tokens", tokens, least=0)
        for name, more in further:
            _number(job, f"further_tokens[{name!r}]", more, least=0)
        _number(job, "priority", priority)
        if timeout is not None:
            _number(job, "timeout", timeout, above=0)
        if grace is not None:
            _number(job, "grace", grace, least=0)
        spec = JobSpec(
            queue,
            tokens,
            priority,
            self._job_timeout if timeout is None else timeout,
            executor.grace if grace is None else grace,
            executor.kill_grace,
            further,
        )
        refusal = self._refusal(spec)
        if refusal is not None:
            raise JobError(f"job {job.uid!r} {refusal}")
        return spec


def requeue_delay(job: Job, otherwise: float) -> float:
    """Seconds before the job is queued again; `otherwise` where it does not say.

    Raises:
        JobError: it says something that is no such time.
    """
    delay = job.requeue_delay
    if delay is None:
        return otherwise
    _number(job, "requeue_delay", delay, least=0)
    if delay == math.inf:
        raise JobError(f"job {job.uid!r} has requeue_delay inf: it would wait for ever")
    return delay


def _further(job: Job) -> tuple[tuple[str, float], ...]:
    further: object = job.further_tokens
    if not isinstance(further, Mapping):
        raise JobError(
            f"job {job.uid!r} has further_tokens {further!r}; "
            "it must be a mapping from the names of queues to numbers of tokens"
        )
    return tuple(further.items())


def _number(
    job: Job, name: str, value: Any, least: float = -math.inf, above: float = -math.inf
) -> None:
    if not is_number(value):
        raise JobError(f"job {job.uid!r} has {name} {value!r}, which is not a number")
    if value != value:  # noqa: PLR0124 -- true of NaN, whatever its type
        raise JobError(f"job {job.uid!r} has {name} {value!r}: NaN cannot be compared")
    if value < least:
        raise JobError(f"job {job.uid!r} has {name} {value!r}; the least is {least:g}")
    if above == 0 and value <= 0:
        raise JobError(f"job {job.uid!r} has {name} {value!r}; it must be above 0 seconds, or None")
