"""What holds for every test: it leaves the process as it found it."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# A shell without job control starts what it puts into the background with SIGINT and
# SIGQUIT ignored, nohup with SIGHUP ignored, and children inherit that: the tests are
# about what a signal does where it does something.
signal.signal(signal.SIGINT, signal.default_int_handler)
for _signum in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
    signal.signal(_signum, signal.SIG_DFL)

# What a treadle around the tests says to its jobs is none of theirs.
for _name in ("JOB", "RUN", "ATTEMPT", "SLOT", "OUTPUT", "DEADLINE"):
    os.environ.pop(f"TREADLE_{_name}", None)

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)
_SETTLES_WITHIN = 5.0  # seconds; a thread that was told to end needs a moment


def _threads() -> set[str]:
    return {f"{thread.name} {thread.ident}" for thread in threading.enumerate()}


def _descriptors() -> set[str]:
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            found.add(f"{name} -> {os.readlink(f'/proc/self/fd/{name}')}")
        except OSError:
            continue  # the one that listed the directory
    return found


def _children() -> set[str]:
    found = set()
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):  # the thread has just ended
            found.update((task / "children").read_text().split())
    return found


def _settings() -> dict[str, object]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    umask = os.umask(0)
    os.umask(umask)
    return {
        "cwd": Path.cwd(),
        "environment": environment,
        "umask": umask,
        "signal mask": signal.pthread_sigmask(signal.SIG_BLOCK, []),
        **{f"handler of {signum.name}": signal.getsignal(signum) for signum in _SIGNALS},
    }


def _settled(what: str, before: set[str], now: Callable[[], set[str]]) -> None:
    end = time.monotonic() + _SETTLES_WITHIN
    while (more := now() - before) and time.monotonic() < end:
        time.sleep(0.01)
    assert not more, f"the test left {what} behind: {sorted(more)}"


@pytest.fixture(autouse=True)
def leak_audit() -> Iterator[None]:
    """No thread, descriptor, child, zombie, handler, directory or variable is left behind."""
    if not os.path.isdir("/proc/self/task"):
        yield
        return
    threads, descriptors, children = _threads(), _descriptors(), _children()
    settings = _settings()
    yield
    _settled("threads", threads, _threads)
    _settled("children", children, _children)
    _settled("descriptors", descriptors, _descriptors)
    after = _settings()
    changed = {name: after[name] for name in settings if after[name] != settings[name]}
    assert not changed, f"the test changed {changed}"
