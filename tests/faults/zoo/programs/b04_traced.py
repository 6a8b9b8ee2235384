"""B04: a child that is traced, and stopped by that; its tracer never looks again."""

from __future__ import annotations

import os
import signal

from .kit import built, child, libc

_TRACEME = 0


def traced() -> None:
    libc().ptrace(_TRACEME, 0, 0, 0)
    os.kill(os.getpid(), signal.SIGWINCH)  # harmless once the tracer is gone


os.waitpid(child(traced), os.WUNTRACED)
built(1)
