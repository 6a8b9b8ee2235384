"""A run that is awaited in an event loop, which runs its coroutine functions."""

from __future__ import annotations

import asyncio
import threading
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from treadle.runner import run
from treadle.runner.outside import OUTSIDE, Outside

if TYPE_CHECKING:
    from treadle.runner.result import RunResult
    from treadle.workflow.plan import Plan


async def run_async(plan: Plan, **options: Any) -> RunResult:
    """Run the jobs of a plan, and leave the event loop to others meanwhile.

    A thread of its own drives the run, as it would without a loop. Cancelling the task that
    awaits this is what Ctrl-C is for a run: nothing more starts, coroutines are cancelled,
    processes asked to end, functions in threads waited for; jobs with `always` run. Then
    the cancellation goes on. Cancelled again, it stops harder.

    Args:
        plan: the jobs.
        options: those of `treadle.runner.run`.
    """
    loop = asyncio.get_running_loop()
    outside = Outside(loop)
    over: asyncio.Future[RunResult] = loop.create_future()
    context = copy_context()
    context.run(OUTSIDE.set, outside)
    thread = threading.Thread(
        target=context.run, args=(_drive, plan, options, loop, over), name="treadle-run"
    )
    thread.start()
    cancelled: asyncio.CancelledError | None = None
    while not over.done():
        try:
            await asyncio.wait([over])
        except asyncio.CancelledError as error:
            cancelled = error
            outside.stop()
    thread.join()
    if cancelled is not None:
        over.exception()  # it has been looked at
        raise cancelled
    return over.result()


def _drive(
    plan: Plan,
    options: dict[str, Any],
    loop: asyncio.AbstractEventLoop,
    over: asyncio.Future[RunResult],
) -> None:
    try:
        result = run(plan, **options)
    except BaseException as error:  # noqa: BLE001 -- raised where the run is awaited
        loop.call_soon_threadsafe(over.set_exception, _raisable(error))
    else:
        loop.call_soon_threadsafe(over.set_result, result)


def _raisable(error: BaseException) -> BaseException:
    """Return what a future can hold, which is everything but StopIteration."""
    return RuntimeError(repr(error)) if isinstance(error, StopIteration) else error
