"""Processes: starting them, their trees, how they end."""

from treadle.process.child import Run
from treadle.process.conditions import Conditions, Leak, Usage

__all__ = ["Conditions", "Leak", "Run", "Usage"]
