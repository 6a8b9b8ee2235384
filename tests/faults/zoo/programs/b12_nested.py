"""B12: a job that runs treadle, whose job has daemons of its own."""

from __future__ import annotations

import os
import sys
import tempfile

from .kit import Gate, built

DAEMON = "env -i setsid sleep 1000 & setsid sleep 1000 &"
WORKFLOW = f"[job.inner]\nrun = '{DAEMON} echo . > $INNER_READY; wait'\n"

gate = Gate()
folder = tempfile.mkdtemp(dir=os.getcwd())
with open(f"{folder}/treadle.toml", "w", encoding="utf-8") as file:
    file.write(WORKFLOW)
ready = f"/proc/{os.getpid()}/fd/{gate.writer}"
command = [sys.executable, "-m", "treadle", "run", "-f", f"{folder}/treadle.toml"]
os.posix_spawn(sys.executable, command, os.environ | {"INNER_READY": ready})
gate.wait()
built(4)
