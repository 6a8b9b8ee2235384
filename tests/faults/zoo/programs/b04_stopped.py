"""B04: a tree that is stopped, as Ctrl-Z does it, its leader too."""

from __future__ import annotations

import os
import signal

from .kit import FORM, child, finish, tell

# Else the kernel ends what is stopped when its group is orphaned.
signal.signal(signal.SIGHUP, signal.SIG_IGN)


def stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


for _ in range(2):
    os.waitpid(child(stop), os.WUNTRACED)
tell(2)
if FORM == "hang":
    stop()
finish()
