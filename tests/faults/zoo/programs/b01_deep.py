"""B01: fifty processes, each the parent of the next one."""

from __future__ import annotations

from .kit import Gate, built, child

gate = Gate()


def dig(depth: int) -> None:
    if depth:
        child(lambda: dig(depth - 1))
    else:
        gate.passed()


dig(50)
gate.wait()
built(50)
