"""What a run gets from whoever awaits it in an event loop: the loop, and when to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


class Outside:
    """Who awaits a run.

    Args:
        loop: where coroutine functions are to run.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._lock = threading.Lock()
        self._stop: Callable[[BaseException], object] | None = None
        self._wishes: list[BaseException] = []

    def listen(self, stop: Callable[[BaseException], object] | None) -> None:
        """Say what is to be called to stop the run; None when it is over."""
        with self._lock:
            self._stop = stop
            wishes = self._wishes if stop is not None else []
            if stop is not None:
                self._wishes = []
        for wish in wishes:
            if stop is not None:
                stop(wish)

    def stop(self) -> None:
        """Stop the run as Ctrl-C does; said again, harder."""
        wish = KeyboardInterrupt()
        with self._lock:
            stop = self._stop
            if stop is None:
                self._wishes.append(wish)
        if stop is not None:
            stop(wish)


OUTSIDE: ContextVar[Outside | None] = ContextVar("treadle_outside", default=None)
