"""A11, A12: one writer at a time, by a lock that is the kernel's and never stale."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stores import scratch, store_in
from treadle.errors import StoreBusyError, StoreError
from treadle.store import Store
from treadle.store.lock import Holder, holder_of

# Writes when it is told to, and says what came of it.
RACER = """
import sys
from treadle.errors import StoreBusyError
from treadle.store import Store
import treadle.store.opening
store, writer = Store(sys.argv[1]), None
print("ready", flush=True)
for line in sys.stdin:
    if line == "go\\n":
        try:
            writer = store.write()
            said = "won"
        except StoreBusyError as error:
            said = str(error)
    elif line == "begin\\n":
        writer.begin("r1", {})
        said = "begun"
    else:
        if writer is not None:
            writer.close()
        writer, said = None, "ended"
    print(said, flush=True)
"""


class Racer:
    """A process that may write a store."""

    def __init__(self, store: Store) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", RACER, str(store.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.said() == "ready"

    def tell(self, what: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()

    def said(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def does(self, what: str) -> str:
        self.tell(what)
        return self.said()


@contextmanager
def racers(store: Store, number: int) -> Iterator[list[Racer]]:
    found = [Racer(store) for _ in range(number)]
    try:
        yield found
    finally:
        for racer in found:
            racer.process.kill()
            racer.process.communicate()


def race(rounds: int) -> None:
    with scratch() as folder:
        store = store_in(folder)
        with racers(store, 2) as both:
            for _ in range(rounds):
                for racer in both:
                    racer.tell("go")
                said = [racer.said() for racer in both]
                assert said.count("won") == 1
                winner = said.index("won")
                pid = both[winner].process.pid
                loser = said[1 - winner]
                assert loser.startswith(f"another treadle (pid {pid} on host {os.uname().nodename}")
                assert loser.endswith(f" is at work in '{folder}': wait for it or stop it")
                assert [racer.does("end") for racer in both] == ["ended", "ended"]


@pytest.mark.slow
def test_A11_of_two_writers_exactly_one_wins_20_times() -> None:
    race(20)


@pytest.mark.proof
def test_A11_of_two_writers_exactly_one_wins_200_times() -> None:
    race(200)


@pytest.mark.slow
def test_A12_a_killed_writer_leaves_no_lock() -> None:
    with scratch() as folder:
        store = store_in(folder)
        with racers(store, 1) as (racer,):
            assert (racer.does("go"), racer.does("begin")) == ("won", "begun")
            with store.read() as reader:
                holder = reader.holder()
                assert holder is not None
                assert (holder.pid, holder.run) == (racer.process.pid, "r1")
            with pytest.raises(StoreBusyError, match=f"pid {racer.process.pid} "):
                store.write()
            racer.process.send_signal(signal.SIGKILL)
            racer.process.wait()
            with store.read() as reader:
                assert reader.holder() is None
                assert [run.name for run in reader.runs()] == ["r1"]
            with store.write() as writer:
                writer.resume("r1", {})


def test_A12_what_stands_in_the_file_decides_nothing(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.write().close()
    alive = {"pid": os.getppid(), "host": os.uname().nodename, "since": 1.0, "run": "r0"}
    for text in (json.dumps(alive), "{", "[" * 100_000, "", "x" * 9000, "[1, 2, 3, 4]"):
        store.lock.write_text(text)
        with store.read() as reader:
            assert reader.holder() is None
        with store.write() as writer:
            held = writer.holder()
            assert held is not None
            assert held.pid == os.getpid()


def test_a_holder_that_says_nonsense_is_one_without_a_name(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    with store.write():
        for text in ("", '{"pid": "7"}', '{"pid": 7, "more": 1}', "[" * 5000):
            store.lock.write_text(text)
            assert holder_of(store.lock) == Holder()
            with pytest.raises(StoreBusyError, match=r"^another treadle is at work in "):
                store.write()
        store.lock.write_text('{"pid": 7, "host": "h", "since": 0.5, "run": ""}')
        with pytest.raises(
            StoreBusyError, match=r"\(pid 7 on host h, since 19\d\d-\d\d-\d\d \d\d:"
        ):
            store.write()


def test_A10_a_lock_that_is_a_link_or_no_file_is_refused(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.write().close()
    store.lock.unlink()
    (tmp_path / "precious").write_text("precious")
    store.lock.symlink_to(tmp_path / "precious")
    with pytest.raises(StoreError, match=r"lock' cannot be opened: too many levels of symbolic"):
        store.write()
    store.lock.unlink()
    store.lock.mkdir()
    with pytest.raises(StoreError, match=r"lock' cannot be opened: is a directory"):
        store.write()
    assert (tmp_path / "precious").read_text() == "precious"


def test_a_writer_that_could_not_open_the_store_holds_no_lock(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.path.parent.mkdir()
    store.path.mkdir()
    for _ in range(2):
        with pytest.raises(StoreError, match=r"state.db' cannot be used: it is a folder"):
            store.write()
    assert holder_of(store.lock) is None
