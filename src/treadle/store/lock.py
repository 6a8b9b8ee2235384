"""The lock of the one process that writes a store.

It is the kernel's: it ends with its process, whatever ends that, and is never stale. What
stands in the file is only told to people; it decides nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from treadle.clock import SYSTEM
from treadle.errors import StoreBusyError, StoreError

_WRITE = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_MOST = 4096  # bytes
_TRIES = 8
_PAUSE = 0.003
"""Seconds. Who asks for the holder has the lock for an instant: a writer looks more than once."""


class Holder(NamedTuple):
    """The process that writes a store.

    Attributes:
        pid: of the process; 0 if it has not said so yet.
        host: the name of its machine.
        since: when it began, seconds since 1970.
        run: the name of the run that it works on; empty before there is one.
    """

    pid: int = 0
    host: str = ""
    since: float = 0.0
    run: str = ""

    def __str__(self) -> str:
        if not self.pid:
            return "another treadle"
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.since))
        return f"another treadle (pid {self.pid} on host {self.host}, since {since})"


class Lock:
    """The lock, held from its making until `release`.

    Args:
        path: of its file; made if it is not there, never removed.
        folder: what it is about, for the message.

    Raises:
        StoreBusyError: another process has it.
        StoreError: it cannot be had here.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = path
        try:
            self._file = os.open(path, _WRITE, 0o600)
        except OSError as error:
            raise StoreError(f"'{path}' cannot be opened: {_why(error)}") from None
        try:
            self._take(folder)
        except BaseException:
            os.close(self._file)
            raise
        self._since = SYSTEM.stamp()
        self.tell("")

    def _take(self, folder: Path) -> None:
        for left in reversed(range(_TRIES)):
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if left:
                    time.sleep(_PAUSE)
                continue
            except OSError as error:
                raise StoreError(f"'{self._path}' cannot be locked: {_why(error)}") from None
            return
        holder = _read(self._file)
        raise StoreBusyError(f"{holder} is at work in '{folder}': wait for it or stop it")

    def tell(self, run: str) -> None:
        """Say who holds it, and for which run; what cannot be said is not."""
        holder = Holder(os.getpid(), os.uname().nodename, self._since, run)
        data = json.dumps(holder._asdict()).encode()
        with suppress(OSError):  # the disk is full: people are told less
            if len(data) <= _MOST:
                os.pwrite(self._file, data, 0)
                os.ftruncate(self._file, len(data))

    @property
    def is_held(self) -> bool:
        """Whether it was not released yet."""
        return self._file >= 0

    def release(self) -> None:
        """Let others have it."""
        if self._file >= 0:
            with suppress(OSError):
                os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = -1


def holder_of(path: Path) -> Holder | None:
    """Return who holds a lock; None if nobody does, or if that cannot be asked."""
    try:
        file = os.open(path, _READ)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(file)
    except OSError:
        return None
    finally:
        os.close(file)
    return None


def _read(file: int) -> Holder:
    try:
        said: Any = json.loads(os.pread(file, _MOST, 0))
        holder = Holder(**said)
    except (OSError, ValueError, TypeError, RecursionError):
        return Holder()
    kinds = tuple(type(value) for value in holder)
    return holder if kinds == (int, str, float, str) else Holder()


def _why(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
