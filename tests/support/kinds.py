"""The plainest jobs there are, for tests of what goes on around them."""

from __future__ import annotations

import threading
from typing import Any

from treadle.job import Job


class Nothing(Job):
    """Ends at once."""

    def run(self) -> None:
        pass


class UntilInterrupted(Job):
    """Runs until it is told not to."""

    def __init__(self, uid: Any, data: Any, notify_end: Any) -> None:
        super().__init__(uid, data, notify_end)
        self.told = threading.Event()

    def run(self) -> None:
        assert self.told.wait(20)

    def interrupt(self) -> bool:
        self.told.set()
        return super().interrupt()
