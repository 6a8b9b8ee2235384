"""What came of a run."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from pathlib import Path
from traceback import format_exception
from typing import TYPE_CHECKING, Any, TypeVar, overload

from msgspec import Struct

from treadle.report.feed import JobEnded, JobSkipped
from treadle.status import ReturnValue

if TYPE_CHECKING:
    from treadle.process.conditions import Usage
    from treadle.runner.book import Book

T = TypeVar("T")


class JobResult(Struct, frozen=True):
    """What came of one job.

    Attributes:
        status: `success`, `failure`, `skip` for a job that was not run, or `unchanged` for
            one that need not run.
        outcome: how its last attempt ended (``exited``, ``timed_out`` …); empty if it
            was not run.
        attempts: how many there were.
        duration: seconds that the last attempt took.
        detail: why it failed or was not run.
        log: the output of the last attempt.
        usage: what the last attempt used, where that is known.
        code: its exit code; negative is a signal.
        error: what it raised in its last attempt, if it is a Python function and failed.
    """

    status: ReturnValue
    outcome: str = ""
    attempts: int = 0
    duration: float = 0.0
    detail: str = ""
    log: Path | None = None
    usage: Usage | None = None
    code: int | None = None
    error: BaseException | None = None

    @property
    def traceback(self) -> str:
        """What Python prints of `error`; empty if there is none."""
        return "" if self.error is None else "".join(format_exception(self.error))


class Statuses(Mapping[str, JobResult]):
    """The jobs of a run that are over, by name; each record is made when it is asked for."""

    def __init__(
        self,
        ends: Mapping[str, JobEnded],
        skips: Mapping[str, JobSkipped],
        errors: Mapping[str, BaseException],
        unchanged: Mapping[str, None],
    ) -> None:
        self._ends = ends
        self._skips = skips
        self._errors = errors
        self._unchanged = unchanged

    def __getitem__(self, name: str) -> JobResult:
        end = self._ends.get(name)
        if end is None and name in self._unchanged:
            return JobResult(ReturnValue.unchanged, detail="what it makes is there")
        if end is None:
            skip = self._skips[name]
            why = skip.why or f"'{skip.origin}' failed"
            return JobResult(ReturnValue.skip, detail=why)
        return JobResult(
            end.status,
            end.outcome,
            end.attempt,
            end.duration,
            end.detail,
            Path(end.log) if end.log is not None else None,
            end.usage,
            end.code,
            None if end.good else self._errors.get(name),
        )

    def __iter__(self) -> Iterator[str]:
        yield from self._ends
        yield from self._skips
        yield from self._unchanged

    def __len__(self) -> int:
        return len(self._ends) + len(self._skips) + len(self._unchanged)


class RunResult(Struct, frozen=True):
    """What came of a run.

    Attributes:
        run: its name.
        logs: the folder of its logs.
        good: jobs that have done what they are for.
        failed: jobs that have not.
        skipped: jobs that were not run because something that they need failed.
        left: jobs that were never begun because the run ended early.
        duration: seconds that the run took.
        signum: the signal that ended it early, 0 if none did.
        unwanted: jobs that were not to be run, by `when` or because nothing failed.
        unchanged: jobs that were not run because what they make is there.
        allowed: jobs that failed and were allowed to.
        flaky: good jobs that failed before they were.
        cause: why else it ended early: ``deadline``, ``stalled`` or ``store``.
        detail: says `cause` in words.
        seed: what the order was shuffled with, if it was.
        statuses: what came of each job that is over.
        values: what jobs that are Python functions returned.
        stuck: jobs that could not be stopped, and whose threads go on.
    """

    run: str
    logs: Path
    good: tuple[str, ...]
    failed: tuple[str, ...]
    skipped: tuple[str, ...]
    left: tuple[str, ...]
    duration: float
    signum: int
    unwanted: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    cause: str = ""
    detail: str = ""
    seed: int | None = None
    statuses: Mapping[str, JobResult] = {}
    values: Mapping[str, Any] = {}
    stuck: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()

    @overload
    def value(self, job: str) -> Any: ...

    @overload
    def value(self, job: Callable[..., Coroutine[Any, Any, T]]) -> T: ...

    @overload
    def value(self, job: Callable[..., T]) -> T: ...

    def value(self, job: str | Callable[..., Any]) -> Any:
        """Return what a job returned.

        Args:
            job: its name, or the function; that has to have the name of its job.

        Raises:
            KeyError: the job is not good, or is no function.
        """
        name = job if isinstance(job, str) else job.__name__
        if name not in self.values:
            raise KeyError(f"job {name!r} has no value: {_why_no_value(self.statuses.get(name))}")
        return self.values[name]

    @property
    def success(self) -> bool:
        """Whether nothing failed that may not, and nothing is left to be done."""
        bad = self.failed or self.skipped or self.left or self.signum or self.cause
        return not bad

    @property
    def timings(self) -> dict[str, float]:
        """The seconds that the last attempt of each job took, for those that were run."""
        return {name: status.duration for name, status in self.statuses.items() if status.attempts}


def _why_no_value(status: JobResult | None) -> str:
    if status is None:
        return "is no job of this run"
    if status.status is ReturnValue.unchanged:
        return "it is unchanged, and what it returned then was not kept"
    return status.detail or status.status.name


def result_of(
    book: Book,
    *,
    run: str,
    logs: Path,
    duration: float,
    signum: int,
    cause: str,
    detail: str,
    seed: int | None,
    stuck: Sequence[str] = (),
) -> RunResult:
    """Return what a book says when the run is over."""
    return RunResult(
        run=run,
        logs=logs,
        good=tuple(book.good),
        failed=tuple(book.failed),
        skipped=tuple(book.skipped),
        left=book.left(),
        duration=duration,
        signum=signum,
        unwanted=tuple(book.unwanted),
        allowed=tuple(book.allowed),
        flaky=tuple(book.flaky),
        cause=cause,
        detail=detail,
        seed=seed,
        statuses=Statuses(book.ends, book.skips, book.errors, book.unchanged),
        values=book.results,
        stuck=tuple(stuck),
        unchanged=tuple(book.unchanged),
    )
