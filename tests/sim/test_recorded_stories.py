"""Whatever happens in a run, a store changes nothing of it and has all of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stores import scratch
from treadle.job import journal
from treadle.job.scheduler import Scheduler
from treadle.store import Store
from treadle.testing import Story, sim, simulate


@pytest.fixture
def folder() -> Iterator[Path]:
    with scratch() as folder:
        yield folder


def _recorded(store: Store, seed: int, monkeypatch: pytest.MonkeyPatch) -> Story:
    """Simulate with a store. The ids of stories are numbers, whose texts do here."""
    make = Scheduler.__init__

    def init(self: Scheduler, *arguments: Any, **options: Any) -> None:
        make(self, *arguments, **options, store=store)

    with monkeypatch.context() as patched:
        patched.setattr(Scheduler, "__init__", init)
        patched.setattr(journal, "check_id", lambda _: None)
        return simulate(seed)


def _tell(folder: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare a story with the same one recorded, and with what is recorded of it."""
    # A start that is held back is asked for at other instants, and for these chance decides.
    monkeypatch.setattr(sim, "_HOLD", 0.0)
    plain, store = simulate(seed), Store(folder / f"{seed}.db")
    story = _recorded(store, seed, monkeypatch)
    with store.read() as reader:
        (run,) = reader.runs()
        starts, ends = list(reader.starts(run.name)), list(reader.ends(run.name))

    assert (story.collected, story.started) == (plain.collected, plain.started)
    assert (story.finished, repr(story.error)) == (plain.finished, repr(plain.error))
    assert [end.job for end in ends] == [str(uid) for uid in story.finished]
    assert sorted(start[:2] for start in starts) == sorted(end[:2] for end in ends if end.attempt)
    assert run.last.end is not None
    assert run.is_cut_short == (story.error is not None)


def test_a_store_changes_nothing_and_has_all(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(20):
        _tell(folder, seed, monkeypatch)


@pytest.mark.proof
def test_a_store_changes_nothing_and_has_all_of_many_stories(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(20, 1500):
        _tell(folder, seed, monkeypatch)
