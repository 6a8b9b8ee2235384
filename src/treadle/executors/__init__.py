"""How an attempt runs: one executor for each way."""

from treadle.executors.base import Executor, Runnable
from treadle.executors.choose import choose
from treadle.executors.process import ProcessExecutor
from treadle.executors.start import StartExecutor
from treadle.executors.threads import JobThread, ThreadCache, ThreadExecutor

__all__ = [
    "Executor",
    "JobThread",
    "ProcessExecutor",
    "Runnable",
    "StartExecutor",
    "ThreadCache",
    "ThreadExecutor",
    "choose",
]
