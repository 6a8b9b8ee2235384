"""Processes: starting them, their trees, how they end."""

from treadle.process.child import Run
from treadle.process.conditions import Conditions, Leak, Usage
from treadle.process.output import PIPE, STDOUT

__all__ = ["PIPE", "STDOUT", "Conditions", "Leak", "Run", "Usage"]
