"""How a call failed, and whether calling it again is of any use."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from treadle.engine import Outcome
from treadle.errors import TreadleError
from treadle.report.reasons import Ending
from treadle.report.text import seconds
from treadle.runner.binding import FunctionCall

if TYPE_CHECKING:
    from treadle.workflow.plan import PlannedJob


GOOD = Ending("exited", 0)
"""How a call ended that came to a value."""


class StuckError(TreadleError):
    """A function did not return when its time was up, and its thread was given up."""


def ending_of(
    job: PlannedJob, outcome: Outcome, raised: BaseException | None, limit: float | None
) -> Ending:
    """Return how an attempt ended that did not come to a value.

    Args:
        job: whose attempt it is.
        outcome: what the engine says: it may have been stopped.
        raised: what the function raised.
        limit: seconds that the attempt had.
    """
    if outcome is Outcome.TIMED_OUT:
        return Ending("timed_out", total=limit != job.timeout)
    return Ending("exited", raised=raised, final=_is_final(job, raised))


def _is_final(job: PlannedJob, raised: BaseException | None) -> bool:
    """Whether `retry_on` names exceptions, and this is none of them."""
    call = job.call
    if raised is None or not isinstance(call, FunctionCall) or not call.retry_on:
        return False
    return not isinstance(raised, call.retry_on)


def given_up(job: PlannedJob, cause: Outcome | None, limit: float | None) -> Ending:
    """Return how an attempt ended whose thread did not; `limit` is the seconds that it had."""
    timed_out = cause is Outcome.TIMED_OUT and limit is not None
    why = f"timed out after {seconds(limit or 0.0)}" if timed_out else "interrupted"
    error = StuckError(
        f"{why}, and did not return within {seconds(job.grace)}; "
        "its thread goes on (process=True can be stopped)"
    )
    return Ending("stuck", error=error)


def stripped(error: BaseException) -> BaseException:
    """Return an exception without the line of treadle where the function was called.

    That line's frame would keep everything alive that its thread ever sees.
    """
    own = error.__traceback__
    return error.with_traceback(own.tb_next if own is not None else None)


def traceback_of(error: BaseException) -> str:
    """Return an exception as Python prints it."""
    return "".join(traceback.format_exception(error))
