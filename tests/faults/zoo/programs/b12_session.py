"""B12: a child with a session of its own, whose children have one each again."""

from __future__ import annotations

import os

from .kit import Gate, built, child

gate = Gate()


def leave(more: int) -> None:
    os.setsid()
    if more:
        child(lambda: leave(more - 1))
    gate.passed()


child(lambda: leave(2))
gate.wait(3)
built(3)
