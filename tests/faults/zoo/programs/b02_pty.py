"""B02: a session on a terminal of its own, as `script` and `ssh` make them."""

from __future__ import annotations

import pty
import signal

from .kit import Gate, built, child, hang

gate = Gate()
pid, terminal = pty.fork()
if not pid:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the leader's end hangs the terminal up
    child(gate.passed)
    gate.passed()
    hang()
gate.wait(2)
built(2)
