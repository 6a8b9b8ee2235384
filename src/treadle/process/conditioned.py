"""Conditions without a warden: a small program in front of the job's applies them.

Between fork and exec no Python may run here: the host has threads, and a fork of it
holds whatever locks they held. So the conditions are applied by an interpreter of their
own, which then becomes the job's program. It costs some 10 ms.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from treadle.errors import ProcessError
from treadle.process.conditions import PLAIN, Conditions

_START = (
    "import sys, os; a = sys.argv; sys.path.append(a[1]); from warden.become import precede; "
    "precede([os.fsencode(part) for part in a[2:]])"
)
_FOLDER = os.path.dirname(os.path.abspath(__file__))


def possible(conditions: Conditions) -> Conditions:
    """The same conditions.

    Raises:
        ProcessError: one of them takes a warden.
    """
    for name in ("tty", "terminal", "idle_timeout", "output_limit"):
        if getattr(conditions, name):
            raise ProcessError(
                f"{name} needs the warden, which is there on Linux unless TREADLE_WARDEN=0"
            )
    return conditions


def conditioned(cmds: list[str], conditions: Conditions) -> Sequence[str]:
    """The command line that runs `cmds` under the conditions."""
    if conditions == PLAIN:
        return cmds
    options = {k: v for k, v in conditions.options().items() if k != b"leak"}
    if not options:
        return cmds
    words = [os.fsdecode(name + b"=" + value) for name, value in options.items()]
    return [sys.executable, "-I", "-S", "-c", _START, _FOLDER, *words, "--", *cmds]
