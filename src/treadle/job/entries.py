"""What a store is told of an attempt, and of the end of a run."""

from __future__ import annotations

import logging
import signal
from collections.abc import Mapping
from typing import TYPE_CHECKING

from treadle.clock import SYSTEM
from treadle.engine.model import Outcome
from treadle.errors import RunInterrupted, StalledError, StoreError, Terminated
from treadle.status import ReturnValue
from treadle.store.records import End, Kind, Start

if TYPE_CHECKING:
    from treadle.job.base import Job

logger = logging.getLogger("treadle.job.scheduler")

_GOOD = frozenset((ReturnValue.success, ReturnValue.unchanged))
_SKIPPED: Mapping[ReturnValue | None, Kind] = {
    ReturnValue.success: "gathered",
    ReturnValue.unchanged: "unchanged",
    ReturnValue.skip: "skipped",
}
_CAUSES: Mapping[type[BaseException], str] = {
    StalledError: "stalled",
    StoreError: "store",
    RunInterrupted: "interrupted",
    BaseException: "raised",
}
_SHOWN = 200  # characters of an exception


def start_of(job: Job, waited: float, slot: int) -> Start:
    """Return the record of an attempt that begins."""
    return Start(str(job.uid), job.attempt, SYSTEM.stamp(), waited, slot)


def end_of(job: Job, requeued: bool, delay: float) -> End:
    """Return the record of an attempt that was dealt with.

    Args:
        job: as it is after `collect`.
        requeued: there is to be another attempt.
        delay: seconds until then.
    """
    kind: Kind = "retried" if requeued else "good" if _is_good(job) else "failed"
    handle = getattr(job, "proc_handle", None)
    code, usage = getattr(handle, "status", None), getattr(handle, "usage", None)
    error = job.exception or getattr(job, "spawn_error", None)
    return End(
        str(job.uid),
        job.attempt,
        kind,
        SYSTEM.stamp(),
        job.timing_info.duration,
        job.outcome.value if job.outcome is not None else "",
        code if isinstance(code, int) else None,
        told(error) if error is not None else "",
        user=usage.user if usage is not None else None,
        system=usage.system if usage is not None else None,
        max_rss=usage.max_rss if usage is not None else None,
        leaked=getattr(handle, "leaked", 0),
        delay=delay,
    )


def end_without(job: Job) -> End:
    """Return the record of a job that was not to be started."""
    return End(str(job.uid), 0, _SKIPPED.get(_status(job), "failed"), SYSTEM.stamp())


def _is_good(job: Job) -> bool:
    # Who was told to end may have left half of it undone, whatever it says.
    return job.outcome is Outcome.EXITED and _status(job) in _GOOD


def _status(job: Job) -> ReturnValue | None:
    try:
        return job.status
    except Exception:
        logger.exception("the status of job %s raised; it is recorded as failed", job.uid)
        return None


def told(error: BaseException) -> str:
    """Return an exception as one line."""
    text = f"{type(error).__name__}: {error}".partition("\n")[0]
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def cause_of(error: BaseException | None) -> tuple[int, str]:
    """Return the signal that ended a run, 0 if none did, and else the word for what did."""
    if error is None:
        return 0, ""
    if isinstance(error, Terminated):
        return error.signum, ""
    if isinstance(error, KeyboardInterrupt):
        return int(signal.SIGINT), ""
    return 0, next(word for kind, word in _CAUSES.items() if isinstance(error, kind))
