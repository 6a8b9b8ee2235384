"""Whose a file is, where folders and patterns of several jobs overlap.

The output of a job may be a folder into which another job puts its own output, and the input
may be a folder (``docs``) in which its own output lies (``docs/_build``). In the first case the
file is the other job's; in the second it is not read: what a job makes is looked at as its
output, and to look at it as its input, too, would make it run twice for every change.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from treadle.workflow import Plan, PlannedJob


class Ownership:
    """Tells which of the files that a job's paths stand for are its own.

    Args:
        plan: all jobs.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._makers: dict[str, str] | None = None

    def made(self, job: PlannedJob, found: Mapping[str, str]) -> Mapping[str, str]:
        """Return, of what the outputs of a job stand for, what other jobs do not make."""
        declared = job.outputs
        if len(found) <= len(declared) and all(path in declared for path in found):
            return found
        return {
            path: digest
            for path, digest in found.items()
            if path in declared or self._maker(job, path) in (job.name, None)
        }

    def read(self, job: PlannedJob, found: Mapping[str, str]) -> Mapping[str, str]:
        """Return, of what the inputs of a job stand for, what it does not make itself."""
        if not job.outputs or not found:
            return found
        own = tuple(os.path.normpath(path) for path in job.outputs)
        beneath = tuple(f"{path}/" for path in own)
        asked = {os.path.normpath(path) for path in job.inputs}
        return {
            path: digest
            for path, digest in found.items()
            if path in asked or not (path in own or path.startswith(beneath))
        }

    def _maker(self, job: PlannedJob, path: str) -> str | None:
        """Return the job that declares a file, or else the nearest folder above it."""
        makers = self._makers
        if makers is None:
            jobs = self._plan.jobs.values()
            makers = self._makers = {
                _full(one, path): one.name for one in jobs for path in one.outputs
            }
        full = _full(job, path)
        while full not in makers:
            above = os.path.dirname(full)
            if above == full:
                return None
            full = above
        return makers[full]


def _full(job: PlannedJob, path: str) -> str:
    return os.path.normpath(os.path.join(job.cwd, path))
