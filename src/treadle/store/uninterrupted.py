"""A Ctrl-C that comes while the store is written waits until that is done.

Python raises KeyboardInterrupt between any two lines. Between a commit and the note that it
was made, the facts would be written twice, which looks like damage the second time.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Put SIGINT off to the end; where signals are somebody else's, nothing is done."""
    handler = signal.getsignal(signal.SIGINT)
    is_ours = threading.current_thread() is threading.main_thread()
    if not is_ours or not callable(handler):
        yield
        return
    came: list[int] = []

    def note(signum: int, frame: Any) -> None:
        del frame
        came.append(signum)

    try:
        signal.signal(signal.SIGINT, note)
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if came:
            signal.raise_signal(signal.SIGINT)
