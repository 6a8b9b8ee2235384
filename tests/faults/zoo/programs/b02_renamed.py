"""B02: a daemon that takes another name and wipes its arguments and its environment."""

from __future__ import annotations

import os

from .kit import Gate, built, orphan, set_name, wipe_arguments

gate = Gate()


def daemon() -> None:
    os.setsid()
    set_name("kworker/0:7")
    wipe_arguments()
    gate.passed()


orphan(daemon)
gate.wait()
built(1)
