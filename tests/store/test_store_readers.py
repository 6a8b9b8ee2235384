"""Readers while a writer works, runs that are removed, and where which journal is used."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stores import DONE, everything, good, product, scratch, store_in
from treadle.errors import StoreError
from treadle.store import Store, database, opening, retention
from treadle.store.mounts import is_remote
from treadle.store.records import End, Start
from treadle.store.writer import Writer


@pytest.fixture
def store() -> Iterator[Store]:
    with scratch() as folder:
        yield store_in(folder)


COUNTER = """
import sys
from treadle.store import Store
for line in sys.stdin:
    with Store(sys.argv[1]).read() as reader:
        ends = [end.job for end in reader.ends("r1")]
        # What is asked later may have more.
        assert ends == [start.job for start in reader.starts("r1")][: len(ends)]
        assert len(reader.durations()) >= len(ends)
        print(len(ends), reader.holder().pid, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("remote", [False, True], ids=["wal", "rollback"])
def test_another_process_reads_what_is_committed_while_a_writer_works(
    store: Store, remote: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "is_remote", lambda folder: remote)
    command = [sys.executable, "-c", COUNTER, str(store.path)]
    with (
        store.write() as writer,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as other,
    ):
        assert other.stdin is not None
        assert other.stdout is not None
        assert Path(f"{store.path}-wal").exists() is not remote
        writer.begin("r1", {})
        for count in range(40):
            other.stdin.write("\n")
            other.stdin.flush()
            good(writer, f"job {count}")
            writer.flush()
            seen, pid = map(int, other.stdout.readline().split())
            assert count <= seen <= count + 1
            assert pid == os.getpid()
        other.stdin.close()
        assert other.wait() == 0


def test_a_reader_in_the_midst_of_a_run_does_not_keep_the_writer(store: Store) -> None:
    with store.write() as writer, store.read() as reader:
        writer.begin("r1", {})
        for number in range(9000):
            writer.ended(End(f"{number % 7}", 0, "unwanted", 1.0))
        writer.flush()
        ends = reader.ends("r1")
        next(ends)
        good(writer, "more")
        writer.flush()
        writer._checkpoint()
        assert len(list(ends)) == 8999  # as many as there were when it began


def _run(writer: Writer, name: str, *jobs: str) -> None:
    writer.begin(name, {})
    for job in jobs:
        good(writer, job)
    writer.finish(DONE)


def test_the_newest_runs_stay_with_all_that_they_refer_to(store: Store) -> None:
    with store.write() as writer:
        for number in range(6):
            _run(writer, f"r{number}", "a", f"b{number}")
        writer.begin("r6", {})
        good(writer, "a", product=product("a"))
        assert writer.prune(3) == ["r0", "r1", "r2", "r3"]
        good(writer, "c")
        writer.finish(DONE)
        assert writer.prune(3) == []
        with store.read() as reader:
            found = everything(reader)
        assert found == everything(writer)
        assert [run.name for run in found["runs"]] == ["r6", "r5", "r4"]
        assert [attempt.run for attempt in found["attempts"]["a"]] == ["r6", "r5", "r4"]
        assert len(found["durations"]) == 8  # how long jobs take is known for longer
        assert writer.prune(0) == ["r4", "r5"]
        assert [run.name for run in writer.runs()] == ["r6"]
        rows = writer._rows.connection.execute("SELECT count(*) FROM started").fetchall()
        assert rows == [(2,)]


def test_all_runs_but_the_newest_may_go_and_numbers_are_not_used_again(store: Store) -> None:
    with store.write() as writer:
        _run(writer, "r0", "a", "b")
        _run(writer, "r1", "b")
    with store.write() as writer:
        assert writer.prune(1) == ["r0"]
        assert (writer.attempts("a"), len(writer.attempts("b"))) == ([], 1)
        _run(writer, "r2", "c", "a")
        assert writer.prune(1) == ["r1"]
        assert [len(writer.attempts(job)) for job in "abc"] == [1, 0, 1]


def test_a_run_that_was_resumed_after_a_newer_one_keeps_its_history(store: Store) -> None:
    with store.write() as writer:
        _run(writer, "old", "a")
        _run(writer, "new", "a")
        writer.resume("old", {})
        good(writer, "a", 2)
        writer.finish(DONE)
        assert [run.name for run in writer.runs()] == ["old", "new"]
        assert [(x.run, x.start.attempt) for x in writer.attempts("a")] == [
            ("old", 2), ("new", 1), ("old", 1),
        ]  # fmt: skip
        assert writer.prune(1) == ["new"]
        with store.read() as reader:
            assert [(x.run, x.start.attempt) for x in reader.attempts("a")] == [
                ("old", 2),
                ("old", 1),
            ]
            assert [start.attempt for start in reader.starts("old")] == [1, 2]


def test_too_many_attempts_go_before_their_time_but_two_runs_stay(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "MOST", 5)
    with store.write() as writer:
        for number in range(4):
            _run(writer, f"r{number}", "a", "b", "c")
        assert writer.prune(20) == ["r0", "r1"]


def test_names_that_nothing_refers_to_go_when_they_are_many(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "IDLE", 3)
    with store.write() as writer:
        for number in range(8):
            writer.begin(f"r{number}", {})
            good(writer, f"job of {number}", product=product("kept") if number == 0 else None)
            writer.finish(DONE)
            writer.prune(1)
        assert len(writer.durations()) <= 5
        assert list(writer.products()) == ["kept"]
        good_again = writer.attempts("job of 7")
        assert [attempt.run for attempt in good_again] == ["r7"]
        _run(writer, "r8", "job of 0")
        found = everything(writer)
    with store.read() as reader:
        assert everything(reader) == found
    with store.write() as writer:
        writer.resume("r8", {})


def test_a_run_that_is_removed_while_it_is_read_is_no_damage(store: Store) -> None:
    with store.write() as writer, store.read() as reader:
        writer.begin("r0", {})
        for _ in range(9000):
            writer.started(Start("a", 1, 1.0))
        writer.finish(DONE)
        starts = reader.starts("r0")
        next(starts)
        _run(writer, "r1", "a")
        writer.prune(1)
        with pytest.raises(StoreError, match="the run was removed meanwhile"):
            list(starts)


TABLE = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:26 / /home rw shared:2 - nfs4 server:/home rw
31 30 0:27 / /home/me/local\\040disk rw - xfs /dev/vdb rw
32 22 0:28 / /mnt/x rw - fuse.sshfs me@host: rw
33 22 0:29 / /mnt/y rw,nosuid master:3 propagate_from:1 - cifs //server/y rw
34 22 0:30 / /over rw - nfs server:/a rw
35 34 0:31 / /over rw - tmpfs tmpfs rw
broken line
"""


@pytest.mark.parametrize(
    ("folder", "remote"),
    [
        ("/", False), ("/srv/x", False), ("/home", True), ("/home/me", True), ("/homestead", False),
        ("/home/me/local disk/x", False), ("/mnt/x/a", True), ("/mnt/y", True), ("/over/a", False),
    ],
)  # fmt: skip
def test_where_other_machines_write_too_is_known(tmp_path: Path, folder: str, remote: bool) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(TABLE)
    assert is_remote(Path(folder), str(table)) is remote
    assert is_remote(Path(folder), str(tmp_path / "none")) is False


def test_a_store_that_was_moved_to_another_file_system_changes_its_journal(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def journal(remote: bool) -> object:
        monkeypatch.setattr(database, "is_remote", lambda folder: remote)
        with opening.write(store) as writer:
            good_run = f"r{len(writer.runs())}"
            _run(writer, good_run, "a")
            return writer._rows.connection.execute("PRAGMA journal_mode").fetchall()[0][0]

    assert [journal(remote) for remote in (False, True, True, False)] == [
        b"wal", b"delete", b"delete", b"wal",
    ]  # fmt: skip
    with store.read() as reader:
        assert len(reader.attempts("a")) == 4
