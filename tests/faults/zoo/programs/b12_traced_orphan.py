"""B12: an orphan traced by a daemon: its parent cannot reap it before the tracer is gone."""

from __future__ import annotations

import os

from .kit import Gate, built, libc, orphan

_SEIZE = 0x4206

gate = Gate()
reader, writer = os.pipe()


def traced() -> None:
    os.setsid()
    os.write(writer, f"{os.getpid()}\n".encode())


def tracer() -> None:
    os.setsid()
    libc().ptrace(_SEIZE, int(os.read(reader, 20)), 0, 0)
    gate.passed()


orphan(traced)
orphan(tracer)
gate.wait()
built(2)
