"""A run of programs and Python functions of all kinds: a scheduler runs them side by side."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from treadle.runner.function import CoroutineJob, FunctionJob
from treadle.runner.outside import OUTSIDE
from treadle.runner.precedence import Order
from treadle.runner.scheduled import Scheduled

if TYPE_CHECKING:
    import asyncio

    from treadle.job import Job
    from treadle.job.base import NotifyEndType
    from treadle.runner.workers import Workers
    from treadle.workflow.plan import PlannedJob

_ENDS_WITHIN = 5.0  # seconds, for an event loop that a coroutine does not let go


class _LoopThread:
    """An event loop of our own, in a thread."""

    def __init__(self) -> None:
        import asyncio  # noqa: PLC0415 -- only where there are coroutine functions

        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="treadle-loop", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self.loop.run_forever()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    def close(self) -> None:
        """Let it end; one that is held up by a coroutine is left behind."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(_ENDS_WITHIN)


class Mixed(Scheduled):
    """One run; see `Execution`."""

    _workers: Workers | None = None
    _own_loop: _LoopThread | None = None
    _heard = False
    # A job that is called in a thread is looked at before, on the thread that drives the run.
    goes_ahead = False

    def run_jobs(self, needs: Mapping[str, Sequence[str]], order: Order, *, last: bool) -> None:
        """See `Execution`."""
        self._making = threading.Lock()
        self._outside = OUTSIDE.get()
        self._heard = False
        try:
            super().run_jobs(needs, order, last=last)
        finally:
            if self._outside is not None:
                self._outside.listen(None)
            driver = self.scheduler._driver  # noqa: SLF001 -- the run is over, and this is of it
            self.stuck += [str(uid) for uid, _ in driver.engine.stuck] if driver else []
            if self._workers is not None:
                self._workers.close()
                self._workers = None
            if self._own_loop is not None:
                self._own_loop.close()
                self._own_loop = None

    def provide(
        self, uid: Any, data: Any, predecessors: frozenset[Any], notify_end: NotifyEndType
    ) -> Job:
        """Make a job when it is ready; see `Scheduler`."""
        if not self._heard and self._outside is not None:
            # From here on the scheduler hears what it is told.
            self._heard = True
            self._outside.listen(self.scheduler._halt)  # noqa: SLF001 -- as its signals do
        return super().provide(uid, data, predecessors, notify_end)

    def _call(self, uid: str, planned: PlannedJob, notify_end: NotifyEndType) -> Job:
        call = planned.call
        if call is not None and call.is_async:
            return CoroutineJob(uid, planned, notify_end, self)
        if call is not None and call.process:
            from treadle.runner.remotecall import RemoteCall  # noqa: PLC0415 -- loads multiprocessing

            return RemoteCall(uid, planned, notify_end, self)
        return FunctionJob(uid, planned, notify_end, self)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """Where coroutine functions run: the loop of whoever awaits the run, or our own."""
        if self._outside is not None:
            return self._outside.loop
        if self._own_loop is None:
            self._own_loop = _LoopThread()
        return self._own_loop.loop

    @property
    def workers(self) -> Workers:
        """The worker processes."""
        with self._making:
            if self._workers is None:
                from treadle.runner.workers import Workers  # noqa: PLC0415 -- where there are any

                self._workers = Workers()
            return self._workers
