"""B12: `CLONE_PARENT` makes siblings: processes whose parent is the leader's own."""

from __future__ import annotations

import os
import signal

from .kit import Gate, built, hang, libc

_CLONE_PARENT = 0x8000
_CLONE = {"x86_64": 56, "aarch64": 220}

gate = Gate()


def sibling() -> None:
    number = _CLONE[os.uname().machine]
    if not libc().syscall(number, _CLONE_PARENT | signal.SIGCHLD, 0, 0, 0, 0):
        os.setsid()
        gate.passed()
        hang()


sibling()
sibling()
gate.wait(2)
built(2)
