"""The workflow file: its words, how it is read, and the jobs that it means."""

from treadle.workflow.declaration import Declaration
from treadle.workflow.load import load_plan
from treadle.workflow.model import Defaults, JobSpec
from treadle.workflow.plan import Plan, PlannedJob
from treadle.workflow.source import find

__all__ = [
    "Declaration",
    "Defaults",
    "JobSpec",
    "Plan",
    "PlannedJob",
    "find",
    "load_plan",
]
