"""A job in words and as data: what it runs, and all that is known of it."""

from __future__ import annotations

import math
import shlex
import signal
from typing import TYPE_CHECKING

import msgspec

from treadle.workflow.expressions import Reference, Text

if TYPE_CHECKING:
    from treadle.workflow import PlannedJob

HIDDEN = "***"


def command_of(job: PlannedJob) -> str:
    """Return what a job runs, as a person would type it; nothing for one that only gathers."""
    if job.call is not None:
        function = job.call.function
        return f"{function.__module__}.{function.__qualname__}()"
    late = job.late
    if job.script is not None or (late is not None and late.script is not None):
        body = job.script or _said(late.script if late and late.script else ())
        lines = [line for line in body.splitlines() if line.strip()]
        return f"{lines[0] if lines else ''} …"
    if late is not None and late.line is not None:
        return _said(late.line)
    if late is not None and late.elements is not None:
        return " ".join(_said(element) for element in late.elements)
    argv = job.argv
    return argv[2] if argv[1:2] == ("-c",) and len(argv) == 3 else shlex.join(argv)


def _said(text: Text) -> str:
    return "".join(_piece(piece) for piece in text)


def _piece(piece: str | Reference) -> str:
    return piece if isinstance(piece, str) else f"${{{{ {piece.job}.{piece.name} }}}}"


def fields_of(job: PlannedJob) -> dict[str, object]:
    """Return all that is known of a job, for programs; secret values are left out."""
    said = {name: getattr(job, name) for name in job.__struct_fields__}
    del said["call"], said["late"], said["argv"]
    env = {name: HIDDEN if name in job.secret else value for name, value in job.env.items()}
    more: dict[str, object] = {
        "run": job.argv,
        "command": command_of(job),
        "timeout": None if math.isinf(job.timeout) else job.timeout,
        "env": env,
        "cwd": str(job.cwd),
        "umask": None if job.umask is None else f"{job.umask:03o}",
        "signals": [signal.Signals(number).name for number in job.signals],
    }
    whole: dict[str, object] = msgspec.to_builtins({**said, **more})
    return whole
