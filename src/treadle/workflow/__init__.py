"""The workflow file: its words, how it is read, and the jobs that it means.

The words are loaded when somebody asks for them: a plan that was kept needs none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from treadle.workflow.load import load_plan
from treadle.workflow.plan import Plan, PlannedJob
from treadle.workflow.source import find

if TYPE_CHECKING:
    from treadle.workflow.declaration import Declaration
    from treadle.workflow.model import Defaults, JobSpec

_HOME = {
    "Declaration": "treadle.workflow.declaration",
    "Defaults": "treadle.workflow.model",
    "JobSpec": "treadle.workflow.model",
}

__all__ = [
    "Declaration",
    "Defaults",
    "JobSpec",
    "Plan",
    "PlannedJob",
    "find",
    "load_plan",
]


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'treadle.workflow' has no attribute {name!r}")
