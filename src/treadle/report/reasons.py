"""Why a job failed, in words."""

from __future__ import annotations

import errno
import signal
from typing import TYPE_CHECKING

from msgspec import Struct

from treadle.report.text import cut, number, seconds, size

if TYPE_CHECKING:
    from treadle.workflow import PlannedJob

_MAX_RAISED = 300  # characters


class Ending(Struct, frozen=True):
    """How an attempt ended, as far as it is known.

    Attributes:
        outcome: how (``exited``, ``signalled``, ``timed_out`` …).
        code: what its process exited with; negative is a signal.
        error: what was raised in treadle.
        raised: what was raised in the job itself, if it is a Python function.
        stopped_for: the limit on its output for which it was stopped: ``idle`` or ``output``.
        oom: the kernel killed something of it because there was no memory.
        leaked: processes that it left behind.
        loss: why nobody knows how it ended.
        total: its time was up because that of all its attempts was.
        fault: what is wrong with it although it ended well: with the values it wrote.
        final: another attempt would come to the same.
    """

    outcome: str
    code: int | None = None
    error: BaseException | None = None
    raised: BaseException | None = None
    stopped_for: str | None = None
    oom: bool = False
    leaked: int = 0
    loss: str | None = None
    total: bool = False
    fault: str = ""
    final: bool = False

    def is_good(self, job: PlannedJob) -> bool:
        """Whether the job has done what it is for.

        An exit code counts as what it is: 125 or 126 mean nothing special here, as
        they do between jobs of the seed.
        """
        clean = not self.leaked or job.leak != "fail"
        return self.outcome == "exited" and self.code == 0 and clean and not self.fault

    def is_allowed(self, job: PlannedJob) -> bool:
        """Whether the job may end in this way without failing the run, as `allow_failure` says.

        Whoever stopped it from outside wanted it stopped: that is no failure of its own.
        """
        may = job.allow_failure
        if isinstance(may, bool):
            return may and self.outcome != "interrupted"
        return self.outcome == "exited" and self.code in may


def reason(ending: Ending, job: PlannedJob) -> str:
    """Say why an attempt of a job failed."""
    match ending.outcome:
        case "timed_out" | "over_limit":
            return _too_much(ending, job)
        case "exited" if ending.raised is not None:
            return _raised(ending.raised)
        case "exited" | "signalled" if ending.code is not None:
            return _by_itself(ending, ending.code, job)
        case "spawn_failed" if not job.cwd.is_dir():
            return f"its folder '{job.cwd}' does not exist"
    if ending.error is not None:
        return _not_started(ending.error, job)
    texts = {
        "interrupted": "interrupted",
        "stuck": "did not end when it was killed",
        "lost": f"lost: {ending.loss or 'nobody knows how it ended'}",
    }
    return texts.get(ending.outcome, ending.outcome)


def _too_much(ending: Ending, job: PlannedJob) -> str:
    if ending.outcome == "over_limit":
        return f"more than {size(job.output_limit or 0)} of output"
    if ending.stopped_for == "idle" and job.idle_timeout is not None:
        return f"no output for {seconds(job.idle_timeout)}"
    if ending.total and job.total_timeout is not None:
        return f"timed out: all attempts together had {seconds(job.total_timeout)} (total_timeout)"
    return f"timed out after {seconds(job.timeout)}"


def _raised(error: BaseException) -> str:
    """Name an exception as the last line of a traceback does, on one line and not too long."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # noqa: BLE001 -- it is the user's class
        text = ""
    return cut(f"{type(error).__name__}: {text}" if text else type(error).__name__, _MAX_RAISED)


def _by_itself(ending: Ending, code: int, job: PlannedJob) -> str:
    if ending.oom and code:
        return "out of memory (killed by the kernel)"
    if code == -signal.SIGXCPU and "cpu" in job.limits:
        return f"more than {seconds(job.limits['cpu'])} of processor time"
    if code < 0:
        return f"killed by {_signal_name(-code)}"
    if code == 0 and ending.leaked:
        return f"left {number(ending.leaked, 'process', 'processes')} behind"
    if code == 0 and ending.fault:
        return ending.fault
    return f"exit {code}"


def _not_started(error: BaseException, job: PlannedJob) -> str:
    cause = error.__cause__
    if not isinstance(cause, OSError) or not cause.strerror:
        return str(error)
    hint = " (a script needs a first line such as #!/bin/sh)" * (cause.errno == errno.ENOEXEC)
    what = getattr(error, "what", None) or f"start '{job.argv[0] if job.argv else job.name}'"
    return f"cannot {what}: {cause.strerror.lower()}{hint}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
