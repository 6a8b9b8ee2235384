"""The workflow file: its words, how it is read, and the jobs that it means."""

from treadle.workflow.declaration import Declaration
from treadle.workflow.load import load_plan
from treadle.workflow.model import Defaults, JobSpec
from treadle.workflow.plan import Plan, PlannedJob
from treadle.workflow.source import find

Workflow = Declaration

__all__ = [
    "Declaration",
    "Defaults",
    "JobSpec",
    "Plan",
    "PlannedJob",
    "Workflow",
    "find",
    "load_plan",
]
