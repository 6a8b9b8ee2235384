"""Why a job failed, in words."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from treadle.report.text import seconds

if TYPE_CHECKING:
    from treadle.workflow import PlannedJob


def reason(outcome: str, code: int | None, job: PlannedJob, error: BaseException | None) -> str:
    """Say why a job failed.

    Args:
        outcome: how the attempt ended.
        code: what its process exited with; negative is a signal.
        job: what was to be run.
        error: what was raised in treadle, if anything was.
    """
    if outcome == "timed_out":
        return f"timed out after {seconds(job.timeout)}"
    if outcome == "signalled" and code is not None and code < 0:
        return f"killed by {_signal_name(-code)}"
    if outcome == "exited":
        return f"exit {code}"
    if outcome == "spawn_failed" and not job.cwd.is_dir():
        return f"its folder '{job.cwd}' does not exist"
    if error is not None:
        why = getattr(error.__cause__, "strerror", None)
        return f"cannot start '{job.argv[0]}': {why.lower()}" if why else str(error)
    return {"interrupted": "interrupted", "stuck": "cannot be killed"}.get(outcome, outcome)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
