"""B02: a daemon as the books say: fork, a session of its own, fork again."""

from __future__ import annotations

import os

from .kit import Gate, built, child, orphan

gate = Gate()


def daemon() -> None:
    os.setsid()
    os.chdir("/")
    child(gate.passed)
    os._exit(0)


orphan(daemon)
gate.wait()
built(1)
