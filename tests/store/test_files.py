"""The digests of files: what is believed, what is read again, what cannot be read."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from treadle.store import files as module
from treadle.store.digest import digest_of, digest_of_open
from treadle.store.files import Files, _is_past
from treadle.store.fingerprint import MISSING
from treadle.store.records import FileEntry


def _later(path: Path, seconds: float) -> Callable[[], float]:
    """A clock that says so much more than the file's own time."""
    return lambda: path.stat().st_ctime + seconds


def _file(folder: Path, name: str = "file", data: bytes = b"data") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_a_file_is_read_once_and_believed_in_later_runs(tmp_path: Path) -> None:
    path = _file(tmp_path)
    files = Files(stamp=_later(path, 1))
    assert files.state(tmp_path, ["file"]) == {"file": digest_of(b"data")}
    assert list(files.fresh) == [str(path)]

    # Another digest in its place shows that nobody looked into the file.
    planted = files.fresh[str(path)]._replace(digest="planted")
    later = Files({str(path): planted}, stamp=_later(path, 1))
    assert later.state(tmp_path, ["file", "./file", "*", "."]) == {"file": "planted"}
    assert later.fresh == {}


@pytest.mark.parametrize("field", ["size", "mtime", "ctime", "inode", "device", "mode"])
def test_a_file_that_looks_different_in_anything_is_read(tmp_path: Path, field: str) -> None:
    path = _file(tmp_path)
    files = Files(stamp=_later(path, 1))
    files.digest(str(path))
    entry = files.fresh[str(path)]
    planted = entry._replace(digest="planted", **{field: getattr(entry, field) - 1})

    assert Files({str(path): planted}).digest(str(path)) == digest_of(b"data")


def test_a_file_as_young_as_the_clock_of_files_can_lag_is_not_kept(tmp_path: Path) -> None:
    path = _file(tmp_path)
    for age, is_kept in ((0.0, False), (0.019, False), (0.021, True)):
        files = Files(stamp=_later(path, age))
        files.digest(str(path))
        assert bool(files.fresh) is is_kept


def test_a_clock_that_counts_seconds_makes_files_young_for_two_of_them() -> None:
    coarse = FileEntry("f", 1, 5_000_000_000, 4_000_000_000, 1, 1, 1, "")

    assert not _is_past(coarse, 6_999_999_999)
    assert _is_past(coarse, 7_000_000_001)
    assert _is_past(coarse._replace(ctime=4_000_000_001), 5_021_000_000)


def test_after_the_clock_was_set_back_files_of_the_future_are_neither_kept_nor_believed(
    tmp_path: Path,
) -> None:
    path = _file(tmp_path)
    files = Files(stamp=_later(path, 1))
    files.digest(str(path))
    planted = {str(path): files.fresh[str(path)]._replace(digest="planted")}

    back = Files(planted, stamp=_later(path, -3600))
    assert back.digest(str(path)) == digest_of(b"data")
    assert back.fresh == {}
    assert Files(planted, stamp=_later(path, 3600)).digest(str(path)) == "planted"


def test_a_file_with_a_time_in_the_future_is_never_kept(tmp_path: Path) -> None:
    path = _file(tmp_path)
    os.utime(path, (time.time(), time.time() + 1e6))
    files = Files(stamp=_later(path, 1))

    assert files.digest(str(path)) == digest_of(b"data")
    assert files.fresh == {}


def test_a_file_that_changes_while_it_is_read_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _file(tmp_path)

    def meanwhile(file: int, size: int, is_executable: bool) -> tuple[str, int]:
        answer = digest_of_open(file, size, is_executable)
        path.write_bytes(b"atad")
        os.utime(path, (0, 0))
        return answer

    os.utime(path, (0, 0))
    monkeypatch.setattr(module, "digest_of_open", meanwhile)
    files = Files(stamp=_later(path, 1))

    assert files.digest(str(path)) == digest_of(b"data")
    assert files.fresh == {}


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_files_of_all_sizes_are_read_to_the_end(tmp_path: Path, size: int) -> None:
    path = _file(tmp_path, data=b"x" * size)

    assert Files().digest(str(path)) == digest_of(b"x" * size)


def test_a_file_of_the_kernel_is_read_to_the_end_and_never_kept() -> None:
    path = "/proc/self/limits"
    if not os.path.exists(path):
        pytest.skip("no /proc")
    files = Files(stamp=lambda: time.time() + 10)

    assert files.digest(path) == digest_of(Path(path).read_bytes())
    assert files.fresh == {}


