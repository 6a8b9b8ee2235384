"""The racy problem, on a disk that is simulated: its clock stands still between two ticks.

Real kernels (Linux from 6.13) stamp finer where somebody looks, so real edits seldom try this.
"""

from __future__ import annotations

import os
import stat
from types import SimpleNamespace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from treadle.store import files as module
from treadle.store.digest import digest_of
from treadle.store.files import Files

_MS = 1_000_000
_SECOND = 1000 * _MS


class Disk:
    """One file on a file system whose clock ticks; takes the place of the module `os`.

    Args:
        tick: nanoseconds.
        counts_seconds: whether the file system keeps whole ticks only; otherwise it keeps the
            time of the kernel's last tick, whose place within a second is any.
    """

    fspath = staticmethod(os.fspath)

    def __init__(self, tick: int, counts_seconds: bool) -> None:
        self.tick, self.counts_seconds = tick, counts_seconds
        self.running = 0  # nanoseconds since the start, which nobody sets
        self.offset = 1000 * _SECOND + 123_457
        self.data, self.mtime, self.ctime = b"", 0, 0
        self.write(b"a")

    def stamp(self) -> float:
        return (self.running + self.offset) / _SECOND

    def write(self, data: bytes, keeps_time: bool = False) -> None:
        last = self.running - self.running % self.tick + self.offset
        self.ctime = last - last % self.tick if self.counts_seconds else last
        self.mtime = self.mtime if keeps_time else self.ctime
        self.data = data

    def stat(self, path: object) -> SimpleNamespace:
        return SimpleNamespace(
            st_size=len(self.data),
            st_mtime_ns=self.mtime,
            st_ctime_ns=self.ctime,
            st_ino=1,
            st_dev=1,
            st_mode=stat.S_IFREG | 0o644,
        )

    fstat = stat

    def open(self, path: str, flags: int) -> int:
        return 1

    def close(self, file: int) -> None:
        pass


def _follow(disk: Disk, steps: list[object]) -> int:
    believed = 0

    def read(file: int, size: int, is_executable: bool) -> tuple[str, int]:
        nonlocal believed
        believed -= 1
        return digest_of(disk.data), len(disk.data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "os", disk)
        patch.setattr(module, "digest_of_open", read)
        files = Files(stamp=disk.stamp)
        for step in steps:
            if isinstance(step, bytes):
                disk.write(step)
            elif isinstance(step, int):
                disk.running += step
            elif step == "keep the time":
                disk.write(b"k", keeps_time=True)
            elif step == "next run":
                files = Files(files.fresh, stamp=disk.stamp)
            elif isinstance(step, tuple):
                disk.offset += step[1]
            else:
                believed += 1
                assert files.digest("file") == digest_of(disk.data)
    return believed


_edit = st.sampled_from((b"a", b"b", "keep the time"))
_look = st.just("look")
_wait = st.sampled_from((0, 1, _MS, 4 * _MS, 10 * _MS, 20 * _MS, 21 * _MS, _SECOND, 3 * _SECOND))
_steps = st.lists(st.one_of(_edit, _look, _wait, st.just("next run")), max_size=30)
_set_clock = st.integers(-10 * _SECOND, 10 * _SECOND).map(lambda by: ("set the clock", by))


@settings(max_examples=200, deadline=None)
@given(steps=_steps, tick=st.sampled_from((_MS, 4 * _MS, 10 * _MS)))
@example(steps=["look", b"b", "look"], tick=4 * _MS)
@example(steps=[3 * _SECOND, b"b", 9 * _MS, "look", b"a", "look"], tick=10 * _MS)
def test_no_edit_is_missed_however_the_ticks_fall(steps: list[object], tick: int) -> None:
    _follow(Disk(tick, counts_seconds=False), steps)


@settings(max_examples=200, deadline=None)
@given(steps=_steps, tick=st.sampled_from((_SECOND, 2 * _SECOND)))
@example(steps=[_SECOND, b"b", 21 * _MS, "look", b"a", "look"], tick=2 * _SECOND)
def test_no_edit_is_missed_where_files_have_whole_seconds(steps: list[object], tick: int) -> None:
    _follow(Disk(tick, counts_seconds=True), steps)


@settings(max_examples=200, deadline=None)
@given(steps=st.lists(st.one_of(_edit, _look, _wait, st.just("next run"), _set_clock), max_size=30))
def test_no_edit_is_missed_when_the_clock_is_set(steps: list[object]) -> None:
    _follow(Disk(4 * _MS, counts_seconds=False), steps)


def test_a_file_that_is_old_enough_is_believed() -> None:
    assert _follow(Disk(4 * _MS, counts_seconds=False), [25 * _MS, "look", "look", "look"]) == 2
    assert _follow(Disk(_SECOND, counts_seconds=True), [25 * _MS, "look", "look"]) == 0
    assert _follow(Disk(_SECOND, counts_seconds=True), [3 * _SECOND, "look", "look"]) == 1
