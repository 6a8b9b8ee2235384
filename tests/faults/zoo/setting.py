"""What a trial of the zoo is made of: the workflow, and the command that runs it."""

from __future__ import annotations

import json
import os
import sys

from .trial import CTRL_C_TWICE, ENDS, TIMEOUT, Trial

GRACE = 0.3
LIMIT = 0.5  # seconds; the timeout of the job in trials of a timeout
_LONG_GRACE = 20.0  # seconds; nobody waits for it who is told twice


def workflow(trial: Trial) -> str:
    """Two quick jobs and the program."""
    grace = _LONG_GRACE if trial.action == CTRL_C_TWICE else GRACE
    timeout = f"timeout = {LIMIT}\n" if trial.action == TIMEOUT else ""
    return (
        f"[defaults]\ngrace = {grace}\n"
        "[job.quick]\nrun = ['true']\n"
        f"[job.zoo]\nrun = {json.dumps(_program(trial))}\n{timeout}"
        "[job.next]\nrun = ['true']\nneeds = ['quick']\n"
    )


def command(trial: Trial) -> list[str]:
    """Treadle, or what stands in for it."""
    if trial.careless:
        return [sys.executable, "-S", "-s", "-m", "zoo.careless", *_program(trial)]
    return [sys.executable, "-m", "treadle", "run", "-j4"]


def environment(path: str) -> dict[str, str]:
    """Little; after a SIGABRT treadle shows where it was."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": path, "PYTHONFAULTHANDLER": "1"}


def _program(trial: Trial) -> list[str]:
    return [*trial.argv, "end" if trial.action == ENDS else "hang"]
