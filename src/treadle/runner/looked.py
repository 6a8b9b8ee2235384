"""What a job has besides, where a run is recorded: what was seen of it, its number of attempts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treadle.clock import SYSTEM

if TYPE_CHECKING:
    from treadle.runner.incremental.look import Look
    from treadle.runner.upkeep import Upkeep


class Looked:
    """For jobs of a run.

    Attributes:
        earlier: how many attempts there were before the run was resumed.
        ready_at: when it could have been started, an instant of the monotonic clock.
    """

    name: str
    attempt: int
    earlier = 0
    ready_at = 0.0
    _upkeep: Upkeep | None = None
    _look: Look | None = None

    @property
    def number(self) -> int:
        """The number of the attempt, over all that there were in the run."""
        return self.attempt + self.earlier

    @property
    def look(self) -> Look | None:
        """What was seen of the job before this attempt; None where nobody looks."""
        if self._look is None and self._upkeep is not None:
            waited = SYSTEM.monotonic() - self.ready_at
            self._look = self._upkeep.look(self.name, max(0.0, waited))
        return self._look

    @property
    def is_idle(self) -> bool:
        """Whether it need not run: what it makes is there."""
        look = self.look
        return look is not None and look.verdict != "runs"

    def _offered(self, upkeep: Upkeep | None) -> None:
        """Note that the job can be started from now on."""
        if upkeep is not None:
            self._upkeep = upkeep
            self.earlier = upkeep.earlier(self.name)
            self.ready_at = SYSTEM.monotonic()

    def _look_again(self, delay: float) -> None:
        """Forget what was seen: another attempt follows, after so many seconds."""
        self._look = None
        self.ready_at = SYSTEM.monotonic() + delay
