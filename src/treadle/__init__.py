"""Run interdependent jobs in parallel, in the right order, within the resources there are.

The names below are loaded when they are first used: `import treadle` itself
costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from treadle.dag import DAG, DAGError, DAGIterator
    from treadle.errors import TreadleError
    from treadle.job import EmptyJob, FunctionJob, Job, JobTimingInfo, ProcessJob
    from treadle.job.scheduler import Scheduler
    from treadle.job.walk import Walk
    from treadle.runner.workflow import Workflow
    from treadle.status import ReturnValue
    from treadle.store.store import Store

__version__ = "0.1.0"

_HOME = {
    "DAG": "treadle.dag",
    "DAGError": "treadle.dag",
    "DAGIterator": "treadle.dag",
    "EmptyJob": "treadle.job",
    "FunctionJob": "treadle.job",
    "Job": "treadle.job",
    "JobTimingInfo": "treadle.job",
    "ProcessJob": "treadle.job",
    "ReturnValue": "treadle.status",
    "Scheduler": "treadle.job.scheduler",
    "Store": "treadle.store.store",
    "TreadleError": "treadle.errors",
    "Walk": "treadle.job.walk",
    "Workflow": "treadle.runner.workflow",
}

__all__ = [
    "DAG",
    "DAGError",
    "DAGIterator",
    "EmptyJob",
    "FunctionJob",
    "Job",
    "JobTimingInfo",
    "ProcessJob",
    "ReturnValue",
    "Scheduler",
    "Store",
    "TreadleError",
    "Walk",
    "Workflow",
    "__version__",
]


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'treadle' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
