"""Jobs: what to derive from, and what the scheduler works with."""

from treadle.job.base import EmptyJob, FunctionJob, Job, JobTimingInfo, NotifyEndType, logger
from treadle.job.process import ProcessJob
from treadle.process import Run
from treadle.status import ReturnValue

__all__ = [
    "EmptyJob",
    "FunctionJob",
    "Job",
    "JobTimingInfo",
    "NotifyEndType",
    "ProcessJob",
    "ReturnValue",
    "Run",
    "logger",
]
