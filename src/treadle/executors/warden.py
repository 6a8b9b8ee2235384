"""Process jobs in the warden: no thread each, nothing that escapes.

Everything happens on the thread that drives the run: it tells the warden what to start
and stop, and where it waits for messages it takes the warden's reports as well. One
warden serves a run, from its first process job to its end; one that was lost is replaced
with the next job.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from treadle.clock import SYSTEM
from treadle.engine.model import Outcome
from treadle.executors.base import kill_process, process_outcome, suspend_process
from treadle.process.launch import launch
from treadle.process.link import Link, Sleeper, WardenLost

if TYPE_CHECKING:
    import socket

    from treadle.process.remote import RemoteRun

_PIECE = 0.5  # seconds; a signal between Python's last look and the wait is seen after that


class Sounding(Sleeper, Protocol):
    """An inbox that can be heard where something else is waited for."""

    @property
    def bell(self) -> socket.socket:
        """Can be read when something was posted to the sleeper."""


class _Listener:
    """Passes on to a job what becomes of its attempt."""

    __slots__ = ("_job", "_notify", "_on_limit")

    def __init__(self, job: Any, on_limit: Callable[[Any, Outcome], object]) -> None:
        self._job = job
        self._on_limit = on_limit
        notify = job.notify_end
        # Whatever is called in the meantime or later counts for nothing: see `Ticket`.
        self._notify = notify.stamped() if hasattr(notify, "stamped") else notify

    def ended(self, run: RemoteRun) -> None:
        if run.failure is not None:
            self._job._not_started(run.failure)  # noqa: SLF001 -- the end of its `_spawn`
        self.over_and_out()

    def over(self, limit: str) -> None:
        self._on_limit(self._job, Outcome.TIMED_OUT if limit == "idle" else Outcome.OVER_LIMIT)

    def over_and_out(self) -> None:
        self._job.record_stop_time()
        self._notify(self._job.uid)


class WardenExecutor:
    """Runs a `ProcessJob`.

    Its interrupt is a kill at once, as in the seed, unless the job has a `grace`.

    Args:
        on_limit: called with a job and the outcome it is to have, when it goes over a
            limit on its output.
    """

    grace = 0.0
    kill_grace = 10.0

    def __init__(self, on_limit: Callable[[Any, Outcome], object]) -> None:
        self._on_limit = on_limit
        self._link: Link | None = None

    @property
    def active(self) -> bool:
        """Whether there is a warden to listen to."""
        return self._link is not None and self._link.is_open and not self._link.broken

    def start(self, job: Any, slot: int) -> None:
        """Tell the warden to start the job's program."""
        job.slot = slot
        listener = _Listener(job, self._on_limit)
        job._forget_process()  # noqa: SLF001 -- what its own `run` does
        job.record_start_time()
        job._ran = not job.interrupted  # noqa: SLF001 -- the same
        if job._spawn(partial(self._launch, listener)):  # noqa: SLF001 -- the same
            job.handle = job.proc_handle
        else:
            listener.over_and_out()

    def _launch(self, listener: _Listener, cmds: Any, **options: Any) -> RemoteRun:
        try:
            return launch(self._warden(), listener, cmds, **options)
        except WardenLost:
            # It ended since the last job, and took nothing of this one with it.
            return launch(self._warden(), listener, cmds, **options)

    def _warden(self) -> Link:
        if self._link is None or self._link.broken:
            self._link = Link()
        if not self._link.is_open:
            self._link.open()
        return self._link

    # -- waiting -----------------------------------------------------------------------

    def receive(self, inbox: Sounding, timeout: float) -> Any:
        """Take the next message, of whoever; wait `timeout` seconds at most.

        Raises:
            queue.Empty: none came in time.
        """
        messages, link = inbox.messages, self._link
        if link is None:
            return messages.get_nowait()
        link.attend(inbox.bell)
        end = SYSTEM.monotonic() + timeout
        left = timeout
        while messages.empty() and not link.broken:
            # Once at least: who comes again and again with no time left is to hear it, too.
            link.pump(max(0.0, min(_PIECE, left)), inbox)
            left = end - SYSTEM.monotonic()
            if not left > 0:
                break
        return messages.get_nowait()

    # -- stopping ----------------------------------------------------------------------

    def revoke(self, job: Any) -> bool:
        """True if nothing was said to the warden; else it answers in any case."""
        return job.handle is None

    def interrupt(self, job: Any) -> None:
        """Call the job's `interrupt`, which asks its tree to end, or kills it."""
        job.interrupt()

    def kill(self, job: Any) -> None:
        """Kill the tree."""
        kill_process(job)

    def suspend(self, job: Any, resume: bool) -> None:
        """Make the tree stand still, or go on."""
        suspend_process(job, resume)

    def alive(self, job: Any) -> bool | None:
        """Whether the warden has not reported its end."""
        return job.proc_handle is not None and bool(job.proc_handle.is_running())

    def outcome(self, job: Any) -> Outcome:
        """How its program ended."""
        run = job.proc_handle
        if run is not None and run.loss is not None:
            return Outcome.LOST
        if run is not None and run.unkillable:
            # Its program has ended; something that it left has not, and cannot be made to.
            return Outcome.STUCK
        return process_outcome(job)

    def close(self) -> None:
        """The run is over: let the warden go."""
        if self._link is not None:
            self._link.close()
