"""No trick, a witness: writes down each polite signal that reaches it, and from whom.

It takes them by `sigwaitinfo`, so that none has an effect; a second one of a kind is
lost only if the first one is still waiting.
"""

from __future__ import annotations

import signal

from .kit import tell

_KERNEL = 0x80
POLITE = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP}

signal.pthread_sigmask(signal.SIG_BLOCK, POLITE)
tell(0)
with open("signals", "a", buffering=1, encoding="utf-8") as file:
    while True:
        seen = signal.sigwaitinfo(POLITE)
        sender = "the terminal" if seen.si_code == _KERNEL else "a process"
        file.write(f"{signal.Signals(seen.si_signo).name} from {sender}\n")
