"""B13: fifty zombies that nobody waits for, and a child that lives."""

from __future__ import annotations

import os

from .kit import Gate, built, child

gate = Gate()
for _ in range(50):
    os.waitid(os.P_PID, child(lambda: os._exit(3)), os.WEXITED | os.WNOWAIT)
child(gate.passed)
gate.wait()
built(1)
