"""B03: a tree that ignores every signal that can be ignored."""

from __future__ import annotations

import signal

from .kit import Gate, built, child

for signum in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(signum, signal.SIG_IGN)
gate = Gate()
for _ in range(2):
    child(gate.passed)
gate.wait(2)
built(2)