def test_whether_a_file_is_a_program_counts_and_who_may_read_it_does_not(tmp_path: Path) -> None:
    path = _file(tmp_path)
    digests = []
    for mode in (0o644, 0o600, 0o755, 0o700):
        path.chmod(mode)
        digests.append(Files().digest(str(path)))

    assert digests[0] == digests[1] != digests[2] == digests[3]


def test_a_plain_path_that_is_not_there_is_missing_and_a_glob_stands_for_nothing(
    tmp_path: Path,
) -> None:
    _file(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("none")

    state = Files().state(tmp_path, ["none", "file/none", "link", "none/*", "empty"])

    assert state == dict.fromkeys(["none", "file/none", "link"], MISSING)


def test_what_went_away_is_said_until_it_comes_back(tmp_path: Path) -> None:
    path = _file(tmp_path)
    files = Files(stamp=lambda: time.time() + 10)
    files.digest(str(path))
    path.unlink()
    assert files.state(tmp_path, ["file"]) == {"file": MISSING}
    assert (files.fresh, files.gone) == ({}, {str(path)})

    _file(tmp_path)
    files.state(tmp_path, ["file"])
    assert (list(files.fresh), files.gone) == ([str(path)], set())


def test_paths_may_leave_the_folder(tmp_path: Path) -> None:
    _file(tmp_path)
    (tmp_path / "below").mkdir()
    digest = digest_of(b"data")

    state = Files().state(tmp_path / "below", ["../file", f"{tmp_path}/file", "../f*"])

    assert state == {"../file": digest, f"{tmp_path}/file": digest}


def test_an_empty_folder_is_the_one_of_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _file(tmp_path)
    monkeypatch.chdir(tmp_path)
    files = Files(stamp=lambda: time.time() + 10)

    assert files.state("", ["file", "*", "."]) == {"file": digest_of(b"data")}
    assert list(files.fresh) == ["file"]


def test_what_is_no_file_is_an_error_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))

    for path, kind in (("pipe", "a pipe"), ("socket", "a socket"), ("/dev/zero", "a device")):
        for pattern in (path, path[:-1] + "?"):
            with pytest.raises(OSError, match=f"is {kind}, not a file") as error:
                Files().state(tmp_path, [pattern])
            assert str(error.value.filename).endswith(path)
    with pytest.raises(IsADirectoryError):
        Files().digest(str(tmp_path))


def test_what_cannot_be_read_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to("circle")

    for path, reason in (
        ("/proc/self/mem", "Input/output error"),
        ("circle", "symbolic links"),
        ("x" * 300, "too long"),
        ("zero\0byte", "is no path: embedded null byte"),
        ("no name \ud800", "is no path"),
    ):
        with pytest.raises(OSError, match=reason) as error:
            Files().state(tmp_path, [path])
        assert str(error.value.filename).endswith(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to be root, to be somebody else for a moment")
def test_files_and_folders_of_others_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o755)
    _file(tmp_path).chmod(0)
    (tmp_path / "closed").mkdir(0o700)
    monkeypatch.chdir(tmp_path)
    os.seteuid(65534)
    try:
        for pattern in ("file", "f*", "closed", "closed/x", "closed/*", "**/x"):
            with pytest.raises(PermissionError):
                Files().state("", [pattern])
    finally:
        os.seteuid(0)


@pytest.mark.proof
def test_100000_files_are_known_again(tmp_path: Path) -> None:
    for number in range(200):
        (tmp_path / f"{number}").mkdir()
        for name in range(500):
            (tmp_path / f"{number}/{name}").write_bytes(b"%d" % name)
    files = Files(stamp=lambda: time.time() + 10)
    state = files.state(tmp_path, ["."])
    assert len(state) == len(files.fresh) == 100_000

    (tmp_path / "7/7").write_bytes(b"x")
    (tmp_path / "8/8").unlink()
    later = Files(files.fresh, stamp=lambda: time.time() + 10)
    before = time.perf_counter()
    after = later.state(tmp_path, ["."])

    assert time.perf_counter() - before < 5
    assert list(later.fresh) == [f"{tmp_path}/7/7"]
    assert {path for path in state if state[path] != after.get(path)} == {"7/7", "8/8"}
