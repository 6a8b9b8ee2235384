"""A plugin of pytest: each scheduler has a store, unless it was given one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from stores import scratch
from treadle.job.scheduler import Scheduler
from treadle.store import Store

_numbers = itertools.count()


@pytest.fixture(autouse=True)
def recorded() -> Iterator[None]:
    """Give each scheduler of a test a store of its own."""
    # Without `monkeypatch`: what a test does with that is to be undone before its leak audit.
    make = Scheduler.__init__
    with scratch() as folder:

        def init(self: Scheduler, *arguments: Any, **options: Any) -> None:
            options.setdefault("store", Store(folder / f"{next(_numbers)}.db"))
            make(self, *arguments, **options)

        setattr(Scheduler, "__init__", init)  # noqa: B010 -- mypy takes no assignment to a method
        yield
    setattr(Scheduler, "__init__", make)  # noqa: B010 -- see above
