"""How many tokens each queue has on this machine."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

from treadle.workflow.plan import DEFAULT_QUEUE, TERMINAL_QUEUE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treadle.workflow.plan import Plan

_CGROUP_LIMIT = Path("/sys/fs/cgroup/cpu.max")


def usable_cpus() -> int:
    """Return the processors that this process may use, also by its control group."""
    try:
        number = len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        number = os.cpu_count() or 1
    try:
        quota, period = _CGROUP_LIMIT.read_text().split()
        return max(1, min(number, math.ceil(int(quota) / int(period))))
    except (OSError, ValueError):  # no control group, or "max"
        return number


def queue_sizes(plan: Plan, chosen: Sequence[str], tokens: int | None) -> dict[str, int]:
    """Return the tokens of each queue; that of the terminal is there if some job needs it.

    Args:
        plan: gives the sizes of the queues that it names.
        chosen: the jobs that will run.
        tokens: size of the default queue; None is what the workflow says, or
            else one for each processor; 0 is enough for all jobs at once.
    """
    default = plan.queues.get(DEFAULT_QUEUE) or usable_cpus() if tokens is None else tokens
    if default == 0:
        jobs = (plan.jobs[name] for name in chosen)
        default = max(1, sum(job.tokens for job in jobs if job.queue == DEFAULT_QUEUE))
    sizes = {DEFAULT_QUEUE: default} | {
        name: size for name, size in plan.queues.items() if name != DEFAULT_QUEUE
    }
    if any(plan.jobs[name].terminal for name in chosen):
        sizes[TERMINAL_QUEUE] = 1
    return sizes
