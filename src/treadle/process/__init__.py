"""Processes: starting them, their trees, how they end."""

from treadle.process.child import Run

__all__ = ["Run"]
