"""What jobs made, kept and put back: files, links, programs, large files that are linked."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from treadle.store import sharing
from treadle.store.cache import Cache
from treadle.store.files import Files
from treadle.store.sharing import LINKED_FROM

ONE, TWO, THREE = (digit * 32 for digit in "123")
LARGE = b"large" * LINKED_FROM


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache", 1 << 30, Files())


@pytest.fixture
def no_reflinks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "_clone", lambda file, made: False)


@contextmanager
def no_room() -> Iterator[None]:
    """No file may grow beyond 10 bytes: as a full disk, for writers.

    That concerns the file, too, in which somebody keeps what pytest says: see that it ends
    with the test's own lines.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _kept(cache: Cache, work: Path, fingerprint: str = ONE, *patterns: str) -> dict[str, str]:
    state = Files().state(work, patterns or ["."])
    assert cache.keep(fingerprint, work, state, {"name": "text"}) == ""
    return state


def _everything(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_what_was_kept_is_put_back(cache: Cache, work: Path) -> None:
    (work / "sub/deep").mkdir(parents=True)
    (work / "sub/deep/file").write_bytes(b"data")
    (work / "program").write_bytes(b"data")
    (work / "program").chmod(0o755)
    (work / "private").write_bytes(b"")
    (work / "private").chmod(0o600)
    (work / "no\udcfftext\n").write_bytes(b"x")
    (work / "alias").symlink_to("program")
    (work / "folder").symlink_to("sub/deep")
    (work / "nothing").symlink_to("none")
    state = _kept(cache, work)
    for path in state:
        (work / path).unlink()
    (work / "program").write_bytes(b"other")

    restored = cache.restore(ONE, work)

    assert restored == (state, {"name": "text"})
    assert Files().state(work, ["."]) == state
    assert (work / "program").stat().st_mode & 0o777 == 0o755
    assert (work / "private").stat().st_mode & 0o777 == 0o600
    assert (work / "alias").readlink() == Path("program")
    assert not list(work.rglob(".treadle*"))


def test_what_is_not_known_is_not_put_back(cache: Cache, work: Path) -> None:
    assert cache.restore(ONE, work) is None
    _kept(cache, work)
    assert cache.restore(ONE, work) == ({}, {"name": "text"})
    assert cache.restore(TWO, work) is None
    assert cache.restore("../" + ONE, work) is None
    assert cache.restore(ONE, work / "none") is None


def test_small_files_are_never_linked(cache: Cache, work: Path) -> None:
    (work / "file").write_bytes(b"data")
    _kept(cache, work)
    (work / "file").unlink()
    cache.restore(ONE, work)

    seen = (work / "file").stat()
    assert (seen.st_nlink, seen.st_mode & 0o222) == (1, 0o200)


def test_large_files_are_linked_and_read_only_until_they_are_detached(
    cache: Cache, work: Path, no_reflinks: None
) -> None:
    (work / "large").write_bytes(LARGE)
    state = _kept(cache, work)
    assert ((work / "large").stat().st_nlink, (work / "large").stat().st_mode & 0o222) == (2, 0)

    (work / "large").unlink()
    assert cache.restore(ONE, work) is not None
    before = (work / "large").stat()
    assert (before.st_nlink, before.st_mode & 0o222) == (2, 0)

    cache.detach(work, ["large", "none", "..", "large/x"])
    after = (work / "large").stat()
    assert (after.st_nlink, after.st_mode & 0o200) == (1, 0o200)
    (work / "large").write_bytes(b"in place")
    assert cache.restore(ONE, work) is not None
    assert Files().state(work, ["."]) == state


def test_restoring_what_is_there_already_leaves_nothing_else(
    cache: Cache, work: Path, no_reflinks: None
) -> None:
    (work / "large").write_bytes(LARGE)
    state = _kept(cache, work)

    assert cache.restore(ONE, work) is not None
    assert os.listdir(work) == ["large"]
    assert Files().state(work, ["."]) == state


def test_files_that_were_kept_after_the_first_detaching_are_detached_too(
    cache: Cache, work: Path, no_reflinks: None
) -> None:
    for name in ("one", "two"):
        (work / name).write_bytes(LARGE + name.encode())
        _kept(cache, work, ONE, name)
        cache.detach(work, [name])
        assert (work / name).stat().st_nlink == 1


def test_links_of_the_user_are_left_alone(cache: Cache, work: Path) -> None:
    (work / "one").write_bytes(b"data")
    (work / "two").hardlink_to(work / "one")
    _kept(cache, work)
    cache.detach(work, ["one", "two"])

    assert (work / "one").samefile(work / "two")


def test_one_content_with_two_permissions_is_not_linked_to_both(
    cache: Cache, work: Path, no_reflinks: None
) -> None:
    for name, mode in (("one", 0o640), ("two", 0o644)):
        (work / name).write_bytes(LARGE)
        (work / name).chmod(mode)
    _kept(cache, work)
    for name in ("one", "two"):
        (work / name).unlink()
    cache.restore(ONE, work)

    assert [(work / name).stat().st_mode & 0o777 for name in ("one", "two")] == [0o440, 0o644]


def test_who_writes_in_place_to_a_linked_file_changes_no_answer(
    cache: Cache, work: Path, no_reflinks: None
) -> None:
    (work / "large").write_bytes(LARGE)
    _kept(cache, work)
    (work / "large").chmod(0o644)
    with (work / "large").open("r+b") as file:
        file.write(b"L")

    assert cache.restore(ONE, work) is None
    (work / "large").write_bytes(LARGE)
    state = _kept(cache, work)
    (work / "large").unlink()
    assert cache.restore(ONE, work) == (state, {"name": "text"})


def test_without_room_nothing_is_kept_and_nothing_is_left(
    cache: Cache, work: Path, tmp_path: Path
) -> None:
    (work / "small").write_bytes(b"x")
    os.symlink(__file__, work / "link")
    with no_room():
        reason = cache.keep(ONE, work, Files().state(work, ["small"]), {"name": "a long text"})

    assert "File too large" in reason
    assert os.listdir(tmp_path / "cache/made") == []
    assert cache.restore(ONE, work) is None


def test_without_room_nothing_is_restored_and_what_is_there_stays(cache: Cache, work: Path) -> None:
    (work / "a").write_bytes(b"short")
    (work / "b").write_bytes(b"longer than ten")
    _kept(cache, work)
    for name in ("a", "b"):
        (work / name).write_bytes(b"mine")
    with no_room():
        restored = cache.restore(ONE, work)

    assert restored is None
    assert _everything(work) == {"a": b"mine", "b": b"mine"}


def test_without_room_to_detach_the_cache_gives_up_its_content(
    cache: Cache, work: Path, no_reflinks: None
) -> None:
    (work / "large").write_bytes(LARGE)
    _kept(cache, work)
    with no_room():
        cache.detach(work, ["large"])

    seen = (work / "large").stat()
    assert (seen.st_nlink, seen.st_size, seen.st_mode & 0o200) == (1, len(LARGE), 0o200)
    assert cache.restore(ONE, work) is None


@pytest.mark.parametrize("path", ["pipe", "outward", "gone", "sub/via/file"])
def test_what_cannot_be_put_back_is_not_kept(
    cache: Cache, work: Path, tmp_path: Path, path: str
) -> None:
    os.mkfifo(work / "pipe")
    (tmp_path / "file").touch()
    (work / "outward").symlink_to("../file")
    (work / "sub").mkdir()
    (work / "sub/via").symlink_to(tmp_path)

    assert cache.keep(ONE, work, {path: TWO}, {}) != ""
    assert cache.restore(ONE, work) is None


def test_a_file_that_changed_since_it_was_hashed_is_not_kept(cache: Cache, work: Path) -> None:
    (work / "file").write_bytes(b"data")

    assert cache.keep(ONE, work, {"file": TWO}, {}) == "'file' has changed meanwhile"
    assert "'missing' is no digest" in cache.keep(ONE, work, {"file": "missing"}, {})


def test_what_is_larger_than_the_cache_is_not_kept(work: Path, tmp_path: Path) -> None:
    (work / "file").write_bytes(b"data")
    cache = Cache(tmp_path / "cache", 3, Files())

    reason = cache.keep(ONE, work, Files().state(work, ["."]), {})
    assert reason == "has 4 bytes; the cache has room for 3"


def test_a_link_is_put_back_only_if_it_leads_to_the_same(cache: Cache, work: Path) -> None:
    (work / "target").write_bytes(b"data")
    (work / "link").symlink_to("target")
    _kept(cache, work, ONE, "link")
    assert cache.restore(ONE, work) is not None

    (work / "target").write_bytes(b"other")
    assert cache.restore(ONE, work) is None


def test_trimming_removes_what_was_not_used_for_longest(work: Path, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", 5000, Files())
    for number, fingerprint in enumerate((ONE, TWO, THREE)):
        (work / "file").write_bytes(b"%d" % number * 2000)
        _kept(cache, work, fingerprint)
        entry = tmp_path / f"cache/entries/{fingerprint[:2]}/{fingerprint[2:]}"
        os.utime(entry, (1000 + number, 1000 + number))
    assert cache.restore(ONE, work) is not None

    assert cache.trim() > 2000
    assert cache.restore(TWO, work) is None
    assert cache.restore(ONE, work) is not None
    assert cache.restore(THREE, work) is not None
    assert cache.trim() == 0


def test_trimming_spares_contents_that_another_entry_names(work: Path, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", 2500, Files())
    (work / "file").write_bytes(b"x" * 2000)
    for fingerprint in (ONE, TWO, THREE):
        _kept(cache, work, fingerprint)
    (tmp_path / f"cache/entries/11/{ONE[2:]}").write_bytes(b"damaged" * 100)

    cache.trim()
    assert cache.restore(ONE, work) is None
    assert cache.restore(TWO, work) is not None


def test_trimming_takes_what_killed_processes_left(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = Cache(tmp_path / "cache", 1000, Files())
    (work / "file").write_bytes(b"x" * 600)
    _kept(cache, work)
    (tmp_path / "cache/made/half").write_bytes(b"half")
    (tmp_path / "cache/objects/ab").mkdir()
    (tmp_path / "cache/objects/ab/stray").write_bytes(b"s" * 200)
    assert cache.trim() == 0  # somebody may be about to use them

    later = time.time() + 7200
    monkeypatch.setattr("treadle.store.trimming.SYSTEM", _Later(later))
    assert cache.trim() == 4
    (tmp_path / "cache/objects/ab/other").write_bytes(b"s" * 200)
    assert cache.trim() == 400
    assert cache.restore(ONE, work) is not None


class _Later:
    def __init__(self, stamp: float) -> None:
        self._stamp = stamp

    def stamp(self) -> float:
        return self._stamp
