"""Jobs that fail now and succeed then, though nothing about them changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from treadle.report.columns import Column
from treadle.report.runwords import ago, outcome_of
from treadle.report.text import safe

if TYPE_CHECKING:
    from treadle.report.columns import Cell
    from treadle.store.records import AttemptRecord

COLUMNS = (
    Column("job", gives=True), Column("failed", right=True), Column("attempts", right=True),
    Column("rate", right=True), Column("last failure"), Column("in run"),
    Column("because", gives=True),
)  # fmt: skip

_NOT_ITS_OWN = frozenset(("interrupted", "lost", "stuck"))


@dataclass(slots=True)
class Flaky:
    """What is known of a job that is flaky.

    Attributes:
        job: its name.
        attempts: how many ended by themselves, of those that are alike.
        failed: how many of them failed.
        last: the last one that failed.
    """

    job: str
    attempts: int
    failed: int
    last: AttemptRecord

    @property
    def rate(self) -> float:
        """How many of the attempts failed, from 0 to 1."""
        return self.failed / self.attempts


@dataclass(slots=True)
class _Alike:
    """Attempts of a job that had all in common that is known of it."""

    good: int = 0
    failed: int = 0
    last: AttemptRecord | None = None


def find_flaky(attempts: Iterable[AttemptRecord]) -> tuple[list[Flaky], int]:
    """Find the jobs that both failed and succeeded as the same job.

    That is within one run, when it was run again; or with one fingerprint in whatever runs. The
    latter only where it runs for a reason: a job that declares nothing always runs, and what it
    reads may have been another thing each time.

    Args:
        attempts: of any jobs, the oldest first.

    Returns:
        The flaky jobs, the one that fails most often first, and how many attempts were judged.
    """
    groups: dict[tuple[str, str], _Alike] = {}
    count = 0
    for one in attempts:
        end = one.end
        if end is None or end.outcome in _NOT_ITS_OWN:
            continue
        count += 1
        alike = one.start.fingerprint if one.start.why else ""
        group = groups.setdefault((end.job, alike or one.run), _Alike())
        if end.kind == "good":
            group.good += 1
        else:
            group.failed, group.last = group.failed + 1, one
    return sorted(_flaky(groups), key=lambda one: (-one.rate, -one.attempts, one.job)), count


def _flaky(groups: dict[tuple[str, str], _Alike]) -> Iterator[Flaky]:
    found: dict[str, Flaky] = {}
    for (job, _), group in groups.items():
        if not group.good or group.last is None:
            continue
        if job in found:
            known = found[job]
            known.attempts += group.good + group.failed
            known.failed += group.failed
            known.last = max(known.last, group.last, key=lambda one: one.start.at)
        else:
            found[job] = Flaky(job, group.good + group.failed, group.failed, group.last)
    yield from found.values()


def flaky_rows(found: Sequence[Flaky], now: float) -> Iterator[Sequence[Cell]]:
    """Yield what is shown of flaky jobs, a line for each."""
    for one in found:
        yield (
            safe(one.job),
            str(one.failed),
            str(one.attempts),
            f"{one.rate:.0%}",
            ago(one.last.start.at, now),
            safe(one.last.run),
            outcome_of(one.last.end),
        )


def flaky_fields(found: Sequence[Flaky], judged: int) -> dict[str, Any]:
    """Return the same for programs."""
    return {
        "attempts": judged,
        "flaky": [
            {
                "job": one.job,
                "attempts": one.attempts,
                "failed": one.failed,
                "rate": one.rate,
                "last_failed_at": one.last.start.at,
                "run": one.last.run,
                "attempt": one.last.start.attempt,
                "detail": one.last.end.detail if one.last.end is not None else "",
            }
            for one in found
        ],
    }
