"""B12: a child in a PID namespace of its own, with a daemon and no environment."""

from __future__ import annotations

import os

from .kit import Gate, built

gate = Gate()
inside = f"setsid sleep 1000 & echo . >&{gate.writer}; wait"
command = ["unshare", "--pid", "--fork", "--mount-proc", "sh", "-c", inside]
os.posix_spawnp("env", ["env", "-i", *command], os.environ)
gate.wait()
built(3)
