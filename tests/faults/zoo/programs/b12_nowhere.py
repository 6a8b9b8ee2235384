"""B12: a tree whose root and working directory are a folder that is no more."""

from __future__ import annotations

import os
import tempfile

from .kit import Gate, built, child

gate = Gate()
folder = tempfile.mkdtemp(dir=os.getcwd())
above = os.open(os.getcwd(), os.O_DIRECTORY)


def vanish() -> None:
    os.chroot(folder)
    os.chdir("/")
    os.rmdir(os.path.basename(folder), dir_fd=above)
    os.setsid()
    child(gate.passed)
    gate.passed()


child(vanish)
gate.wait(2)
os.mkdir(folder)
os.chdir(folder)
os.rmdir(folder)
built(2)
