"""Large structures are made without the garbage collector looking through them again and again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unwatched() -> Iterator[None]:
    """Let the collector rest for a moment, in which much is made and nothing thrown away.

    It begins anew each time some hundred objects more are there than were freed, and
    goes through all there are each time they are a quarter more: for a graph of a million
    jobs that takes longer than making it.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
