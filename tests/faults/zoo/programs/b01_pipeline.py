"""B01: a shell in a shell, pipelines whose members are in the background."""

from __future__ import annotations

import os

from .kit import Gate, built

PIPELINES = """
sleep 1000 | cat &
sleep 1000 | (sleep 1000 & cat) | sh -c 'sleep 1000 & echo . >&{gate}; wait' &
"""

gate = Gate()
script = PIPELINES.replace("{gate}", str(gate.writer))
os.posix_spawn("/bin/sh", ["sh", "-c", script], os.environ)
gate.wait()
built(5)
