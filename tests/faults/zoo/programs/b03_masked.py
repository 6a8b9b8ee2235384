"""B03: a tree that blocks every signal that can be blocked."""

from __future__ import annotations

import signal

from .kit import Gate, built, child

signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())
gate = Gate()
for _ in range(2):
    child(gate.passed)
gate.wait(2)
built(2)
