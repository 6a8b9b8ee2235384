"""Which executor a class of jobs gets, by what it overrides; decided once for each class."""

from __future__ import annotations

from collections.abc import Mapping

from treadle.executors.base import Executor


def choose(job_class: type, bases: Mapping[type, Executor], start: Executor) -> Executor:
    """The executor of the nearest base whose `start` and `run` are still its own.

    Args:
        job_class: the class of the job.
        bases: for each base class that treadle knows, the executor of its jobs.
        start: the executor of classes that override `start`.
    """
    known = [base for base in job_class.__mro__ if base in bases]
    if not known or _overrides(job_class, known, "start"):
        return start
    for base in known:
        if _method(job_class, "run") is _method(base, "run"):
            return bases[base]
    return bases[known[-1]]


def _overrides(job_class: type, known: list[type], name: str) -> bool:
    return all(_method(job_class, name) is not _method(base, name) for base in known)


def _method(owner: type, name: str) -> object:
    return getattr(owner, name, None)
