"""Measure a command from outside, with all processes that belong to it.

    python bench/_outside.py [--memory] FOLDER COMMAND...

This process becomes a subreaper: what the command leaves to itself comes here, and is
waited for and counted too. With `--memory` it looks at the resident sets instead of the
clock, because looking takes time from what is measured.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
BETWEEN = 0.02  # seconds from one look to the next
HELPER = 15  # looks that a process must be seen in to count: it lives for 0.3 seconds
PAGE = os.sysconf("SC_PAGE_SIZE")


def start(folder: str, command: list[str], errors: int) -> subprocess.Popen[bytes]:
    """The command in a session of its own: nothing that it does reaches us."""
    null = subprocess.DEVNULL
    return subprocess.Popen(
        command, cwd=folder, stdin=null, stdout=null, stderr=errors, start_new_session=True
    )


def sets(root: int) -> dict[int, int]:
    """Bytes of the resident set of a process and of each of its descendants."""
    found, todo = {}, [root]
    while todo:
        pid = todo.pop()
        # It may have ended since its parent named it.
        with contextlib.suppress(OSError):
            found[pid] = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
            for thread in Path(f"/proc/{pid}/task").iterdir():
                todo += map(int, (thread / "children").read_text(encoding="ascii").split())
    return {pid: pages * PAGE for pid, pages in found.items()}


def most(root: int) -> int:
    """The largest sum of resident sets until the process ends: of it and its helpers.

    What lives shorter than a helper does is a job. Pages that two processes share count
    twice.
    """
    seen: Counter[int] = Counter({root: HELPER})
    largest = 0
    while os.waitid(os.P_PID, root, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        now = sets(root)
        seen.update(now.keys())
        largest = max(largest, sum(size for pid, size in now.items() if seen[pid] >= HELPER))
        time.sleep(BETWEEN)
    return largest


def reap() -> None:
    """Wait for all that the command left."""
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()


def main() -> None:
    arguments = sys.argv[1:]
    memory = arguments[0] == "--memory"
    folder, *command = arguments[memory:]
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    sample: dict[str, float] = {}
    with tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        tool = start(folder, command, errors.fileno())
        if memory:
            sample["bytes"] = most(tool.pid)
        code = tool.wait()
        sample["seconds"] = time.perf_counter() - began
        errors.seek(0)
        if code:
            sys.exit(f"{command}: exit code {code}\n{errors.read().decode(errors='replace')}")
    reap()
    sample["gone after"] = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    sample["cpu"] = used.ru_utime + used.ru_stime
    print(json.dumps(sample))


if __name__ == "__main__":
    main()
