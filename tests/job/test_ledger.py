"""Facts are committed together, before what follows from them; a wait for that holds nobody up."""

from __future__ import annotations

from typing import Any

import pytest

from kinds import Nothing
from treadle.dag import DAG
from treadle.errors import StoreBusyError, StoreError, StoreFullError
from treadle.job import Job, ProcessJob
from treadle.job.ledger import LAG, PATIENCE, RETRY, Ledger
from treadle.job.scheduler import Scheduler
from treadle.testing import Behaviour, FakeExecutor, MockClock


class Shelf:
    """Commits, or fails as it is told."""

    def __init__(self, *errors: StoreError) -> None:
        self.errors = list(errors)
        self.commits = 0

    def flush(self) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.commits += 1


class Told(Ledger):
    """Notes what it is told."""

    def __init__(self, shelf: Shelf, clock: MockClock) -> None:
        super().__init__(shelf, clock.monotonic)
        self.told: list[Any] = []

    def on_recorded(self) -> None:
        self.told.append("recorded")

    def on_full(self, text: str) -> None:
        self.told.append(text.removeprefix("nothing more is started until there is room: "))


def _ledger(*errors: StoreError) -> tuple[Told, Shelf, MockClock]:
    shelf, clock = Shelf(*errors), MockClock()
    return Told(shelf, clock), shelf, clock


def test_what_is_noted_is_committed_together_and_soon() -> None:
    ledger, shelf, clock = _ledger()
    ledger.noted()
    clock.advance(LAG / 2)
    ledger.noted()
    ledger.keep_up(idle=False)
    assert (shelf.commits, ledger.due) == (0, LAG)

    clock.advance(LAG / 2)
    ledger.keep_up(idle=False)
    assert (shelf.commits, ledger.due, ledger.told) == (1, None, ["recorded"])


def test_A02_who_asks_whether_all_is_recorded_has_it_recorded() -> None:
    ledger, shelf, _ = _ledger()
    assert ledger.is_recorded()
    assert shelf.commits == 0

    ledger.noted()
    assert ledger.is_recorded()
    assert shelf.commits == 1


def test_A05_a_full_disk_is_tried_again_once_in_a_while_however_often_it_is_asked() -> None:
    ledger, shelf, clock = _ledger(StoreFullError("full"), StoreFullError("full"))
    ledger.noted()
    assert not ledger.is_recorded()
    assert not ledger.is_recorded()
    assert (len(shelf.errors), ledger.due) == (1, RETRY)

    clock.advance(RETRY)
    assert not ledger.is_recorded()
    clock.advance(RETRY)
    assert ledger.is_recorded()
    assert ledger.told == ["full", "recorded"]
    assert ledger.full is None


def test_a_store_that_somebody_has_locked_for_a_while_is_tried_again_too() -> None:
    ledger, shelf, clock = _ledger(StoreBusyError("locked"))
    ledger.noted()
    assert not ledger.flush()
    assert ledger.broken is None

    clock.advance(RETRY)
    ledger.keep_up(idle=True)
    assert shelf.commits == 1


def test_A05_room_is_waited_for_without_end_only_while_something_runs() -> None:
    ledger, _, clock = _ledger(*[StoreFullError("full")] * 3)
    ledger.noted()
    ledger.flush()
    clock.advance(PATIENCE + 1)
    ledger.keep_up(idle=False)

    with pytest.raises(StoreFullError, match="full"):
        ledger.keep_up(idle=True)
    assert ledger.told == ["full", "recorded"]
    assert ledger.due is None


def test_A06_after_any_other_failure_nothing_is_tried_again() -> None:
    ledger, shelf, _ = _ledger(StoreError("sync failed"))
    ledger.noted()
    with pytest.raises(StoreError, match="sync failed"):
        ledger.is_recorded()

    assert ledger.is_recorded()
    assert shelf.commits == 0
    with pytest.raises(StoreError, match="sync failed"):
        ledger.finish()


def test_A05_a_run_ends_with_an_error_if_there_is_no_room_in_the_end() -> None:
    ledger, _, _ = _ledger(StoreFullError("full"))
    ledger.noted()
    with pytest.raises(StoreFullError, match="full"):
        ledger.finish()
    assert isinstance(ledger.broken, StoreFullError)


# -- in a run ------------------------------------------------------------------------------


class Overdue(Ledger):
    """Its time has always come; that must keep nobody from anything."""

    def __init__(self) -> None:
        super().__init__(Shelf())
        self.due = 0.0

    def is_recorded(self) -> bool:
        return True

    def keep_up(self, *, idle: bool) -> None:
        del idle


class Runs(ProcessJob):
    @property
    def cmdline(self) -> list[str]:
        return ["true"]


def _pair() -> DAG:
    dag = DAG()
    dag.add_vertex("a")
    dag.add_vertex("b", predecessors=["a"])
    return dag


def test_an_instant_that_is_past_does_not_keep_the_warden_from_being_heard() -> None:
    collected: list[Job] = []

    class Hurried(Scheduler):
        _ledger = Overdue()

        def wait(self) -> None:
            assert self.start_time is not None
            assert (self._clock.wall() - self.start_time).total_seconds() < 20, "nobody hears it"
            super().wait()

    Hurried(Scheduler.simple_provider(Runs), collected.append).run(_pair())

    assert [(job.uid, job.status.name) for job in collected] == [("a", "success"), ("b", "success")]


def test_what_held_a_start_is_void_in_the_next_turn() -> None:
    """Of a scheduler that has stopped starting nobody asks again: an old answer must not stay."""
    clock = MockClock()
    turns: list[float] = []

    class Drained(Scheduler):
        _holds = True

        def _hold_until(self, now: float) -> float | None:
            return 2.0 if 0.0 < now < 2.0 or self.active_jobs else None

        def launch(self) -> None:
            if clock.monotonic() < 1.0:
                super().launch()

        def wait(self) -> None:
            turns.append(clock.monotonic())
            assert len(turns) < 10, "it turns without waiting"
            super().wait()

        @property
        def is_finished(self) -> bool:
            return bool(turns) and not self.active_jobs

    executor = FakeExecutor(clock, lambda _uid, _attempt: Behaviour(5.0))
    dag = DAG()
    dag.add_vertex("a")
    dag.add_vertex("b")
    provider = Scheduler.simple_provider(Nothing)
    Drained(provider, clock=clock, executor=executor, tokens=2).run(dag)

    assert turns == [0.0, 2.0]
