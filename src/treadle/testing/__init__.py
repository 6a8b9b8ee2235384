"""Tools for testing programs that use treadle, and treadle itself: no real time, no real work.

`MockClock` and `FakeExecutor` go into a `Scheduler` as `clock=` and `executor=`;
`simulate` runs the real scheduler through a random story that its seed determines;
`treadle.testing.dags` has strategies for hypothesis.
"""

from treadle.testing.clock import MockClock, NothingWillHappen
from treadle.testing.executor import Behaviour, FakeExecutor
from treadle.testing.sim import Story, simulate

__all__ = [
    "Behaviour",
    "FakeExecutor",
    "MockClock",
    "NothingWillHappen",
    "Story",
    "simulate",
]
