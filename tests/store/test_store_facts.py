"""What is recorded is what is read: by the writer, by others, after an end and after a kill."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stores import DONE, entry, everything, fill, good, product, scratch, store_in
from treadle.errors import StoreError
from treadle.store import Store, tables
from treadle.store.records import SETTLED, End, Product, SessionEnd, Start
from treadle.store.writer import Writer


@pytest.fixture
def store() -> Iterator[Store]:
    with scratch() as folder:
        yield store_in(folder)


def killed(writer: Writer) -> None:
    """Let go of a store as a killed process does: nothing is flushed, nothing is said."""
    writer._rows.connection.close()
    writer._lock.release()


def test_a_store_that_is_not_there_reads_as_empty_and_is_not_made(store: Store) -> None:
    with store.read() as reader:
        assert everything(reader) == {
            "runs": [], "starts": {}, "ends": {}, "values": {}, "attempts of": {}, "attempts": {},
            "durations": {}, "bad": set(), "products": {}, "files": {},
        }  # fmt: skip
        assert reader.run("r1") is None
        assert reader.attempts("a") == []
        assert reader.holder() is None
    assert not store.path.parent.exists()


def test_all_that_is_recorded_is_read(store: Store) -> None:
    with store.write() as writer:
        for _ in fill(writer):
            with store.read() as reader:
                assert everything(reader) == everything(writer)
    with store.read() as reader:
        found = everything(reader)
    (run,) = found["runs"]
    assert (run.name, run.is_cut_short) == ("r1", False)
    assert (run.last.about, run.last.end) == ({"targets": ["all"], "seed": 3}, DONE)
    assert (run.last.pid, run.last.host) == (os.getpid(), os.uname().nodename)
    assert [start.attempt for start in found["starts"]["r1"]] == [1, 1, 2]
    assert found["starts"]["r1"][1].why == ("input a.c changed",)
    assert [end.kind for end in found["ends"]["r1"]] == ["good", "retried", "failed", "skipped"]
    assert found["values"] == {"r1": {"compile": {"v": "1"}}}
    odd = found["attempts"]["odd \ud800\0\n"]
    assert [(a.start.attempt, a.end and a.end.kind) for a in odd] == [(2, "failed"), (1, "retried")]
    assert found["durations"] == {"compile": 1.5}
    assert found["bad"] == {"odd \ud800\0\n", "link"}
    assert found["products"] == {"compile": product("compile")}
    assert sorted(found["files"]) == ["a.c", "b.c"]


def test_what_is_buffered_is_seen_by_nobody_until_it_is_recorded(store: Store) -> None:
    with store.write() as writer:
        writer.begin("r1", {})
        good(writer, "a", values={"v": "1"}, product=product("a"))
        assert writer.pending
        with store.read() as reader:
            assert everything(reader) == everything(writer)
            assert list(reader.ends("r1")) == []
            writer.flush()
            assert bool(writer.pending) is False
            assert [end.job for end in reader.ends("r1")] == ["a"]
            assert reader.durations() == writer.durations() == {"a": 0.5}


def test_a_killed_writer_loses_only_what_was_not_recorded(store: Store) -> None:
    writer = store.write()
    writer.begin("r1", {})
    good(writer, "a", took=2.0)
    writer.started(Start("b", 1, 5.0))
    writer.flush()
    good(writer, "c")
    killed(writer)
    with store.read() as reader:
        assert [end.job for end in reader.ends("r1")] == ["a"]
        assert (reader.durations(), reader.runs()[0].is_cut_short) == ({"a": 2.0}, True)
    with store.write() as writer:
        writer.resume("r1", {"why": "killed"})
        good(writer, "b", attempt=2, took=3.0)
        writer.finish(DONE)
    with store.read() as reader:
        (run,) = reader.runs()
        assert [(s.number, s.end) for s in run.sessions] == [(1, None), (2, DONE)]
        assert [(s.job, s.attempt) for s in reader.starts("r1")] == [("a", 1), ("b", 1), ("b", 2)]
        assert reader.durations() == {"a": 2.0, "b": 3.0}
        attempts = [(a.start.attempt, a.end is None) for a in reader.attempts("b")]
        assert attempts == [(2, False), (1, True)]


def test_durations_are_the_median_of_the_last_five_good_attempts(store: Store) -> None:
    with store.write() as writer:
        for run, took in enumerate([100.0, 1.0, 2.0, 9.0, 4.0, 3.0]):
            writer.begin(f"r{run}", {})
            good(writer, "a", took=took)
            writer.finish(DONE)
            assert writer.durations()["a"] == statistics.median([100.0, 1.0, 2.0, 9.0, 4.0, 3.0][
                max(run - 4, 0) : run + 1
            ])  # fmt: skip
        found = [attempt.end and attempt.end.duration for attempt in writer.attempts("a", limit=3)]
        assert found == [3.0, 4.0, 9.0]


def test_a_job_is_bad_until_it_ends_otherwise(store: Store) -> None:
    with store.write() as writer:
        writer.begin("r1", {})
        for kind in ("failed", "retried", "skipped", "allowed", "failed", "unchanged"):
            writer.ended(End("a", 0, kind, 1.0))
            writer.flush()
            expected = {"failed": True, "retried": True, "skipped": True}.get(kind, False)
            assert ("a" in writer.bad()) is expected
            with store.read() as reader:
                assert reader.bad() == writer.bad()


def test_products_and_files_are_replaced_and_forgotten(store: Store) -> None:
    with store.write() as writer:
        writer.begin("r1", {})
        good(writer, "a", product=product("a"))
        good(writer, "a", product=product("a", "9" * 32))
        good(writer, "b", product=product("b"))
        writer.flush()
        assert {job: p.fingerprint[0] for job, p in writer.products().items()} == {
            "a": "9",
            "b": "f",
        }
        assert list(writer.products(["b", "c"])) == ["b"]
        writer.keep_files([entry("x"), entry("y")])
        writer.keep_files([entry("y", "new"), entry("z")], gone=["x", "never"])
        assert {path: e.digest[0] for path, e in writer.files().items()} == {"y": "n", "z": "d"}
        assert writer.forget(["a", "b", "nobody"]) == 2
        assert writer.forget(["a", "b"]) == 0
        assert (writer.products(), writer.durations()) == ({}, {})
        assert len(writer.attempts("a")) == 2
        writer.finish(DONE)
    with store.read() as reader:
        assert (reader.products(), reader.durations(), sorted(reader.files())) == (
            {},
            {},
            ["y", "z"],
        )


def test_what_cannot_be_is_refused_and_breaks_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "LIMIT", 1000)
    with store.write() as writer:
        with pytest.raises(StoreError, match="there is no run under way"):
            writer.started(Start("a", 1, 1.0))
        with pytest.raises(StoreError, match="has no run 'r0'"):
            writer.resume("r0", {})
        writer.begin("r1", {})
        with pytest.raises(StoreError, match="run 'r1' is under way"):
            writer.begin("r2", {})
        with pytest.raises(StoreError, match="bytes in one piece are too many"):
            writer.ended(End("a", 1, "good", 1.0), {"v": "x" * 1001})
        good(writer, "b")
        writer.finish(DONE)
        with pytest.raises(StoreError, match="there is no run under way"):
            good(writer, "c")
    with pytest.raises(StoreError, match="is closed"):
        writer.flush()
    with store.write() as writer:
        with pytest.raises(StoreError, match="has a run 'r1' already"):
            writer.begin("r1", {})
        assert [end.job for end in writer.ends("r1")] == ["b"]


def test_the_folder_and_all_files_are_for_their_owner(store: Store) -> None:
    with store.write() as writer:
        writer.begin("r1", {})
        modes = {p.name: p.stat().st_mode & 0o777 for p in store.path.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert {"state.db", "state.db-wal", "lock", ".gitignore", "CACHEDIR.TAG"} <= set(modes)
    assert store.path.parent.stat().st_mode & 0o777 == 0o700


def test_a_store_anywhere_has_a_lock_of_its_own_and_marks_no_folder() -> None:
    with scratch() as folder:
        with Store(folder / "a.db").write() as one, Store(folder / "b #?%.db").write() as two:
            one.begin("r", {})
            two.begin("r", {})
        assert not (folder / ".gitignore").exists()
        with Store(folder / "b #?%.db").read() as reader:
            assert [run.name for run in reader.runs()] == ["r"]


TEXT = st.text(st.characters(), max_size=12) | st.sampled_from(["a", "b", "\ud83d\ude00", "\ud800"])
REAL = st.floats(allow_nan=False) | st.integers(-(2**70), 2**70)
WHOLE = st.integers(-(2**70), 2**70)
JOB = st.sampled_from(["a", "b", "\ud83d\ude00", "\U0001f600", "", "\0"])
STARTS = st.builds(
    Start, JOB, st.integers(1, 4), REAL, REAL, WHOLE, TEXT,
    st.lists(TEXT, max_size=2).map(tuple), st.lists(TEXT, max_size=2).map(tuple),
)  # fmt: skip
ENDS = st.builds(
    End, JOB, st.integers(0, 4), st.sampled_from(sorted({*SETTLED, "retried"})), REAL, REAL, TEXT,
    st.none() | WHOLE, TEXT, st.none() | REAL, st.none() | REAL, st.none() | WHOLE, WHOLE,
    TEXT, TEXT, REAL, st.booleans(), TEXT,
)  # fmt: skip
MAPS = st.dictionaries(TEXT, TEXT, max_size=3)
PRODUCTS = st.builds(Product, JOB, TEXT, MAPS, MAPS, MAPS, TEXT, REAL)
FACTS = st.lists(STARTS | st.tuples(ENDS, MAPS, st.none() | PRODUCTS), max_size=8)
SESSIONS = st.lists(st.tuples(FACTS, st.sampled_from(["finish", "kill", "flush"])), max_size=4)


class Model:
    """What a store must answer, in plain lists."""

    def __init__(self) -> None:
        self.starts: list[Start] = []
        self.ends: list[End] = []
        self.values: dict[str, dict[str, str]] = {}
        self.products: dict[str, Product] = {}

    def take(self, fact: Any) -> None:
        if isinstance(fact, Start):
            self.starts.append(fact)
            return
        end, values, made = fact
        self.ends.append(end)
        if values:
            self.values.setdefault(end.job, {}).update(values)
        if made is not None:
            self.products[made.job] = made

    @property
    def bad(self) -> set[str]:
        last = {end.job: end.kind for end in self.ends if end.kind in SETTLED}
        return {job for job, kind in last.items() if kind in {"failed", "skipped"}}

    @property
    def durations(self) -> dict[str, float]:
        took: dict[str, list[float]] = {}
        for end in self.ends:
            if end.kind == "good" and end.attempt:
                took.setdefault(end.job, []).append(end.duration)
        return {job: statistics.median(found[-5:]) for job, found in took.items()}


@pytest.mark.slow
@settings(max_examples=35, suppress_health_check=list(HealthCheck), deadline=None)
@given(SESSIONS)
def test_any_facts_in_any_sessions_are_read_as_they_were(sessions: list[Any]) -> None:
    model = Model()
    with scratch() as folder:
        store = store_in(folder)
        for number, (facts, how) in enumerate(sessions):
            writer = store.write()
            (writer.resume if number else writer.begin)("run", {})
            for fact in facts:
                model.take(fact)
                writer.started(fact) if isinstance(fact, Start) else writer.ended(*fact)
                if how == "flush":
                    writer.flush()
            writer.finish(SessionEnd(1, 2, {})) if how == "finish" else writer.flush()
            killed(writer) if how == "kill" else writer.close()
        with store.read() as reader:
            assert list(reader.starts("run")) == model.starts
            assert list(reader.ends("run")) == model.ends
            assert reader.values("run") == model.values
            assert reader.products() == model.products
            assert reader.bad() == model.bad
            assert reader.durations() == model.durations
            for job in "ab":
                begun = [s for s in reversed(model.starts) if s.job == job]
                assert [found.start for found in reader.attempts(job)] == begun


def test_the_store_is_in_the_wheel_with_its_schema() -> None:
    import treadle.store

    assert (Path(treadle.store.__file__).parent / "schema.sql").is_file()
