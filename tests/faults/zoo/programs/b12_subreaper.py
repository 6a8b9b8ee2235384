"""B12: subreapers in the tree, one of which dies: its orphans have two new parents in a row."""

from __future__ import annotations

import os

from .kit import Gate, become_subreaper, built, child, orphan

gate = Gate()


def daemon() -> None:
    os.setsid()
    gate.passed()


def collects_and_dies() -> None:
    become_subreaper()
    orphan(daemon)
    os._exit(0)


become_subreaper()
os.waitpid(child(collects_and_dies), 0)
orphan(daemon)
gate.wait(2)
built(2)
