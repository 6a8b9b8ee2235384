"""B03: for each polite signal that it gets, it makes two daemons more."""

from __future__ import annotations

import os
import signal

from .kit import Gate, built, child, orphan

gate = Gate()


def grow(*_: object) -> None:
    for _number in range(2):
        orphan(os.setsid)


for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
    signal.signal(signum, grow)
child(gate.passed)
gate.wait()
built(1)
