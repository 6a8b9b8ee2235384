"""A13: stores of other formats, of other programs, and what was kept before there was one."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from stores import DONE, entry, everything, good, product, store_in
from treadle.errors import StoreError
from treadle.store import Store, database

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = store_in(tmp_path)
    made.path.parent.mkdir()
    return made


def test_A13_a_store_of_format_1_is_read_and_written(store: Store) -> None:
    shutil.copy(FIXTURES / "state-1.db", store.path)
    with store.read() as reader:
        found = everything(reader)
    (run,) = found["runs"]
    assert (run.name, run.last.about, run.last.end) == ("r1", {"targets": ["all"], "seed": 3}, DONE)
    assert [start.attempt for start in found["starts"]["r1"]] == [1, 1, 2]
    assert [(end.job, end.kind) for end in found["ends"]["r1"]] == [
        ("compile", "good"), ("odd \ud800\0\n", "retried"), ("odd \ud800\0\n", "failed"),
        ("link", "skipped"),
    ]  # fmt: skip
    assert found["values"] == {"r1": {"compile": {"v": "1"}}}
    assert found["durations"] == {"compile": 1.5}
    assert found["bad"] == {"odd \ud800\0\n", "link"}
    assert found["products"] == {"compile": product("compile")}
    assert found["files"] == {path: entry(path) for path in ("a.c", "b.c")}
    with store.write() as writer:
        assert everything(writer) == found
        writer.begin("r2", {})
        good(writer, "compile", took=2.5)
        writer.finish(DONE)
        assert writer.durations() == {"compile": 2.0}


def test_A13_what_was_kept_before_is_taken_over_once(store: Store) -> None:
    shutil.copy(FIXTURES / "last.json", store.path.parent)
    with store.write() as writer:
        assert writer.durations() == {"compile": 1.25, "test [a=1]": 0.5}
        assert writer.bad() == {"link", "test [a=1]"}
        assert not (store.path.parent / "last.json").exists()
        writer.begin("r1", {})
        good(writer, "compile", took=2.0)
        good(writer, "link", took=3.0)
        writer.finish(DONE)
    with store.read() as reader:
        assert reader.durations() == {"compile": 1.625, "link": 3.0, "test [a=1]": 0.5}
        assert reader.bad() == {"test [a=1]"}
        assert [len(reader.attempts(job)) for job in ("compile", "test [a=1]")] == [1, 0]


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "[" * 100_000, '{"bad": "a", "durations": [1]}',
        '{"version": 2, "bad": ["a"]}',
        '{"durations": {"a": -1, "b": 1e999, "c": "x", "d": true}, "bad": [1, null]}',
    ],
)  # fmt: skip
def test_A13_a_broken_one_is_ignored(store: Store, text: str) -> None:
    (store.path.parent / "last.json").write_text(text)
    with store.write() as writer:
        assert (writer.durations(), writer.bad()) == ({}, set())


def test_I02_what_was_kept_before_is_not_read_through_a_link_or_pipe(store: Store) -> None:
    last = store.path.parent / "last.json"
    last.symlink_to(FIXTURES / "last.json")
    with store.write() as writer:
        assert writer.durations() == {}
    last.unlink()
    os.mkfifo(last)
    with store.write() as writer:
        assert writer.durations() == {}


def _altered(store: Store, statement: str) -> None:
    store.write().close()
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute(statement)


def _read(store: Store) -> object:
    return store.read()


def _write(store: Store) -> object:
    return store.write()


@pytest.mark.parametrize("open_it", [_read, _write])
def test_A13_a_newer_format_is_refused_by_its_name(
    store: Store, open_it: Callable[[Store], object]
) -> None:
    with store.write() as writer:
        writer._version = "9.8.7"
        writer.begin("r1", {})
    _altered(store, "PRAGMA user_version = 7")
    with pytest.raises(StoreError) as caught:
        open_it(store)
    assert str(caught.value) == (
        f"'{store.path}' was written by treadle 9.8.7 (format 7), and this treadle knows formats "
        "up to 1: use that version, or move the file away"
    )
    assert store.path.exists()


@pytest.mark.parametrize("open_it", [_read, _write])
def test_A13_the_database_of_another_program_is_left_alone(
    store: Store, open_it: Callable[[Store], object]
) -> None:
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    before = store.path.read_bytes()
    with pytest.raises(
        StoreError, match=r"is a database of another program \(application_id 0x0\)"
    ):
        open_it(store)
    assert store.path.read_bytes() == before


@pytest.mark.parametrize("open_it", [_read, _write])
def test_A10_what_is_no_database_is_left_alone(
    store: Store, open_it: Callable[[Store], object]
) -> None:
    def refused(match: str) -> None:
        with pytest.raises(StoreError, match=match):
            open_it(store)

    store.path.write_text("my notes\n" * 1000)
    refused(r"state.db' is not a database: move it away, or give another path")
    assert store.path.read_text().startswith("my notes")
    store.path.unlink()
    os.mkfifo(store.path)
    refused(r"state.db' cannot be used: it is no file; remove it, or give another path")
    store.path.unlink()
    store.path.mkdir()
    refused(r"it is a folder")
    store.path.rmdir()
    store.path.symlink_to("elsewhere.db")
    refused(r"it is a link")
    assert not (store.path.parent / "elsewhere.db").exists()


def test_A13_an_older_format_is_brought_up_in_one_transaction(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with store.write() as writer:
        writer.begin("r1", {})
        writer.finish(DONE)
    step, bad = tmp_path / "2.sql", tmp_path / "3.sql"
    step.write_text("CREATE TABLE more (id INTEGER PRIMARY KEY);\n")
    bad.write_text("CREATE TABLE yet_more (id); no statement\n")
    monkeypatch.setattr(database, "VERSION", 3)
    monkeypatch.setattr(database, "STEPS", (str(step), str(bad)))
    with pytest.raises(StoreError, match="has format 1, of an older treadle: the next run brings"):
        store.read()
    before = store.path.read_bytes()
    with pytest.raises(StoreError):
        store.write()
    (aside,) = store.path.parent.glob("state.db.damaged-*")
    assert aside.read_bytes() == before
    aside.rename(store.path)
    bad.write_text("CREATE TABLE yet_more (id);\n")
    with store.write() as writer:
        assert [run.name for run in writer.runs()] == ["r1"]
        names = writer._rows.connection.execute("SELECT name FROM sqlite_master").fetchall()
        assert {(b"more",), (b"yet_more",)} <= set(names)
    store.read().close()


def test_a_log_that_belongs_to_no_database_is_not_taken_for_one(store: Store) -> None:
    with store.write() as writer:
        writer.begin("r1", {})
        log = Path(f"{store.path}-wal").read_bytes()
    store.path.unlink()
    Path(f"{store.path}-wal").write_bytes(log)
    with store.write() as writer:
        assert writer.runs() == []
