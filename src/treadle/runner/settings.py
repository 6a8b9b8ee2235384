"""What is said of a run as a whole."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from treadle.errors import SchedulerError
from treadle.report import View
from treadle.report.redact import Redactor

Views = Sequence[View] | Callable[[Redactor], Sequence[View]]
"""Views of a run, or what makes them: it is given what hides the secrets of the run."""


class Settings(Struct, frozen=True, kw_only=True):
    """What is said of a run as a whole; `treadle.runner.run` says what each means."""

    tokens: int | None = None
    keep_going: int = 0
    views: Views = ()
    deadline: float | None = None
    load: float | None = None
    shuffle: int | None = None
    expected: Mapping[str, float] | None = None
    always: bool = False

    def check(self) -> Settings:
        """Return this if it can be used.

        Raises:
            SchedulerError: one of the settings is out of range.
        """
        for name in ("deadline", "load"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise SchedulerError(f"{name} is {value!r}; it must be above 0, or None")
        return self
