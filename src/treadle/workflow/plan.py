"""All that is to be known of the jobs, with nothing left to look up."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from treadle.errors import WorkflowError
from treadle.workflow.graph import with_needs
from treadle.workflow.names import Names
from treadle.workflow.words import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_QUEUE = "default"
DEFAULT_OUTPUT_LIMIT = 1 << 30
TERMINAL_QUEUE = "terminal"
"""Where the jobs wait that hold the terminal: it has one token."""


class PlannedJob(Struct, frozen=True, kw_only=True):
    """One job, with nothing left to look up.

    `argv` is empty for a job that only gathers others. `tokens` may be more
    than the default queue has where that depends on the machine: see
    `treadle.runner`. Sizes are bytes, times are seconds; what is None is not limited,
    or as treadle itself has it.
    """

    name: str
    family: str
    argv: tuple[str, ...]
    needs: tuple[str, ...]
    queue: str
    tokens: int
    priority: float
    timeout: float
    grace: float
    env: dict[str, str]
    cwd: Path
    description: str
    limits: dict[str, int] = {}
    nice: int | None = None
    umask: int | None = None
    tty: bool = False
    terminal: bool = False
    idle_timeout: float | None = None
    output_limit: int | None = None
    leak: Literal["kill", "fail", "leave"] = "kill"


class Plan(Struct, frozen=True, kw_only=True):
    """All jobs of a workflow by name, in the order of the file."""

    jobs: dict[str, PlannedJob]
    families: dict[str, list[str]]
    queues: dict[str, int]
    folder: Path
    label: str

    def names(self) -> Names:
        """Return the names that may select jobs."""
        return Names(self.jobs, self.families)

    def select(self, said: Sequence[str]) -> list[str]:
        """Return the jobs that names or patterns stand for, with all they need; all for none.

        Raises:
            WorkflowError: a name or pattern stands for no job.
        """
        if not said:
            return list(self.jobs)
        names = self.names()
        wanted = {one: names.find(one) for one in said}
        unknown = [one for one, meant in wanted.items() if not meant]
        if unknown:
            hints = [nearest(one, names.known()) for one in unknown]
            texts = zip(unknown, hints, strict=True)
            raise WorkflowError(*(f"{self.label}: no job {one!r}{hint}" for one, hint in texts))
        needs = {job.name: job.needs for job in self.jobs.values()}
        chosen = with_needs(needs, chain.from_iterable(wanted.values()))
        return [name for name in self.jobs if name in chosen]
