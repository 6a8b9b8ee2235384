"""B12: a tree that becomes another user, and may not be looked into by others."""

from __future__ import annotations

import os

from .kit import Gate, child, finish, libc, tell

_SET_DUMPABLE = 4
_NOBODY = 65534

gate = Gate()


def become_nobody() -> None:
    os.setgroups([])
    os.setresgid(_NOBODY, _NOBODY, _NOBODY)
    os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    libc().prctl(_SET_DUMPABLE, 0, 0, 0, 0)


def daemon() -> None:
    become_nobody()
    os.setsid()
    child(gate.passed)
    gate.passed()


child(daemon)
gate.wait(2)
tell(2)
become_nobody()
finish()
