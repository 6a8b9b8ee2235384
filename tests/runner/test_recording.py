"""Facts are recorded first and told afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from treadle.clock import SYSTEM
from treadle.errors import StoreError, StoreFullError
from treadle.job import ledger
from treadle.process.conditions import Usage
from treadle.report.feed import (
    Fact,
    JobEnded,
    JobRetried,
    JobSkipped,
    JobStarted,
    JobsUnchanged,
    Remark,
)
from treadle.runner.recording import Notes, Recording
from treadle.status import ReturnValue
from treadle.store.records import End, Product, Start

GOOD = JobEnded("a", 1, ReturnValue.success, "exited", 0.5, code=0)


class Shelf:
    """A store that keeps what it is told in lists, and may fail."""

    def __init__(self) -> None:
        self.pending: list[Any] = []
        self.kept: list[Any] = []
        self.errors: list[StoreError] = []

    def started(self, start: Start) -> None:
        self.pending.append(start)

    def ended(
        self, end: End, values: Mapping[str, str] | None = None, product: Product | None = None
    ) -> None:
        self.pending.append((end, dict(values or {}), product))

    def flush(self) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.kept += self.pending
        self.pending.clear()


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def told() -> list[Fact]:
    return []


@pytest.fixture
def facts(shelf: Shelf, told: list[Fact]) -> Recording:
    return Recording(shelf, told.append)


def test_A02_nobody_is_told_of_an_end_before_it_is_recorded(
    facts: Recording, shelf: Shelf, told: list[Fact]
) -> None:
    facts.take(GOOD)
    assert (shelf.kept, told) == ([], [])
    assert facts.due is not None

    assert facts.flush()
    assert [row[0].kind for row in shelf.kept] == ["good"]
    assert told == [GOOD]
    assert facts.due is None


def test_what_is_not_recorded_keeps_its_place_among_the_others(
    facts: Recording, told: list[Fact]
) -> None:
    facts.take(Remark("first"))
    assert told == [Remark("first")]

    facts.take(GOOD)
    facts.take(Remark("last"))
    facts.flush()
    assert told == [Remark("first"), GOOD, Remark("last")]


def test_the_start_of_a_job_that_leaves_no_log_is_recorded_before_it_runs(
    facts: Recording, shelf: Shelf, told: list[Fact]
) -> None:
    facts.take(JobStarted("edit", 1, 0.0, terminal=True))

    assert [row.job for row in shelf.kept] == ["edit"]
    assert [fact.name for fact in told if isinstance(fact, JobStarted)] == ["edit"]


def test_A05_while_the_disk_is_full_nothing_is_told_and_nothing_is_lost(
    facts: Recording, shelf: Shelf, told: list[Fact]
) -> None:
    shelf.errors = [StoreFullError("no space"), StoreFullError("no space")]
    facts.take(GOOD)

    assert not facts.flush()
    assert not facts.flush()
    assert [type(fact) for fact in told] == [Remark]
    assert facts.flush()
    assert [row[0].kind for row in shelf.kept] == ["good"]
    assert told[1:] == [GOOD]
    assert facts.full is None


def test_A05_room_is_not_waited_for_longer_than_patience(
    facts: Recording, shelf: Shelf, told: list[Fact], monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.errors = [StoreFullError("no space")]
    facts.take(GOOD)
    facts.flush()
    facts.end_patience()

    monkeypatch.setattr(ledger, "PATIENCE", -1.0)
    with pytest.raises(StoreFullError, match="no space"):
        facts.end_patience()
    assert told[-1] == GOOD


def test_A06_after_a_failed_sync_nothing_is_written_any_more_and_all_is_told(
    facts: Recording, shelf: Shelf, told: list[Fact]
) -> None:
    shelf.errors = [StoreError("sync failed")]
    facts.take(GOOD)

    with pytest.raises(StoreError, match="sync failed"):
        facts.flush()
    facts.take(GOOD._replace(name="b"))
    assert [fact.name for fact in told if isinstance(fact, JobEnded)] == ["a", "b"]
    assert len(shelf.pending) == 1
    with pytest.raises(StoreError, match="sync failed"):
        facts.finish()


def test_a_record_has_what_the_facts_and_the_notes_say(facts: Recording, shelf: Shelf) -> None:
    before = SYSTEM.stamp()
    facts.notes["a"] = Notes(0.25, "f" * 32, ["old"])
    facts.values["a"] = {"x": "1"}
    product = facts.products["a"] = Product("a", "f" * 32, {})
    facts.take(JobStarted("a", 2, 0.0, slot=3, why=["input b changed"]))
    facts.take(GOOD._replace(attempt=2, usage=Usage(0.1, 0.2, 4096, 0.5), leaked=1))
    facts.flush()

    start, (end, values, kept) = shelf.kept
    assert before <= start.at <= end.at
    assert start._replace(at=0.0) == Start(
        "a", 2, 0.0, 0.25, 3, "f" * 32, ["input b changed"], ["old"]
    )
    assert end._replace(at=0.0) == End(
        "a", 2, "good", 0.0, 0.5, "exited", 0, "", 0.1, 0.2, 4096, 1, fingerprint="f" * 32
    )
    assert (values, kept) == ({"x": "1"}, product)
    assert (facts.notes, facts.values, facts.products) == ({}, {}, {})


def test_each_way_in_which_a_job_is_over_has_its_kind(facts: Recording, shelf: Shelf) -> None:
    facts.take(JobRetried("r", 1, 0.5, "exit 1", "exited", 2.0))
    facts.take(JobRetried("l", 1, 0.5, "lost", "lost"))
    facts.take(GOOD._replace(name="f", status=ReturnValue.failure))
    facts.take(GOOD._replace(name="m", status=ReturnValue.failure, allowed=True))
    facts.take(GOOD._replace(name="g", attempt=0))
    facts.take(JobSkipped("s", "f", "f"))
    facts.take(JobSkipped("w", "", "", "not today"))
    facts.take(JobsUnchanged(["u", "v"], restored=True))
    facts.flush()

    ends = [row[0] for row in shelf.kept]
    assert [(end.job, end.kind) for end in ends] == [
        ("r", "retried"), ("l", "retried"), ("f", "failed"), ("m", "allowed"), ("g", "gathered"),
        ("s", "skipped"), ("w", "unwanted"), ("u", "unchanged"), ("v", "unchanged"),
    ]  # fmt: skip
    assert [(end.delay, end.counted) for end in ends[:2]] == [(2.0, True), (0.0, False)]
    assert (ends[5].need, ends[5].origin, ends[6].detail) == ("f", "f", "not today")
