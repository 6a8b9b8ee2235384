"""The workflow file: its words, how it is read, and the jobs that it means."""

from treadle.workflow.load import load_plan
from treadle.workflow.model import Defaults, JobSpec, Limits, Workflow
from treadle.workflow.plan import Plan, PlannedJob
from treadle.workflow.source import find

__all__ = ["Defaults", "JobSpec", "Limits", "Plan", "PlannedJob", "Workflow", "find", "load_plan"]
