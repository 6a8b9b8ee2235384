"""A03, A04: whatever happens to the bytes of a store, it never answers wrongly.

It answers what was recorded, or says that it is damaged; a log that is cut or altered loses
whole transactions from its end, as after a power failure.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stores import DONE, everything, fill, good, scratch, store_in
from treadle.errors import StoreError
from treadle.store import Store

PAGE = 4096
Answers = dict[str, Any]


class Written:
    """A store as bytes, of its database and of its log, and what it may answer."""

    def __init__(self, folder: Path, database: bytes, log: bytes, answers: list[Answers]) -> None:
        self.folder = folder
        self.database = database
        self.log = log
        self.answers = answers
        self.trials = 0

    def judge(self, database: bytes, log: bytes = b"") -> str:
        """Read altered bytes, and go on writing; return what the writer says, or "right"."""
        self.trials += 1
        store = store_in(self.folder / str(self.trials))
        store.path.parent.mkdir(parents=True)
        store.path.write_bytes(database)
        if log:
            Path(f"{store.path}-wal").write_bytes(log)
        self._said(store, self._read)
        said = self._said(store, self._resume)
        shutil.rmtree(store.path.parent.parent)
        return said

    def _said(self, store: Store, do: Callable[[Store], None]) -> str:
        said = "right"
        try:
            do(store)
        except StoreError as error:
            said = str(error)
        assert said == "right" or str(store.path) in said
        return said

    def _read(self, store: Store) -> None:
        with store.read() as reader:
            assert everything(reader) in self.answers

    def _resume(self, store: Store) -> None:
        with store.write() as writer:
            before = everything(writer)
            assert before in self.answers
            for run, ends in before["ends"].items():
                writer.resume(run, {})
                good(writer, "compile", 2)
                writer.finish(DONE)
                with store.read() as reader:
                    after = list(reader.ends(run))
                    assert (after[:-1], after[-1].job) == (ends, "compile")
                    assert reader.attempts("compile")[0].start.attempt == 2


@pytest.fixture(scope="module")
def closed() -> Iterator[Written]:
    """A store that was closed in good order: all of it is in the database."""
    with scratch() as folder:
        store = store_in(folder / "first")
        with store.write() as writer:
            for _ in fill(writer):
                pass
            answers = everything(writer)
        yield Written(folder, store.path.read_bytes(), b"", [answers])


def _cut_off(folder: Path, checkpoint_at: int) -> Written:
    store = store_in(folder / "first")
    with store.write() as writer:
        answers = [everything(writer)]
        for number, _ in enumerate(fill(writer)):
            answers += [everything(writer)]
            if number == checkpoint_at:
                writer._checkpoint()
        log = Path(f"{store.path}-wal").read_bytes()
        return Written(folder, store.path.read_bytes(), log, answers)


@pytest.fixture(scope="module")
def cut_off() -> Iterator[Written]:
    """A store whose writer was killed: most of it is in the log."""
    with scratch() as folder:
        yield _cut_off(folder, -1)


@pytest.fixture(scope="module")
def taken_in() -> Iterator[Written]:
    """A store whose writer was killed when the log had just been taken into the database."""
    with scratch() as folder:
        yield _cut_off(folder, 4)


def flipped(data: bytes, place: int, mask: int) -> bytes:
    return data[:place] + bytes([data[place] ^ mask]) + data[place + 1 :]


def test_what_is_not_altered_is_right(closed: Written, cut_off: Written) -> None:
    assert closed.judge(closed.database) == "right"
    assert cut_off.judge(cut_off.database, cut_off.log) == "right"
    assert len(cut_off.log) > 10 * PAGE


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_A04_a_byte_flipped_in_the_database_is_never_a_wrong_answer(
    closed: Written, seed: int
) -> None:
    chance = random.Random(seed)
    places = [chance.randrange(100), *(chance.randrange(len(closed.database)) for _ in range(40))]
    said = {closed.judge(flipped(closed.database, p, 1 << chance.randrange(8))) for p in places}
    assert "right" in said  # free space is most of a small database


@pytest.mark.slow
def test_A04_an_altered_row_is_noticed_and_the_file_is_moved_aside(closed: Written) -> None:
    for name in (b"compile", b'"good"', b"1.5", b"all", b"a.c", b"dddd"):
        place = closed.database.index(name)
        while place >= 0:
            said = closed.judge(flipped(closed.database, place, 1))
            assert "is damaged: " in said
            assert ".damaged-" in said
            assert "run again, and a new one is made" in said
            place = closed.database.find(name, place + 1)


@pytest.mark.slow
def test_A04_pages_that_changed_places_are_noticed(closed: Written) -> None:
    pages = [closed.database[at : at + PAGE] for at in range(0, len(closed.database), PAGE)]
    for index in range(1, len(pages) - 1):
        other = [*pages]
        other[index], other[index + 1] = other[index + 1], other[index]
        assert "is damaged" in closed.judge(b"".join(other))
        assert "is damaged" in closed.judge(
            b"".join([*pages[:index], bytes(PAGE), *pages[index + 1 :]])
        )


@pytest.mark.slow
def test_A03_a_database_cut_anywhere_is_noticed(closed: Written) -> None:
    chance, size = random.Random(1), len(closed.database)
    lengths = {*range(0, size, PAGE), 1, 15, 16, 99, 100, 101, size - 1}
    for length in sorted(lengths | {chance.randrange(size) for _ in range(25)}):
        # Less than the last page may be free space: then nothing is lost.
        assert closed.judge(closed.database[:length]) != "right" or length > size - PAGE


@pytest.mark.slow
def test_A03_A04_a_log_cut_or_altered_loses_whole_transactions(cut_off: Written) -> None:
    chance, size = random.Random(2), len(cut_off.log)
    frames = range(32, size, 24 + PAGE)
    for length in [0, 1, 31, *frames[:: max(len(frames) // 12, 1)], chance.randrange(size)]:
        assert cut_off.judge(cut_off.database, cut_off.log[:length]) == "right"
    for _ in range(40):
        log = flipped(cut_off.log, chance.randrange(size), 1 << chance.randrange(8))
        assert cut_off.judge(cut_off.database, log) == "right"


@pytest.mark.slow
def test_A04_a_database_altered_under_a_log_is_never_a_wrong_answer(cut_off: Written) -> None:
    chance, size = random.Random(3), len(cut_off.database)
    for _ in range(40):
        place = chance.choice([chance.randrange(100), chance.randrange(size)])
        cut_off.judge(flipped(cut_off.database, place, 1 << chance.randrange(8)), cut_off.log)


@pytest.mark.slow
def test_A04_a_log_altered_after_it_was_taken_in_is_never_a_wrong_answer(taken_in: Written) -> None:
    chance, size = random.Random(6), len(taken_in.log)
    assert taken_in.judge(taken_in.database, taken_in.log) == "right"
    for length in [*range(32, size, 24 + PAGE)][:20]:
        taken_in.judge(taken_in.database, taken_in.log[:length])
    for _ in range(20):
        log = flipped(taken_in.log, chance.randrange(size), 1 << chance.randrange(8))
        taken_in.judge(taken_in.database, log)


@pytest.mark.proof
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(8))
def test_A04_every_byte_of_a_database_flipped(closed: Written, part: int) -> None:
    chance = random.Random(4)
    for place in range(part, len(closed.database), 8):
        closed.judge(flipped(closed.database, place, 1 << chance.randrange(8)))


@pytest.mark.proof
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(8))
def test_A03_A04_every_third_byte_of_a_log_flipped_and_many_lengths(
    cut_off: Written, part: int
) -> None:
    chance, size = random.Random(5), len(cut_off.log)
    for place in range(3 * part, size, 24):
        log = flipped(cut_off.log, place, 1 << chance.randrange(8))
        assert cut_off.judge(cut_off.database, log) == "right"
    for length in range(part * 97, size, 8 * 97):
        assert cut_off.judge(cut_off.database, cut_off.log[:length]) == "right"


def test_A04_a_reader_moves_nothing(closed: Written, tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.path.parent.mkdir()
    store.path.write_bytes(closed.database[: -2 * PAGE])
    with pytest.raises(StoreError, match="is damaged"), store.read() as reader:
        everything(reader)
    assert store.path.read_bytes() == closed.database[: -2 * PAGE]
    assert list(store.path.parent.glob("*damaged*")) == []


def test_A04_after_damage_the_next_run_has_a_new_store(closed: Written, tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.path.parent.mkdir()
    for _ in range(2):
        store.path.write_bytes(closed.database[:PAGE])
        Path(f"{store.path}-journal").unlink(missing_ok=True)
        with pytest.raises(StoreError, match="run again, and a new one is made"):
            store.write()
    with store.write() as writer:
        writer.begin("r1", {})
    assert len(list(store.path.parent.glob("state.db.damaged-*"))) == 2
