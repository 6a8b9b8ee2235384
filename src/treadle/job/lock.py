"""`Job.lock`: one lock for each running scheduler, under one name.

The seed has one lock for all jobs of all schedulers. The provider and `collect`
hold it, and so does a spawn: no process is started while one of them runs, so
that no file it has open for a moment leaks into a child. Callers rely on that,
and on the name `Job.lock`.

What does not work is one lock for all: a scheduler whose `collect` is slow stops
every other one, and a scheduler that runs inside a `collect` waits for a lock
that its own caller holds. So each scheduler has its own lock, and `Job.lock` is
the one of the scheduler on whose behalf the calling thread works; a thread that
works for none gets one of its own kind, shared by all such threads.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType


class JobLock:
    """Acts as the lock of the scheduler that the current thread works for."""

    def __init__(self) -> None:
        self._current = threading.local()
        self._nobody = threading.RLock()

    def _lock(self) -> threading.RLock:
        return getattr(self._current, "lock", self._nobody)

    def use(self, lock: threading.RLock | None) -> threading.RLock | None:
        """Make `lock` the current thread's; return the one it had."""
        before = getattr(self._current, "lock", None)
        self._current.lock = self._nobody if lock is None else lock
        return before

    @contextmanager
    def using(self, lock: threading.RLock) -> Iterator[None]:
        """Make `lock` the current thread's for a while."""
        before = self.use(lock)
        try:
            yield
        finally:
            self.use(before)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock; see `threading.RLock.acquire`."""
        return bool(self._lock().acquire(blocking, timeout))

    def release(self) -> None:
        """Give the lock back."""
        self._lock().release()

    def _is_owned(self) -> bool:
        return bool(self._lock()._is_owned())  # type: ignore[attr-defined]  # noqa: SLF001 -- the seed's tests ask

    def __enter__(self) -> bool:
        return bool(self._lock().acquire())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._lock().release()
