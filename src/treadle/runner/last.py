"""What is kept of a run for the next one: which jobs were bad, and how long jobs take.

One small file, `.treadle/last.json`, replaced as a whole. It only makes the next run better:
what cannot be read is ignored, and said.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from treadle.report.feed import Remark
from treadle.runner.regular import read_regular
from treadle.store.folder import STATE

if TYPE_CHECKING:
    from treadle.report import Fact
    from treadle.runner.book import Book
    from treadle.workflow import Plan

NAME = "last.json"
MAX_BYTES = 64 << 20
"""A million jobs with names of some 40 characters."""

_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Last(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is kept of the runs so far.

    Attributes:
        bad: jobs that failed or were skipped when they were last to run.
        durations: seconds that jobs took when they were last good.
        targets: what the last run was asked for.
        seed: what its order was shuffled with.
    """

    version: Literal[1] = 1
    bad: list[str] = []
    durations: dict[str, float] = {}
    targets: list[str] = []
    seed: int | None = None


def read_last(plan: Plan, tell: Callable[[Fact], object] = lambda _: None) -> Last:
    """Return what is kept for a workflow, of the jobs that it still has; nothing is no error.

    Args:
        plan: the workflow.
        tell: takes a remark if there is something that cannot be used.
    """
    path = plan.folder / STATE / NAME
    try:
        last = msgspec.json.decode(read_regular(path, MAX_BYTES), type=Last)
    except FileNotFoundError:
        return Last()
    except (OSError, ValueError, RecursionError) as error:
        why = getattr(error, "strerror", None) or str(error)
        tell(Remark(f"{path} cannot be used and is ignored: {why}"))
        return Last()
    durations = last.durations.items()
    return Last(
        bad=[name for name in last.bad if name in plan.jobs],
        durations={n: s for n, s in durations if n in plan.jobs and 0 <= s < math.inf},
        targets=last.targets,
        seed=last.seed,
    )


def failed_last(plan: Plan) -> list[str]:
    """Return the jobs that failed or were skipped when they were last to run, in order."""
    bad = set(read_last(plan).bad)
    return [name for name in plan.jobs if name in bad]


def keep_last(
    plan: Plan, before: Last, book: Book, targets: Sequence[str], seed: int | None
) -> Remark | None:
    """Keep what is known after a run; return what to say if that is not possible.

    Args:
        plan: the workflow.
        before: what was known before the run.
        book: what came of its jobs.
        targets: what it was asked for.
        seed: what its order was shuffled with.
    """
    still = [name for name in before.bad if name not in book.ends and name not in book.skips]
    bad = {*still, *book.failed, *book.skipped}
    last = Last(
        bad=[name for name in plan.jobs if name in bad],
        durations={**before.durations, **_took(book)},
        targets=list(targets),
        seed=seed,
    )
    path = plan.folder / STATE / NAME
    try:
        _replace(path, msgspec.json.encode(last))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        return Remark(f"{path} cannot be written: {why}")
    return None


def _took(book: Book) -> Mapping[str, float]:
    ends = ((name, book.ends[name]) for name in book.good)
    return {name: round(end.duration, 6) for name, end in ends if end.attempt}


def _replace(path: Path, data: bytes) -> None:
    """Replace a file in one step: whoever reads it sees the old one or the new one."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    new.unlink(missing_ok=True)
    try:
        with open(os.open(new, _WRITE, 0o600), "wb") as file:
            file.write(data)
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
