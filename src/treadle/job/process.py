"""Jobs that run a program."""

from __future__ import annotations

import signal
from abc import ABCMeta, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from treadle.job.base import Job, NotifyEndType, logger
from treadle.process import Conditions, Run
from treadle.process.conditions import PLAIN
from treadle.status import ReturnValue

if TYPE_CHECKING:
    from treadle.engine import VertexID
    from treadle.process.remote import RemoteRun


class ProcessJob(Job, metaclass=ABCMeta):
    """A job that runs `cmdline` and ends with it, and with everything that it started.

    Attributes:
        proc_handle: the process (`treadle.process.Run`, or what stands for it), once it
            was started.
        spawn_error: why it could not be started; it then counts as a failure.
        conditions: limits, priority, a terminal, what happens to what it leaves behind;
            see `treadle.process.Conditions`.
        leave_running: True stands for `leak="leave"` among the conditions.
    """

    leave_running = False
    conditions: Conditions = PLAIN
    spawn_error: BaseException | None = None
    _unknown_logged = False
    _polite: int = signal.SIGTERM

    def __init__(self, uid: VertexID, data: Any, notify_end: NotifyEndType) -> None:
        super().__init__(uid, data, notify_end)
        self.proc_handle: Run | RemoteRun | None = None

    @property
    @abstractmethod
    def cmdline(self) -> list[str]:
        """The program and its arguments."""

    @property
    def cmd_options(self) -> dict[str, Any]:
        """Keyword arguments of `treadle.process.Run`: `output`, `env`, `cwd` and others."""
        return {"output": None}

    def run(self) -> None:
        """Start the program and wait for it."""
        self._forget_process()
        if self._spawn(Run) and self.proc_handle is not None:
            self.proc_handle.wait()

    def _forget_process(self) -> None:
        self.proc_handle = None
        self.spawn_error = None
        self._unknown_logged = False

    def _renew(self) -> None:
        super()._renew()
        self._forget_process()

    def _spawn(self, make: Callable[..., Run | RemoteRun]) -> bool:
        """Start the program with `make`; False if it was not, for whatever reason."""
        try:
            options = {**self.cmd_options, "bg": True}
            with self.lock:
                # Under the lock, as `interrupt` is: either it finds the process, or
                # the process is not started.
                if self.interrupted:
                    return False
                command = self._command()
                self.proc_handle = make(command, conditions=self._all_conditions(), **options)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the job could not be started
            self._not_started(error)
            return False
        return True

    def _command(self) -> Any:
        cmdline: Any = self.cmdline
        command = cmdline() if callable(cmdline) else cmdline
        if command is None:
            raise ValueError(f"job {self.uid!r} has no command line")
        return command

    def _all_conditions(self) -> Conditions:
        return self.conditions._replace(leak="leave") if self.leave_running else self.conditions

    def _not_started(self, error: BaseException) -> None:
        self.spawn_error = error
        logger.error("job %s could not be started", self.uid, exc_info=error)

    @property
    def status(self) -> ReturnValue:
        """`ReturnValue` of the exit code; `notready` before the first run."""
        if self.spawn_error is not None or self.exception is not None:
            return ReturnValue.failure
        if self.proc_handle is None:
            return ReturnValue.notready
        if self.proc_handle.leaked and self.conditions.leak == "fail":
            return ReturnValue.failure
        return self._decode(self.proc_handle.status)

    def _decode(self, code: int | None) -> ReturnValue:
        if code is None:
            self._log_once("job %s returned None for status", self.uid)
            return ReturnValue.failure
        try:
            return ReturnValue(code)
        except ValueError:
            self._log_once("job %s returned an unknown status %s", self.uid, code)
            return ReturnValue.failure

    def _log_once(self, message: str, *values: object) -> None:
        if not self._unknown_logged:
            self._unknown_logged = True
            logger.error(message, *values)

    def interrupt(self) -> bool:
        """Kill the process and everything it started; ask first if there is a `grace`.

        Returns at once; always True.
        """
        with self.lock:
            first = super().interrupt()
            handle = self.proc_handle
        if first and handle is not None:
            if self.grace:
                handle.terminate(self._polite)
            else:
                handle.kill()
        return True
