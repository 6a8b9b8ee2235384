"""A run whose jobs are Python functions in threads: a crew runs them, without a scheduler."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from treadle.errors import StalledError
from treadle.job.signals import Signals
from treadle.runner.callbook import CallBook
from treadle.runner.crew import Crew
from treadle.runner.desk import Desk
from treadle.runner.execution import Execution
from treadle.runner.failure import traceback_of
from treadle.runner.outside import OUTSIDE
from treadle.runner.precedence import Order
from treadle.runner.scheduler import DeadlinePassed
from treadle.workflow.names import file_name

if TYPE_CHECKING:
    from treadle.runner.settings import Settings
    from treadle.workflow.plan import Plan


def is_for_crew(plan: Plan, chosen: Sequence[str], settings: Settings) -> bool:
    """Whether all jobs are functions in threads, or gather others; and one is a function."""
    if settings.load is not None:
        return False
    some = False
    for name in chosen:
        job = plan.jobs[name]
        call = job.call
        if call is None:
            if job.argv or job.script is not None or job.late is not None:
                return False
        elif call.process or call.is_async:
            return False
        else:
            some = True
    return some


class Called(Execution):
    """One run; see `Execution`."""

    def __init__(
        self, plan: Plan, chosen: Sequence[str], targets: Sequence[str], settings: Settings
    ) -> None:
        super().__init__(plan, chosen, targets, settings)
        # A program that calls its own functions gets no folder for that.
        self.keeps = bool(self.views)
        self.calls = CallBook(plan, chosen, self.tell, keep_going=settings.keep_going)
        self.book = self.calls

    def _write_log(self, name: str, attempt: int, error: BaseException) -> str | None:
        """Keep a traceback where the output of a command would be."""
        if not self.keeps:
            return None
        path = self.logs / f"{file_name(name)}.{attempt}.log"
        try:
            path.write_text(traceback_of(error), encoding="utf-8", errors="replace")
        except OSError:
            return None
        return str(path)

    def run_jobs(self, needs: Mapping[str, Sequence[str]], order: Order, *, last: bool) -> None:
        """See `Execution`."""
        tokens = self.settings.tokens or None
        desk = Desk(
            self.plan,
            needs,
            self.calls,
            self.queues,
            order=order,
            max_active=tokens,
            drains=not last,
            telling=bool(self.views),
            log=self._write_log,
        )
        most = min(len(needs), tokens or math.inf, sum(self.queues.values()))
        until = math.inf if last or self.deadline is None else self.deadline
        crew = Crew(desk, max(most, 1))
        outside = OUTSIDE.get()
        if outside is not None:
            outside.listen(crew.post)
        try:
            ended = _watched(crew, until)
        finally:
            if outside is not None:
                outside.listen(None)
        self.stuck += desk.stuck
        if ended is not None:
            raise ended
        if desk.stalled:
            names = ", ".join(map(repr, desk.stuck))
            raise StalledError(
                f"{desk.engine.queues.waiting} jobs wait for tokens that are not there; "
                f"held by stuck jobs: {names}"
            )


def _watched(crew: Crew, until: float) -> BaseException | None:
    """Run a crew to its end; return what cut it short.

    As with a scheduler: an exception of a view is found after all threads are done.
    """
    # Nothing is asked for in a callback: the thread that watches runs none.
    signals = Signals(crew.post, crew.post, lambda: False)
    ended: BaseException | None = None
    try:
        signals.take()
        crew.begin()
        while (error := _next(crew, until)) is not None:
            if isinstance(error, DeadlinePassed):
                until = math.inf
            if error is not crew.failure:
                crew.halt(type(error).__name__)
            ended = ended or error
        crew.join()
    finally:
        signals.give_back()
    return crew.failure or ended


def _next(crew: Crew, until: float) -> BaseException | None:
    try:
        return crew.watch(until)
    except BaseException as raised:  # noqa: BLE001 -- by a handler of signals of the host's
        return raised
