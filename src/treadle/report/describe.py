"""A job in words and as data: what it runs, and all that is known of it."""

from __future__ import annotations

import math
import shlex
import signal
from typing import TYPE_CHECKING

import msgspec

from treadle.workflow.expressions import Reference

if TYPE_CHECKING:
    from treadle.workflow.expressions import Text
    from treadle.workflow.plan import Call, Late, PlannedJob

HIDDEN = "***"


def command_of(job: PlannedJob) -> str:
    """Return the command line, the script or the name of the function; nothing for none.

    Values that are known only in a run stand as in the file, as ``${{ job.name }}``.
    """
    if job.call is not None:
        return _function(job.call)
    if job.script is not None:
        return job.script
    if job.late is not None and (late := _late(job.late)):
        return late
    # A command line that needs a shell: what is meant is the line.
    if len(job.argv) == 3 and job.argv[0] == "/bin/sh" and job.argv[1] == "-c":
        return job.argv[2]
    return shlex.join(job.argv)


def _function(call: Call) -> str:
    name = getattr(call.function, "__qualname__", "") or type(call.function).__qualname__
    module = getattr(call.function, "__module__", None)
    return f"{module}.{name}()" if module else f"{name}()"


def _late(late: Late) -> str:
    if late.elements is not None:
        return " ".join(_written(element, quoted=True) for element in late.elements)
    return _written(late.script or late.line or ())


def _written(text: Text, *, quoted: bool = False) -> str:
    pieces = [
        f"${{{{ {piece.job}.{piece.name} }}}}" if isinstance(piece, Reference) else piece
        for piece in text
    ]
    if quoted and all(isinstance(piece, str) for piece in text):
        return shlex.join(pieces)
    return "".join(pieces)


def headline_of(job: PlannedJob) -> str:
    """Return what a job runs, in one line: of a script the first."""
    command = command_of(job)
    if job.script is None and (job.late is None or job.late.script is None):
        return command
    lines = [line for line in command.splitlines() if line.strip()]
    return f"{lines[0] if lines else ''} …"


def fields_of(job: PlannedJob) -> dict[str, object]:
    """Return all that is known of a job, for programs; secret values are left out."""
    said = {name: getattr(job, name) for name in job.__struct_fields__}
    del said["call"], said["late"], said["argv"]
    env = {name: HIDDEN if name in job.secret else value for name, value in job.env.items()}
    more: dict[str, object] = {
        "run": job.argv,
        "command": headline_of(job),
        "timeout": None if math.isinf(job.timeout) else job.timeout,
        "env": env,
        "cwd": str(job.cwd),
        "umask": None if job.umask is None else f"{job.umask:03o}",
        "signals": [signal.Signals(number).name for number in job.signals],
    }
    whole: dict[str, object] = msgspec.to_builtins({**said, **more})
    return whole
