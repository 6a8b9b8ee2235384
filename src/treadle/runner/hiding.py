"""The secrets of a run whose jobs are programs: they are hidden in all that the jobs leave."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from treadle.errors import ProcessError
from treadle.report import Remark
from treadle.report.redact import SHORTEST
from treadle.runner.execution import Execution
from treadle.runner.secrets import secret_values
from treadle.runner.values import drop_values

if TYPE_CHECKING:
    from treadle.workflow.expressions import Values
    from treadle.workflow.plan import PlannedJob


class Hiding(Execution):
    """One run; see `Execution`."""

    @property
    def values(self) -> Values:
        """What jobs wrote, by name."""
        return self.book.values

    def mask(self, text: str) -> str:
        """Return a text without secrets."""
        return self.redactor.text(text)

    def hide(self, job: PlannedJob, env: Mapping[str, str]) -> None:
        """Take note of the secrets of a job that depend on values of other jobs.

        Raises:
            ProcessError: one of them is too short to be hidden.
        """
        if not job.secret:
            return
        fresh = secret_values(job, {**os.environ, **env})
        for name, value in fresh.items():
            if len(value) < SHORTEST:
                raise ProcessError(
                    f"its secret '{name}' has {len(value)} characters; "
                    f"what is shorter than {SHORTEST} cannot be hidden"
                )
        self.redactor.add(fresh.values())

    def masked(self, log: str | None) -> str | None:
        """Hide the secrets in a log; return where it is, None if nobody is to read it."""
        if log is None:
            return log
        try:
            self.redactor.file(log)
        except FileNotFoundError:  # nothing was started
            return log
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            self.tell(Remark(f"{log} may hold secrets: they could not be hidden: {why}"))
            return None
        return log

    def hide_leftovers(self) -> None:
        """Remove the values that nobody has asked for, if there are secrets: they may hold some."""
        for path in self.logs.glob("*.output") if self.redactor else ():
            drop_values(str(path))
