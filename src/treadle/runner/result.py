"""What came of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RunResult:
    """What came of a run.

    `signum` is the signal that ended the run early, 0 if none did. `left` are the
    jobs that were never begun because the run ended early.
    """

    run: str
    logs: Path
    good: tuple[str, ...]
    failed: tuple[str, ...]
    skipped: tuple[str, ...]
    left: tuple[str, ...]
    duration: float
    signum: int

    @property
    def success(self) -> bool:
        """Whether every selected job succeeded."""
        return not (self.failed or self.skipped or self.left or self.signum)
