"""B13: a tree in which SIGCHLD is ignored: no process leaves a status to its parent."""

from __future__ import annotations

import os
import signal

from .kit import Gate, built, child

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
gate = Gate()


def parent() -> None:
    for _ in range(10):
        child(lambda: os._exit(3))
    child(gate.passed)
    gate.passed()


child(parent)
gate.wait(2)
built(2)
