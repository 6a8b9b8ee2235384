"""A Ctrl-C that comes where Python can raise nothing is not lost, and shows no traceback."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

Call = Callable[..., subprocess.CompletedProcess[str]]

# What runs when the command has loaded its file: a weak reference whose callback is interrupted.
INTERRUPTED = """
import os, signal, weakref
import treadle.workflow as workflow
class Thing: pass
def callback(_):
    signal.raise_signal(signal.SIGINT)
    for _ in range(9): pass
load = workflow.load_plan
def interrupted(*arguments, **options):
    plan = load(*arguments, **options)
    thing = Thing()
    reference = weakref.ref(thing, callback)
    del thing
    while True:
        signal.pause()
workflow.load_plan = interrupted
"""


def test_C02_an_interrupt_in_a_callback_of_a_weak_reference_comes_again(
    treadle: Call, tmp_path: Path
) -> None:
    (tmp_path / "treadle.toml").write_text("[job.a]\nrun = 'true'\n")
    (tmp_path / "sitecustomize.py").write_text(INTERRUPTED)
    source = Path(__file__).parents[2] / "src"
    done = treadle("check", PYTHONPATH=f"{tmp_path}:{source}")

    assert done.returncode == 130
    assert "Traceback" not in done.stderr
