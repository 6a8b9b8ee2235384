"""All about one job: what the file says of it, and what was found out besides."""

from __future__ import annotations

import math
import signal
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from treadle.report.describe import headline_of
from treadle.report.text import cut, number, safe, seconds, size
from treadle.workflow.graph import dependents, with_needs
from treadle.workflow.queues import queue_sizes
from treadle.workflow.settings import DEFAULT_GRACE

if TYPE_CHECKING:
    from treadle.report.columns import Part
    from treadle.workflow import Plan, PlannedJob

_MAX_LINE = 200
_MAX_NAMES = 8
_MUST = {"failure": "must have failed", "end": "either way"}


class Found(NamedTuple):
    """What was found out about a job, in lines that are safe to show.

    Attributes:
        now: how it stands in the run that is under way.
        last_run: what came of it in the last run, if it had no attempt there.
        last_time: how its last attempt went.
        would_run: whether it would run.
    """

    now: Sequence[str] = ()
    last_run: Sequence[str] = ()
    last_time: Sequence[str] = ()
    would_run: str = ""


def explain(plan: Plan, name: str, found: Found) -> Iterator[Part]:
    """Yield what is known of a job; everything in it is safe to show.

    Args:
        plan: the workflow.
        name: the job.
        found: what was found out besides.
    """
    job = plan.jobs[name]
    about = f": {safe(job.description)}" if job.description else ""
    yield "job", [f"{safe(name)}{about}"]
    yield "now", found.now
    yield "would run", [found.would_run]
    yield "last run", found.last_run
    yield "last time", found.last_time
    yield "runs", list(_program(job))
    yield "needs", list(_needs(plan, job))
    yield "needed by", list(_needed_by(plan, name))
    yield "takes", list(_takes(plan, job))
    yield "is stopped", list(_stops(job))
    yield "if it fails", [_if_it_fails(job)]
    for title, paths in (("reads", job.inputs), ("makes", job.outputs)):
        if paths:
            yield title, [safe(path) for path in paths]


def _program(job: PlannedJob) -> Iterator[str]:
    command = headline_of(job)
    if not command:
        yield "nothing: it only gathers what it needs"
        return
    yield cut(safe(command), _MAX_LINE)
    yield f"in {safe(str(job.cwd))}"
    if job.tags:
        yield f"tags {', '.join(map(safe, job.tags))}"


def _names(names: Collection[str]) -> str:
    shown = [safe(name) for name in list(names)[:_MAX_NAMES]]
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return ", ".join(shown) + more


def _needs(plan: Plan, job: PlannedJob) -> Iterator[str]:
    if not job.needs:
        yield "nothing: it can start at once"
        return
    plain = [need for need in job.needs if need not in job.on]
    if plain:
        yield _names(plain)
    for need, on in job.on.items():
        yield f"{safe(need)} ({_MUST[on]})"
    needs = {other.name: other.needs for other in plan.jobs.values()}
    if len(whole := with_needs(needs, job.needs)) > len(job.needs):
        yield f"{number(len(whole), 'job')} in all come before it"


def _needed_by(plan: Plan, name: str) -> Iterator[str]:
    after = dependents({other.name: other.needs for other in plan.jobs.values()})
    if not after[name]:
        yield "nobody"
        return
    yield _names(after[name])
    if len(whole := with_needs(after, after[name])) > len(after[name]):
        yield f"{number(len(whole), 'job')} in all come after it"


def _takes(plan: Plan, job: PlannedJob) -> Iterator[str]:
    sizes = queue_sizes(plan, [job.name], None)
    for queue, tokens in {job.queue: job.tokens, **job.further}.items():
        rivals = sum(_asks(other, queue) for other in plan.jobs.values()) - 1
        others = f"{number(rivals, 'other job')} may want them, too" if rivals else "nobody else"
        held = min(tokens, sizes[queue])
        yield f"{number(held, 'token')} of {safe(queue)}, which has {sizes[queue]}; {others}"
    if job.priority:
        yield f"priority {job.priority:g}: higher goes first"


def _asks(job: PlannedJob, queue: str) -> bool:
    return job.queue == queue or queue in job.further


def _stops(job: PlannedJob) -> Iterator[str]:
    limits = {
        "after {}": job.timeout if math.isfinite(job.timeout) else None,
        "after {} over all attempts": job.total_timeout,
        "after {} without output": job.idle_timeout,
    }
    for text, limit in limits.items():
        if limit is not None:
            yield text.format(seconds(limit))
    if job.output_limit is not None:
        yield f"after {size(job.output_limit)} of output"
    names = [signal.Signals(one).name.removeprefix("SIG") for one in job.signals] or ["TERM"]
    if job.signals or job.grace != DEFAULT_GRACE:
        yield f"by {', then '.join([*names, 'KILL'])}, {seconds(job.grace)} apart"


def _if_it_fails(job: PlannedJob) -> str:
    retry, parts = job.retry, list[str]()
    if retry.retries:
        causes = [*map(str, retry.causes), *(f"output '{safe(p)}'" for p in retry.patterns)]
        why = f" on {', '.join(causes)}" if causes else ""
        pause = f", first after {seconds(retry.delay)}" if retry.delay else ""
        parts.append(f"it is run again up to {number(retry.retries, 'time')}{why}{pause}")
    if isinstance(job.allow_failure, tuple):
        codes = ", ".join(map(str, job.allow_failure))
        parts.append(f"the run goes on and succeeds with exit {codes}, else it fails")
    else:
        parts.append("the run goes on and succeeds" if job.allow_failure else "the run fails")
    return "; then ".join(parts)
