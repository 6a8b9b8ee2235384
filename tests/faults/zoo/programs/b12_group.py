"""B12: processes that change their group; the leader joins that of its child."""

from __future__ import annotations

import contextlib
import os

from .kit import Gate, built, child

gate = Gate()


def leave() -> None:
    os.setpgid(0, 0)
    child(gate.passed)
    gate.passed()


pid = child(leave)
gate.wait(2)
with contextlib.suppress(PermissionError):  # a session leader has to stay
    os.setpgid(0, pid)
built(2)
