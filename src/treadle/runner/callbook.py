"""The book of a run whose jobs are calls: facts that nobody wants yet are not written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from treadle.report.feed import JobEnded
from treadle.runner.book import Book
from treadle.status import ReturnValue

_SUCCESS = ReturnValue.success
_set: Any = dict.__setitem__


class Ends(dict[str, Any]):
    """The facts that told the ends of jobs, by name.

    For a job that was simply good there is only the number of its attempt and how long
    that took, until somebody asks for the fact: a million of them are a second's work.
    """

    def __getitem__(self, name: str) -> JobEnded:
        return _fact(name, super().__getitem__(name))

    def get(self, name: str, default: Any = None) -> Any:
        """Return the fact of a job, or the default."""
        kept = super().get(name)
        return default if kept is None else _fact(name, kept)

    def values(self) -> Any:
        """The facts, in the order of the ends."""
        return [fact for _, fact in self._facts()]

    def items(self) -> Any:
        """Names and facts, in the order of the ends."""
        return list(self._facts())

    def _facts(self) -> Iterator[tuple[str, JobEnded]]:
        for name, kept in super().items():
            yield name, _fact(name, kept)


def _fact(name: str, kept: Any) -> JobEnded:
    if isinstance(kept, JobEnded):
        return kept
    attempt, duration = kept if isinstance(kept, tuple) else (1, kept)
    return JobEnded(name, attempt, _SUCCESS, "exited", duration, code=0)


class CallBook(Book):
    """What has come of the calls of one run.

    Attributes:
        origins: for each job that is bad for others, the job where the trouble began.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.ends = Ends()
        self.origins = self._origins

    def passed(self, name: str, attempt: int, duration: float, value: Any) -> None:
        """Note that a job is good, when nobody is to be told.

        Args:
            name: of the job.
            attempt: which one it was.
            duration: seconds that it took.
            value: what it returned.
        """
        self.results[name] = value
        self.good.append(name)
        if attempt == 1:
            _set(self.ends, name, duration)
            return
        _set(self.ends, name, (attempt, duration))
        tries = self._tries.get(name)
        if tries is not None and tries.failed:
            self.flaky.append(name)
