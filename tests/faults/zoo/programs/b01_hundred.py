"""B01: a hundred children at once."""

from __future__ import annotations

from .kit import Gate, built, child

gate = Gate()
for _ in range(100):
    child(gate.passed)
gate.wait(100)
built(100)
