"""B12: a daemon that carries the mark of somebody else, and no other variable."""

from __future__ import annotations

import os

from .kit import Gate, built, orphan

gate = Gate()


def daemon() -> None:
    os.setsid()
    command = ["sh", "-c", f"echo . >&{gate.writer}; exec sleep 1000"]
    os.execve("/bin/sh", command, {"TREADLE_TREE": "0123456789abcdef:1"})


orphan(daemon)
gate.wait()
built(1)
