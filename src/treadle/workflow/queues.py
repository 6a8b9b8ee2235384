"""How many tokens each queue has on this machine."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

from treadle.errors import WorkflowError
from treadle.workflow.limits import MAX_SHOWN
from treadle.workflow.looks import note_cpus
from treadle.workflow.plan import DEFAULT_QUEUE, TERMINAL_QUEUE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treadle.workflow.plan import Plan, PlannedJob

_MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")
_CGROUP_LIMIT = Path("/sys/fs/cgroup/cpu.max")


def usable_cpus() -> int:
    """Return the processors that this process may use, also by its control group."""
    try:
        number = len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        number = os.cpu_count() or 1
    try:
        quota, period = _CGROUP_LIMIT.read_text().split()
        number = max(1, min(number, math.ceil(int(quota) / int(period))))
    except (OSError, ValueError):  # no control group, or "max"
        pass
    note_cpus(number)
    return number


def usable_memory() -> int:
    """Return the bytes of memory that this process may use, also by its control group."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(whole, int(_MEMORY_LIMIT.read_text()))
    except (OSError, ValueError):  # no control group, or "max"
        return whole


def jobs_at_a_time(text: str) -> int | None:
    """Work out ``4``, ``auto``, ``50%``, and ``+1`` or ``-1`` relative to the processors.

    Returns:
        How many jobs may run at a time, 0 for no limit; None if the text is none of these.
    """
    digits = text.strip("+-%")
    if text == "auto":
        return usable_cpus()
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 9:
        return None
    if text == digits:
        return int(digits)
    if text == f"{digits}%":
        return max(1, usable_cpus() * int(digits) // 100)
    if text in (f"+{digits}", f"-{digits}"):
        return max(1, usable_cpus() + int(text))
    return None


def queue_sizes(plan: Plan, chosen: Sequence[str], tokens: int | None) -> dict[str, int]:
    """Return the tokens of each queue; that of the terminal is there if some job needs it.

    Args:
        plan: gives the sizes of the queues that it names.
        chosen: the jobs that will run.
        tokens: size of the default queue; None is what the workflow says, or
            else one for each processor; 0 is enough for all jobs at once.

    Raises:
        WorkflowError: a job asks for more memory than this machine has.
    """
    named = {name: _size(size) for name, size in plan.queues.items()}
    default = named.get(DEFAULT_QUEUE) or usable_cpus() if tokens is None else tokens
    if default == 0:
        jobs = (plan.jobs[name] for name in chosen)
        default = max(1, sum(_asked(job, DEFAULT_QUEUE) for job in jobs))
    sizes = {**named, DEFAULT_QUEUE: default}
    for name, size in plan.queues.items():
        if size == "memory":
            _check_memory(plan, chosen, name, sizes[name])
    if any(plan.jobs[name].terminal for name in chosen):
        sizes[TERMINAL_QUEUE] = 1
    return sizes


def _size(size: int | str) -> int:
    if isinstance(size, int):
        return size
    return usable_cpus() if size == "cpus" else max(1, usable_memory() >> 20)


def _asked(job: PlannedJob, queue: str) -> int:
    return job.tokens if job.queue == queue else job.further.get(queue, 0)


def _check_memory(plan: Plan, chosen: Sequence[str], queue: str, size: int) -> None:
    asked = {name: _asked(plan.jobs[name], queue) for name in chosen}
    too_much = [
        f"{plan.label}: job {name!r} asks for {tokens} MiB of queue {queue!r}; "
        f"this machine has {size}"
        for name, tokens in asked.items()
        if tokens > size
    ]
    if too_much:
        raise WorkflowError(*too_much[:MAX_SHOWN])
