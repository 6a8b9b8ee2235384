"""What a machine offers to treadle."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

import treadle
from treadle.process.available import available
from treadle.process.warden.cgroup import delegated
from treadle.report.terminal import is_terminal, wants_colour
from treadle.report.text import number, size
from treadle.workflow.queues import usable_cpus, usable_memory


class Finding(NamedTuple):
    """One thing that was looked at.

    Attributes:
        what: its name.
        there: whether it is there; None where that is no question.
        detail: what was found.
        advice: what follows from it, or what can be done; may be empty.
    """

    what: str
    there: bool | None
    detail: str
    advice: str = ""


def examine(env: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what this machine offers."""
    yield Finding("treadle", None, f"{treadle.__version__}, Python {platform.python_version()}")
    yield Finding("system", None, f"{platform.system()} {platform.release()} {platform.machine()}")
    yield _warden(env)
    yield _control_group()
    cpus = usable_cpus()
    yield Finding("processors", None, f"{cpus} usable of {os.cpu_count() or cpus}")
    yield Finding("memory", None, f"{size(usable_memory())} usable")
    yield _load()
    yield _terminal(env)
    yield from _engines()


def _warden(env: Mapping[str, str]) -> Finding:
    if available():
        return Finding("warden", True, "a subreaper with pidfds: no process escapes")
    if env.get("TREADLE_WARDEN") == "0":
        why, advice = "switched off by TREADLE_WARDEN=0", "unset it: processes can escape now"
    elif sys.platform != "linux":
        why, advice = f"needs Linux; this is {sys.platform}", "processes that detach can escape"
    else:
        why, advice = "needs Linux 5.3 or newer", "processes that detach can escape"
    return Finding("warden", False, why, advice)


def _control_group() -> Finding:
    folder = delegated()
    if folder is not None and os.path.exists(f"{folder}/cgroup.kill"):
        return Finding("control group", True, f"{folder}: even SIGKILL of treadle leaves nothing")
    return Finding(
        "control group",
        False,
        "no control group (v2) is delegated to this process",
        "the warden does without; to have one: systemd-run --user --scope -p Delegate=yes …",
    )


def _load() -> Finding:
    load, *_ = os.getloadavg()
    busy = load > usable_cpus()
    advice = "others use it: consider -l" if busy else ""
    return Finding("load", None, f"{load:.2f} in the last minute", advice)


def _terminal(env: Mapping[str, str]) -> Finding:
    if not is_terminal(sys.stdout):
        return Finding("terminal", None, "output goes to a file or a program: plain lines")
    colour = "colour" if wants_colour("auto", sys.stdout, env) else "no colour"
    columns = os.get_terminal_size(sys.stdout.fileno()).columns
    return Finding("terminal", True, f"{number(columns, 'column')}, {colour}")


def _engines() -> Iterator[Finding]:
    yield _package("dask", "distributed", "pip install 'treadle[dask]'")
    slurm = shutil.which("sbatch")
    if slurm is None:
        yield Finding("slurm", False, "no 'sbatch' in PATH")
    else:
        yield Finding("slurm", True, slurm)


def _package(what: str, package: str, advice: str) -> Finding:
    if importlib.util.find_spec(package) is None:
        return Finding(what, False, f"the package '{package}' is not installed", advice)
    try:
        return Finding(what, True, f"{package} {version(package)}")
    except PackageNotFoundError:
        return Finding(what, True, package)
