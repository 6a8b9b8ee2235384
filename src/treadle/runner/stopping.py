"""Stopping with several signals, one after the other, a grace apart.

The scheduler knows two steps, asking and killing. Here the asking is done in parts, each by a
timer; the scheduler's own patience is as long as all of them together, and then it kills.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol


class Stoppable(Protocol):
    """A process."""

    def terminate(self, signum: int) -> None:
        """Send a signal to all of it."""

    def is_running(self) -> bool:
        """Whether something of it is there."""


class Escalation:
    """Sends signals to a process until it has ended.

    Args:
        process: gets them.
        signals: in this order.
        grace: seconds between two of them.
    """

    def __init__(self, process: Stoppable, signals: Sequence[int], grace: float) -> None:
        self._process = process
        self._signals = list(signals)
        self._grace = grace
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()
        self._over = False

    def step(self) -> None:
        """Send the next signal, and see to the one after that."""
        with self._lock:
            if self._over or not self._process.is_running():
                return
            self._process.terminate(self._signals.pop(0))
            if self._signals:
                self._timer = threading.Timer(self._grace, self.step)
                self._timer.daemon = True
                self._timer.start()

    def cancel(self) -> None:
        """It has ended: nothing more is sent."""
        with self._lock:
            self._over = True
            if self._timer is not None:
                self._timer.cancel()
