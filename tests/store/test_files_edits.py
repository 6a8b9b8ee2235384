"""Random edits of real files: what `Files` says is what reading everything each time says."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.store.digest import EXECUTABLE, digest_of, digest_of_link
from treadle.store.files import _LAG, Files
from treadle.store.fingerprint import MISSING

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's clock of files")

_COARSE = 5  # CLOCK_REALTIME_COARSE, which the module `time` has no name for

NAMES = ("a", "b", "d", "d/x", "d/y.c", "d/e/z")
PATTERNS = ("a", "b", "d", "d/x", "**/*.c", "*")


def _tick() -> float:
    """The clock that stamps files, in seconds."""
    return time.clock_gettime(_COARSE)


def _stamp() -> float:
    """As early a time as is still right: what is older than the last tick is kept."""
    return _tick() + _LAG / 1e9 - 1e-6


def _wait_for_a_tick() -> None:
    before = time.time() + 1e-5
    while _tick() < before:
        pass


# -- edits -----------------------------------------------------------------------


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    _remove(path)
    path.write_bytes(data)


def _rewrite_in_place(path: Path, data: bytes) -> None:
    with path.open("r+b") as file:
        file.write(data)


def _rewrite_with_old_times(path: Path, data: bytes) -> None:
    before = path.stat()
    _rewrite_in_place(path, data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _replace(path: Path, data: bytes) -> None:
    before = path.stat()
    other = path.parent / "other"
    other.write_bytes(data)
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)


def _turn_executable(path: Path, _: bytes) -> None:
    path.chmod(path.stat().st_mode ^ EXECUTABLE)


def _make_folder(path: Path, _: bytes) -> None:
    _remove(path)
    path.mkdir()


def _link_to_a(path: Path, _: bytes) -> None:
    _remove(path)
    path.symlink_to(path.parent / "a" if path.name != "a" else "b")


def _link_to_folder(path: Path, _: bytes) -> None:
    _remove(path)
    path.symlink_to(".")


def _touch(path: Path, _: bytes) -> None:
    path.touch()


EDITS: list[Callable[[Path, bytes], None]] = [
    _write,
    _rewrite_in_place,
    _rewrite_in_place,
    _rewrite_with_old_times,
    _rewrite_with_old_times,
    _replace,
    _turn_executable,
    _make_folder,
    _link_to_a,
    _link_to_folder,
    _touch,
    lambda path, _: _remove(path),
]


# -- the oracle --------------------------------------------------------------------


def _read(path: Path) -> str:
    data = path.read_bytes()
    if not path.stat().st_mode & EXECUTABLE:
        return digest_of(data)
    return blake2b(data, digest_size=16, person=b"executable").hexdigest()


def _thing(path: Path) -> str:
    return _read(path) if path.is_file() else digest_of_link(str(path.readlink()))


def _oracle(folder: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in ("a", "b", "d", "d/x"):
        path = folder / name
        if path.is_dir():
            for below in _all(path):
                found[str(below.relative_to(folder))] = _thing(below)
        else:
            try:
                found[name] = _read(path)
            except (FileNotFoundError, NotADirectoryError):
                found[name] = MISSING
    for below in _all(folder):
        relative = below.relative_to(folder)
        if below.suffix == ".c" or len(relative.parts) == 1:
            found[str(relative)] = _thing(below)
    return found


def _all(folder: Path) -> Iterator[Path]:
    for below in folder.iterdir():
        if below.is_dir() and not below.is_symlink():
            yield from _all(below)
        else:
            yield below


# -- the promises --------------------------------------------------------------------

_edit = st.tuples(
    st.sampled_from(EDITS), st.sampled_from(NAMES), st.sampled_from((b"one", b"two", b"longer"))
)
_step = st.one_of(_edit, _edit, st.sampled_from(("look", "tick", "tick and look", "next run")))


@pytest.fixture(scope="module")
def scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp())
    yield folder
    shutil.rmtree(folder)


def _follow(scratch: Path, steps: list[object]) -> int:
    folder = Path(tempfile.mkdtemp(dir=scratch))
    (folder / "a").write_bytes(b"one")
    (folder / "b").write_bytes(b"one")
    (folder / "d/e").mkdir(parents=True)
    files, known = Files(stamp=_stamp), 0
    for step in [*steps, "look"]:
        if isinstance(step, tuple):
            edit, name, data = step
            with contextlib.suppress(OSError):  # there may be nothing to edit so
                edit(folder / name, data)
            continue
        if "tick" in str(step):
            _wait_for_a_tick()
        if step == "next run":
            known += len(files.fresh)
            files = Files({**files._known, **files.fresh}, stamp=_stamp)
        if step != "tick":
            try:
                wanted = _oracle(folder)
            except OSError:  # links in a circle
                with pytest.raises(OSError, match="symbolic links"):
                    files.state(folder, PATTERNS)
            else:
                assert files.state(folder, PATTERNS) == wanted
    return known + len(files.fresh)


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(_step, max_size=12))
def test_after_any_edits_the_state_is_that_of_reading_everything(
    scratch: Path, steps: list[object]
) -> None:
    _follow(scratch, steps)


@pytest.mark.proof
@settings(max_examples=2000, deadline=None)
@given(steps=st.lists(_step, min_size=5, max_size=40))
def test_after_thousands_of_edits_the_state_is_that_of_reading_everything(
    scratch: Path, steps: list[object]
) -> None:
    _follow(scratch, steps)


def test_the_edits_meet_files_that_are_believed(scratch: Path) -> None:
    steps: list[object] = ["tick and look", (_rewrite_with_old_times, "a", b"two"), "look"]

    assert _follow(scratch, steps) >= 2


def test_a_second_edit_in_the_same_tick_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    files = Files()
    same = 0
    for number in range(300):
        path.write_bytes(b"%04d" % number)
        first = path.stat()
        assert files.digest(str(path)) == digest_of(b"%04d" % number)
        _rewrite_with_old_times(path, b"%04d" % (number + 5000))
        second = path.stat()
        same += (first.st_mtime_ns, first.st_ctime_ns) == (second.st_mtime_ns, second.st_ctime_ns)
        assert files.digest(str(path)) == digest_of(b"%04d" % (number + 5000))
    assert stat.S_ISREG(path.stat().st_mode)
    assert same or not _is_coarse(), "no two edits fell into one tick: nothing was tried"


def _is_coarse() -> bool:
    """Whether the kernel stamps files with its ticks also where it was asked in between."""
    return tuple(int(part) for part in os.uname().release.split(".")[:2]) < (6, 13)
