"""The command line as a process of its own, that is killed where or when a test says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

MARK = "CRASH_TRIAL"
LONG = 10.0
"""Seconds. Nothing here may take so long: it hangs."""

SOURCE = Path(__file__).parents[2] / "src"
_PATHS = (SOURCE, *(sysconfig.get_path(name) for name in ("purelib", "platlib")))
# Without `site`: a tenth of the time of a trial.
TREADLE = (sys.executable, "-S", "-s", "-m", "treadle")
# The same, but for the seconds that it waits for room on a disk that is full for ever.
_IMPATIENT = """
from treadle.job import ledger
ledger.RETRY, ledger.PATIENCE = 0.05, 0.3
from treadle.__main__ import main
main()
"""
IMPATIENT = (sys.executable, "-S", "-s", "-c", _IMPATIENT)
CALLS = (
    "mkdir", "pwrite64", "fdatasync", "fsync", "ftruncate", "rename", "unlink", "write", "sendmsg",
    "sendto", "fchmod", "chmod", "link", "rmdir",
)  # fmt: skip
"""What a scheduler does to its store, the folder of that, and to its warden."""


class Ended(NamedTuple):
    """A command that is over; its code is that of `subprocess`."""

    code: int
    out: str
    err: str

    @property
    def was_killed(self) -> bool:
        """Whether SIGKILL ended it."""
        return self.code == -signal.SIGKILL


def environment(folder: Path, more: Mapping[str, str] = {}) -> dict[str, str]:
    """Return that of a command, by which all that it started is found."""
    paths = os.pathsep.join(dict.fromkeys(map(str, _PATHS)))
    usual = {"PATH": os.environ["PATH"], "PYTHONPATH": paths, MARK: f"{folder}/"}
    return {**usual, **more}


def traced(output: Path | str, *words: str) -> tuple[str, ...]:
    """Return how strace is called to look at what a scheduler does, and to make it fail.

    Without `-f`: warden and jobs are not traced, and run as always.
    """
    return ("strace", "-qq", "-o", str(output), "-e", "signal=none", *words)


class Command:
    """The command line, started in a folder; what it says goes to files, so nobody waits for it.

    Args:
        folder: of the workflow.
        arguments: the words after `treadle`.
        before: how another program is called, such as strace, that runs it.
        treadle: how the command line is called.
        env: further variables.
    """

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        before: Sequence[str] = (),
        treadle: Sequence[str] = TREADLE,
        **env: str,
    ) -> None:
        self.folder = folder
        self._streams = _scratch_file(), _scratch_file()
        self.process = subprocess.Popen(
            [*before, *treadle, *arguments],
            cwd=folder,
            env=environment(folder, env),
            stdin=subprocess.DEVNULL,
            stdout=self._streams[0],
            stderr=self._streams[1],
        )

    def await_text(self, text: str) -> None:
        """Wait until it has said something, on either stream."""
        end = time.monotonic() + LONG
        while not any(text in os.pread(f.fileno(), 1 << 20, 0).decode() for f in self._streams):
            assert self.process.poll() is None, self._read()
            assert time.monotonic() < end, f"it does not say {text!r}"
            time.sleep(0.002)

    def end(self, seconds: float = LONG) -> Ended:
        """Wait for it.

        Raises:
            AssertionError: it hangs.
        """
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            out, err = self._read()
            raise AssertionError(f"it hangs: {out[-200:]}\n{err[-300:]}") from None
        return Ended(code, *self._read())

    def _read(self) -> list[str]:
        texts = []
        for file in self._streams:
            file.seek(0)
            texts.append(file.read())
            file.close()
        return texts


def _scratch_file() -> IO[str]:
    return tempfile.TemporaryFile("w+")


def said(
    folder: Path,
    *arguments: str,
    before: Sequence[str] = (),
    treadle: Sequence[str] = TREADLE,
    **env: str,
) -> Ended:
    """Run a command to its end; see `Command`."""
    return Command(folder, *arguments, before=before, treadle=treadle, **env).end()


def cleared(folder: Path) -> bool:
    """Kill whatever commands in a folder have left; tell whether there was nothing."""
    left = alive(folder)
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return not left


def alive(folder: Path) -> list[int]:
    """Return what runs of all that commands in a folder have started."""
    wanted = f"{MARK}={folder}/".encode()
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdecimal():
            with suppress(OSError), open(f"/proc/{entry}/environ", "rb") as file:
                if wanted in file.read():
                    found.append(int(entry))
    return found


def gone(folder: Path, seconds: float = 2.0) -> bool:
    """Wait until nothing runs of what commands in a folder have started."""
    end = time.monotonic() + seconds
    while alive(folder):
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def children(pid: int) -> list[int]:
    """Return the children of a process."""
    found: list[int] = []
    with suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with suppress(OSError), open(f"/proc/{pid}/task/{task}/children") as file:
                found += map(int, file.read().split())
    return found


def warden_of(scheduler: int) -> int:
    """Return the warden of a scheduler, the child of its guard; 0 if there is none yet."""
    for guard in children(scheduler):
        for warden in children(guard):
            return warden
    return 0
