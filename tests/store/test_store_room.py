"""A05, A09, A10: no room, no right to write, no folder: an error that says so, nothing lost."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stores import DONE, everything, fill, good, scratch, store_in
from treadle.errors import StoreError, StoreFullError
from treadle.store import Store, folder

AS_ROOT = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv") or not shutil.which("mount"),
    reason="needs root, mount and setpriv",
)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 512 KiB."""
    made = tmp_path / "small"
    made.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k,mode=700", "tmpfs", str(made)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nothing be mounted")
    try:
        yield made
    finally:
        subprocess.run(["umount", str(made)], check=True)


def fill_up(where: Path) -> None:
    with (where / "ballast").open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
        while True:
            ballast.write(bytes(4096))


@AS_ROOT
def test_A05_what_finds_no_room_is_kept_and_written_once_when_there_is_some(small: Path) -> None:
    store = store_in(small)
    with store.write() as writer:
        writer.begin("r1", {})
        good(writer, "before")
        writer.flush()
        fill_up(small)
        good(writer, "after")
        for _ in range(3):
            with pytest.raises(StoreFullError, match="written: no space left on the disk; make"):
                writer.flush()
            assert writer.pending
        with store.read() as reader:
            assert [end.job for end in reader.ends("r1")] == ["before"]
        good(writer, "later")
        (small / "ballast").unlink()
        writer.flush()
        writer.finish(DONE)
    with store.read() as reader:
        assert [end.job for end in reader.ends("r1")] == ["before", "after", "later"]
        assert [start.job for start in reader.starts("r1")] == ["before", "after", "later"]


@AS_ROOT
def test_A05_a_store_that_finds_no_room_to_be_made_leaves_nothing(small: Path) -> None:
    store = store_in(small)
    folder.make_state_folder(small)
    fill_up(small)
    with pytest.raises(StoreFullError, match="no space left on the disk"):
        store.write()
    assert not list(store.path.parent.glob("state.db*"))
    (small / "ballast").unlink()
    store.write().close()


LIMITED = """
import resource, signal, sys
from stores import DONE, good
from treadle.errors import StoreFullError
from treadle.store import Store
assert signal.getsignal(signal.SIGXFSZ) is signal.SIG_IGN
store = Store(sys.argv[1])
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
with store.write() as writer:
    writer.begin("r1", {})
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    count = 0
    try:
        while True:
            good(writer, f"job {count}", values={"v": "x" * 3000})
            count += 1
            writer.flush()
    except StoreFullError as error:
        print(error, flush=True)
    good(writer, "last")
    try:
        writer.flush()
    except StoreFullError:
        print("still", flush=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    writer.finish(DONE)
print(count)
"""


@pytest.mark.slow
def test_A09_at_the_limit_of_file_sizes_it_is_as_on_a_full_disk() -> None:
    with scratch() as where:
        store = store_in(where)
        path = os.pathsep.join(p for p in sys.path if p)
        done = subprocess.run(
            [sys.executable, "-c", LIMITED, str(store.path)],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        said, still, count = done.stdout.splitlines()
        assert said == (
            f"'{store.path}' cannot be written: the limit of file sizes (ulimit -f) is reached; "
            "make room for it"
        )
        assert still == "still"
        with store.read() as reader:
            assert len(list(reader.ends("r1"))) == int(count) + 1


def test_A10_a_folder_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".treadle").write_text("mine")
    with pytest.raises(StoreError, match=r"cannot be opened: '.*/\.treadle': is not a folder"):
        store_in(tmp_path).write()
    assert (tmp_path / ".treadle").read_text() == "mine"


def test_I02_a_folder_that_another_user_made_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.make_state_folder(tmp_path)
    owner = tmp_path.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    folder.check_owner(tmp_path / ".treadle")  # whose the folder of the workflow is, is trusted
    if os.getuid() == 0:
        os.chown(tmp_path / ".treadle", owner + 2, -1)
        with pytest.raises(StoreError, match=rf"belongs to another user \(uid {owner + 2}\)"):
            store_in(tmp_path).write()


OTHER = """
import sys
from stores import everything
from treadle.errors import StoreError
from treadle.store import Store
store = Store(sys.argv[1])
try:
    store.write()
except StoreError as error:
    print(error)
try:
    with store.read() as reader:
        print(len(everything(reader)["ends"]["r1"]))
except StoreError as error:
    print(error)
"""


def _as_nobody(store: Store) -> list[str]:
    path = os.pathsep.join(p for p in sys.path if p)
    done = subprocess.run(
        ["setpriv", "--reuid", "65534", "--clear-groups", sys.executable, "-c", OTHER, store.path],
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if "error while loading" in done.stderr or "Permission denied" in done.stderr:
        pytest.skip("another user may not run this Python")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@AS_ROOT
@pytest.mark.slow
def test_A10_who_may_only_read_reads_and_is_told_why_writing_fails() -> None:
    with scratch() as where:
        store = store_in(where)
        with store.write() as writer:
            for _ in fill(writer):
                pass
        for path in (where, store.path.parent):
            path.chmod(0o755)
        for path in store.path.parent.iterdir():
            path.chmod(0o644)
        refused, count = _as_nobody(store)
        assert refused == f"'{store.lock}' cannot be opened: permission denied"
        assert count == "4"
        store.path.parent.chmod(0o700)
        for said in _as_nobody(store):
            assert said.startswith(f"'{store.path}' cannot be opened: ")
            assert said.endswith("permission denied")


@AS_ROOT
@pytest.mark.slow
def test_A10_a_file_system_that_cannot_be_written_is_read(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    with store.write() as writer:
        for _ in fill(writer):
            pass
        found = everything(writer)
    there = str(tmp_path)
    bind = [["mount", "--bind", there, there], ["mount", "-o", "remount,ro,bind", there]]
    if any(subprocess.run(step, capture_output=True, check=False).returncode for step in bind):
        pytest.skip("this machine lets nothing be mounted")
    try:
        with pytest.raises(StoreError, match=r"lock' cannot be opened: read-only file system"):
            store.write()
        with store.read() as reader:
            assert everything(reader) == found
    finally:
        subprocess.run(["umount", there], check=True)


def test_rule_3_an_error_of_the_disk_is_final(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    with store.write() as writer:
        writer.begin("r1", {})
        writer._rows.connection.execute("PRAGMA query_only = ON")  # as a disk that fails
        good(writer, "a")
        for refused in (writer.flush, writer.flush, lambda: good(writer, "b"),
                        lambda: writer.finish(DONE), lambda: writer.keep_files([]),
                        lambda: writer.prune(1)):  # fmt: skip
            with pytest.raises(StoreError, match=r"cannot be written: .*READONLY"):
                refused()
    with store.read() as reader:
        assert list(reader.ends("r1")) == []
