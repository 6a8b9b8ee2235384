"""A job that is a call in a worker process."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

from treadle.clock import SYSTEM
from treadle.engine import Outcome
from treadle.errors import ProcessError
from treadle.report.reasons import Ending
from treadle.runner.function import FunctionJob
from treadle.runner.pickles import SendError, answer, request
from treadle.runner.stopping import Escalation
from treadle.runner.worker import FrameError
from treadle.runner.workers import Circumstances, WorkerProcess

if TYPE_CHECKING:
    from treadle.job.base import NotifyEndType
    from treadle.process import Run
    from treadle.process.remote import RemoteRun
    from treadle.runner.mixed import Mixed
    from treadle.workflow.plan import PlannedJob


class RemoteCall(FunctionJob):
    """A thread of ours waits for the answer; the worker can be asked to end, and killed.

    Attributes:
        proc_handle: the worker's process, while it works for this job and after its death.
        spawn_error: why it could not be started.
    """

    proc_handle: Run | RemoteRun | None = None
    spawn_error: BaseException | None = None
    _polite: int = signal.SIGTERM
    _escalation: Escalation | None = None

    def __init__(self, uid: str, data: PlannedJob, notify_end: NotifyEndType, of: Mixed) -> None:
        super().__init__(uid, data, notify_end, of)
        self._holding = threading.Lock()
        if data.signals:
            self.grace = data.grace * len(data.signals)

    def run(self) -> None:
        """Send the call to a worker, and wait for the answer."""
        if not self.is_called:
            return
        self.log = self._log_name()
        try:
            frame = request(self.log, self.call.function, self._keywords())
            one = self.of.workers.take(_circumstances(self.planned, self.of))
        except SendError as error:
            self.raised = error
        except (ProcessError, OSError) as error:
            self.spawn_error = error
        else:
            self._ask(one, frame)

    def _ask(self, one: WorkerProcess, frame: bytes) -> None:
        with self._holding:
            # Either who interrupts finds the process, or nothing is asked of it.
            self.proc_handle = one.process
            interrupted = self.interrupted
        began = SYSTEM.monotonic()
        reply: bytes | None = None
        try:
            if not interrupted:
                one.send(frame)
                reply = one.receive()
                self._read(reply, SYSTEM.monotonic() - began)
        except FrameError as error:
            self.raised = SendError(f"its arguments cannot be sent to another process: {error}")
        except SendError as error:
            self.raised = error
        finally:
            self._let_go(one, whole=reply is not None)

    def _read(self, reply: bytes | None, wall: float) -> None:
        if reply is None:
            return
        said = answer(reply, wall)
        self.usage = said.usage
        if said.raised is not None:
            self.raised = said.raised
        else:
            self._returned(said.value)

    def _let_go(self, one: WorkerProcess, *, whole: bool) -> None:
        with self._holding:
            spoilt = self.interrupted or not whole
            if not spoilt:
                self.proc_handle = None
        if not spoilt:
            self.of.workers.give_back(one)
            return
        if not whole:
            # It has ended by itself: by how, not by a kill of ours.
            one.process.wait()
        self.of.workers.discard(one)
        self.usage = getattr(one.process, "usage", None) or self.usage

    def interrupt(self) -> bool:
        """Ask the worker to end, or kill it if it has no grace; True if not told before."""
        with self._holding:
            first = super().interrupt()
            process = self.proc_handle
        if first and process is not None:
            self._stop(process)
        return first

    def _stop(self, process: Run | RemoteRun) -> None:
        signals = self.planned.signals
        if not self.grace:
            process.kill()
        elif signals:
            self._escalation = Escalation(process, signals, self.planned.grace)
            self._escalation.step()
        else:
            process.terminate(self._polite)

    def _ending(self) -> Ending:
        if self._escalation is not None:
            self._escalation.cancel()
        if self.spawn_error is not None:
            return Ending("spawn_failed", error=self.spawn_error)
        process, outcome = self.proc_handle, self.outcome
        died = process is not None and not self._has_value and self.raised is None
        if not died or outcome not in (Outcome.EXITED, Outcome.SIGNALLED):
            return super()._ending()
        assert process is not None
        if getattr(process, "loss", None) or not process.status:
            loss = getattr(process, "loss", None) or "its process ended without an answer"
            return Ending("lost", loss=loss)
        return Ending(str(outcome), process.status, oom=process.oom)

    def _renew(self) -> None:
        super()._renew()
        self.proc_handle = self.spawn_error = self._escalation = None


def _circumstances(job: PlannedJob, of: Mixed) -> Circumstances:
    folder, where = of.where(job.cwd)
    env = {**job.env, "PWD": where, "TREADLE_RUN": of.label}
    return Circumstances(
        folder,
        tuple(sorted(env.items())),
        tuple(sorted(job.limits.items())),
        job.nice,
        job.umask,
    )
