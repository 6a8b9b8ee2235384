"""Trials in PID namespaces of their own, some at a time: nothing can hide there.

Whatever a trial leaves running dies with its namespace, also when the test is cut short.
`TREADLE_SEED` repeats the random choices of a run, as far as the machine lets time be repeated.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")

HERE = Path(__file__).parent
PATH = f"{HERE.parents[1] / 'src'}:{HERE}"
SEED = os.environ.get("TREADLE_SEED") or str(random.SystemRandom().randrange(10**6))
# Most of a trial is waiting: more at a time than there are processors keeps those busy.
AT_ONCE = 2 * (os.cpu_count() or 1)

_NAMESPACE = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")


def refusal() -> str:
    """Why no trial can run here; empty if they can."""
    if sys.platform != "linux":
        return "PID namespaces are Linux's"
    if os.geteuid():
        return "a PID namespace needs root"
    if not shutil.which("unshare"):
        return "there is no unshare"
    tried = subprocess.run([*_NAMESPACE, "true"], capture_output=True, text=True, check=False)
    return f"no PID namespace: {tried.stderr.strip()}" if tried.returncode else ""


def count(variable: str, usual: int) -> int:
    """How many trials: the nightly run asks for more than CI."""
    return int(os.environ.get(variable) or usual)


def dice(test: str) -> random.Random:
    """Random choices that are the same for the same seed and test."""
    return random.Random(f"{SEED} {test}")


def in_namespace(module: str, said: dict[str, Any], seconds: float = 60) -> Any:
    """Run a module of the zoo as pid 1 of a namespace, and return what it says."""
    command = [*_NAMESPACE, sys.executable, "-S", "-s", "-m", module, json.dumps(said)]
    done = subprocess.run(
        command,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": PATH},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert not done.returncode, f"{module} failed: {done.stderr}"
    return json.loads(done.stdout)


def side_by_side(play: Callable[[T], R], trials: Iterable[T]) -> list[R]:
    """Play all trials, `AT_ONCE` at a time; the results in order."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        futures = [pool.submit(play, trial) for trial in trials]
        try:
            return [future.result() for future in futures]
        finally:
            pool.shutdown(cancel_futures=True)
