"""I08: a store that somebody has written by hand is data: answered, or refused as damaged."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from stores import DONE, everything, fill, good, scratch, store_in
from treadle.errors import StoreError
from treadle.store import Store
from treadle.store.tables import FACTS, Table, Tally, check, pack

VALUES = [
    None, True, -1, 0, 1, 2**31, 2**63 - 1, 2**63, -(2**70), 1.5, float("inf"), "", "a", "good",
    [], [1], ["x"], {}, {"a": "b"}, {"a": 1}, {"a": ["b"]}, [[1, 2], [3]], "\ud800",
]  # fmt: skip


@pytest.fixture(scope="module")
def origin() -> Iterator[Path]:
    with scratch() as folder:
        store = store_in(folder)
        with store.write() as writer:
            for _ in fill(writer):
                pass
        yield store.path


def _sealed(table: Table, number: int, value: Any) -> tuple[int, bytes, int]:
    body = pack(value) if not isinstance(value, bytes) else value
    return number, body, check(table, number, body)


def craft(path: Path, chance: random.Random) -> None:
    """Put something else into one row, with a check that is right and a tally that agrees."""
    with closing(sqlite3.connect(path)) as connection:
        table = chance.choice(
            [table for table in Table if table is not Table.TALLY] * 3 + [Table.TALLY]
        )
        name = table.name.lower()
        rows = connection.execute(f"SELECT id, body, chk FROM {name}").fetchall()
        if not rows:
            return
        number, body, old = chance.choice(rows)
        value = json.loads(bytes(body).decode("utf-8", "surrogatepass"))
        if isinstance(value, list) and chance.random() < 0.8:
            value[chance.randrange(len(value))] = chance.choice(VALUES)
        else:
            value = chance.choice([*VALUES, b"[" * 100_000, b"1],[2", b"", b"\xff", b"NaN"])
        other = chance.choice([number] * 9 + [-1, 2**62])
        row = _sealed(table, other, value)
        connection.execute(f"DELETE FROM {name} WHERE id = ?", (number,))
        connection.execute(f"INSERT OR REPLACE INTO {name} VALUES (?, ?, ?)", row)
        if table is not Table.TALLY:
            key = Tally.key(table, 1 if table in FACTS else 0)
            ((told,),) = connection.execute(
                "SELECT body FROM tally WHERE id = ?", (key,)
            ).fetchall()
            first, count, total = json.loads(told)
            tally = _sealed(Table.TALLY, key, [first, count, total + row[2] - old])
            connection.execute("INSERT OR REPLACE INTO tally VALUES (?, ?, ?)", tally)
        connection.commit()


def survive(origin: Path, folder: Path, seed: int) -> bool:
    """Use a crafted store in all ways; say whether it was refused."""
    chance = random.Random(seed)
    store = Store(folder / str(seed) / ".treadle" / "state.db")
    store.path.parent.mkdir(parents=True)
    shutil.copy(origin, store.path)
    craft(store.path, chance)
    refused = True
    with suppress(StoreError), store.read() as reader:
        everything(reader)
        refused = False
    with suppress(StoreError), store.write() as writer:
        for run in writer.runs():
            writer.resume(run.name, {})
        good(writer, "compile", 2)
        writer.forget(["compile"])
        writer.keep_files([], gone=["a.c"])
        writer.finish(DONE)
        writer.prune(1)
        everything(writer)
    shutil.rmtree(store.path.parent.parent)
    return refused


@pytest.mark.slow
def test_I08_a_crafted_row_is_data_or_damage(origin: Path) -> None:
    with scratch() as folder:
        refused = [survive(origin, folder, seed) for seed in range(100)]
    assert set(refused) == {True, False}


@pytest.mark.proof
@pytest.mark.timeout(600)
@pytest.mark.parametrize("thousand", range(0, 20, 4))
def test_I08_20_000_crafted_rows_are_data_or_damage(origin: Path, thousand: int) -> None:
    with scratch() as folder:
        for seed in range(thousand * 1000, (thousand + 4) * 1000):
            survive(origin, folder, seed)
