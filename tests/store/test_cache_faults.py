"""A cache that is damaged, planted by others, or used by several processes at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from treadle.store.beneath import is_inside
from treadle.store.cache import Cache
from treadle.store.cacheentry import Entry, Output, decoded, encoded
from treadle.store.digest import digest_of
from treadle.store.files import Files

ONE = "1" * 32
DATA = digest_of(b"data")

OUTWARD = ("../x", "/x", "a/../../x", "a//x", "", ".", "..", "a/", "./x", "x\0", "a/./x")
LINKS = ("/etc", "..", "../x", "a/../../x", "/")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "outer/work"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def cache(tmp_path: Path, work: Path) -> Cache:
    """With the content `data` in it, and an entry that makes `file` of it."""
    cache = Cache(tmp_path / "cache", 1 << 30, Files())
    (work / "file").write_bytes(b"data")
    assert cache.keep(ONE, work, {"file": DATA}, {}) == ""
    (work / "file").unlink()
    return cache


def _plant(folder: Path, outputs: object, values: object = None) -> Path:
    body = json.dumps([outputs, values or {}]).encode()
    entry = folder / f"cache/entries/11/{ONE[2:]}"
    entry.write_bytes(digest_of(ONE.encode() + b"\n" + body).encode() + b"\n" + body)
    return entry


def _all(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("path", OUTWARD)
def test_I01_an_entry_with_a_path_that_leads_out_is_refused(
    cache: Cache, work: Path, tmp_path: Path, path: str
) -> None:
    entry = _plant(tmp_path, {path: [DATA, 4, 0o644, ""], "good": [DATA, 4, 0o644, ""]})
    before = _all(tmp_path / "outer")

    assert cache.restore(ONE, work) is None
    assert _all(tmp_path / "outer") == before
    assert not entry.exists()
    assert not is_inside(path)


@pytest.mark.parametrize("link", LINKS)
def test_I02_an_entry_with_a_link_that_leads_out_is_refused(
    cache: Cache, work: Path, tmp_path: Path, link: str
) -> None:
    _plant(tmp_path, {"a": [DATA, 4, 0o644, link]})

    assert cache.restore(ONE, work) is None
    assert os.listdir(work) == []


def test_I02_a_folder_that_is_a_link_is_not_walked_through(
    cache: Cache, work: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (work / "a").symlink_to(tmp_path / "elsewhere")
    _plant(tmp_path, {"a/b": [DATA, 4, 0o644, ""], "a/c/d": [DATA, 4, 0o644, ""]})

    assert cache.restore(ONE, work) is None
    assert _all(tmp_path / "elsewhere") == set()


def test_I02_an_entry_cannot_bring_the_link_that_it_then_walks_through(
    cache: Cache, work: Path, tmp_path: Path
) -> None:
    (work / "d").mkdir()
    _plant(tmp_path, {"a": [DATA, 4, 0o644, "d"], "a/b": [DATA, 4, 0o644, ""]})

    assert cache.restore(ONE, work) is None
    assert os.listdir(work / "d") == []


def test_I02_a_link_in_place_of_an_output_is_replaced_and_not_followed(
    cache: Cache, work: Path, tmp_path: Path
) -> None:
    (tmp_path / "precious").write_bytes(b"mine")
    (work / "file").symlink_to(tmp_path / "precious")

    assert cache.restore(ONE, work) is not None
    assert (tmp_path / "precious").read_bytes() == b"mine"
    assert not (work / "file").is_symlink()


def test_I02_a_content_that_is_a_link_is_not_followed(
    cache: Cache, work: Path, tmp_path: Path
) -> None:
    content = tmp_path / f"cache/objects/{DATA[:2]}/{DATA[2:]}"
    content.unlink()
    (tmp_path / "same").write_bytes(b"data")
    content.symlink_to(tmp_path / "same")

    assert cache.restore(ONE, work) is None
    assert os.listdir(work) == []


def test_I08_a_cache_that_others_can_write_to_is_not_used(
    cache: Cache, work: Path, tmp_path: Path
) -> None:
    (tmp_path / "cache").chmod(0o777)
    later = Cache(tmp_path / "cache", 0, Files())

    assert later.restore(ONE, work) is None
    assert "others may write to it; the cache is not used" in later.keep(ONE, work, {}, {})
    assert later.trim() == 0
    assert Cache(tmp_path / "new", 9, Files()).keep(ONE, work, {}, {}) == ""
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_what_stands_in_the_way_is_left_alone(cache: Cache, work: Path, tmp_path: Path) -> None:
    (work / "file").mkdir()
    assert cache.restore(ONE, work) is None
    assert (work / "file").is_dir()

    (work / "a").write_bytes(b"mine")
    _plant(tmp_path, {"a/b": [DATA, 4, 0o644, ""]})
    assert cache.restore(ONE, work) is None
    assert (work / "a").read_bytes() == b"mine"


NO_ENTRIES = [
    [],
    {"a": []},
    {"a": [DATA, 4, 0o644, "", ""]},
    {"a": [DATA, -4, 0o644, ""]},
    {"a": [DATA, 4, 0o4755, ""]},
    {"a": [DATA, "4", 0o644, ""]},
    {"a": [DATA, 4, None, ""]},
    {"a": [DATA, 4, 0o644, None]},
    {"a": ["../" + DATA, 4, 0o644, ""]},
    {"a": [[DATA], 4, 0o644, ""]},
    {"a": "abcd"},
    {"a": 7},
    7,
    {"a\ud800": [DATA, 4, 0o644, ""]},
]


@pytest.mark.parametrize("outputs", NO_ENTRIES, ids=repr)
def test_I08_an_entry_that_holds_something_else_is_dropped(
    cache: Cache, work: Path, tmp_path: Path, outputs: object
) -> None:
    entry = _plant(tmp_path, outputs)

    assert cache.restore(ONE, work) is None
    assert os.listdir(work) == []
    assert not entry.exists()


@pytest.mark.parametrize("body", [b"[" * 100_000, b"{}", b"[1,2,3]", b'[{},{"a":1}]', b"\xff", b""])
def test_I08_what_is_no_entry_is_dropped(
    cache: Cache, work: Path, tmp_path: Path, body: bytes
) -> None:
    entry = _plant(tmp_path, {})
    entry.write_bytes(digest_of(ONE.encode() + b"\n" + body).encode() + b"\n" + body)

    assert cache.restore(ONE, work) is None
    assert not entry.exists()


def test_an_entry_of_another_fingerprint_is_not_believed(
    cache: Cache, work: Path, tmp_path: Path
) -> None:
    other = tmp_path / "cache/entries/22"
    other.mkdir()
    (tmp_path / f"cache/entries/11/{ONE[2:]}").rename(other / ("2" * 30))

    assert cache.restore("2" * 32, work) is None


def test_A04_an_entry_with_any_byte_flipped_or_cut_anywhere_is_refused() -> None:
    kept = Entry({"a": Output(DATA, 4, 0o644)}, {"name": "text"})
    data = encoded(ONE, kept)
    assert decoded(ONE, data) == kept

    damaged = [data[:length] for length in range(len(data))]
    damaged += [data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :] for at in range(len(data))]
    for torn in damaged:
        with pytest.raises(ValueError, match="the entry is damaged"):
            decoded(ONE, torn)


@pytest.mark.parametrize("damage", [b"", b"dat", b"dbta", b"data!"])
def test_A04_a_damaged_content_is_dropped_and_kept_anew(
    cache: Cache, work: Path, tmp_path: Path, damage: bytes
) -> None:
    content = tmp_path / f"cache/objects/{DATA[:2]}/{DATA[2:]}"
    content.chmod(0o644)
    content.write_bytes(damage)

    assert cache.restore(ONE, work) is None
    assert os.listdir(work) == []
    assert not content.exists()

    (work / "file").write_bytes(b"data")
    assert cache.keep(ONE, work, {"file": DATA}, {}) == ""
    assert cache.restore(ONE, work) is not None


def test_a_content_that_is_gone_is_no_error(cache: Cache, work: Path, tmp_path: Path) -> None:
    (tmp_path / f"cache/objects/{DATA[:2]}/{DATA[2:]}").unlink()

    assert cache.restore(ONE, work) is None
    assert os.listdir(work) == []


_WORKER = """
import os, sys
from treadle.store.cache import Cache
from treadle.store.files import Files
folder, work, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
cache = Cache(folder, 6000, Files())
restored = 0
for number in range(rounds):
    fingerprint = f"{number % 7:032x}"
    wanted = {f"d/{name}": bytes([number % 7]) * (300 + name) for name in range(3)}
    answer = cache.restore(fingerprint, work)
    if answer is None:
        for name, data in wanted.items():
            with open(f"{work}/{name}.new", "wb") as file:
                file.write(data)
            os.replace(f"{work}/{name}.new", f"{work}/{name}")
        reason = cache.keep(fingerprint, work, Files().state(work, list(wanted)), {})
        assert not reason, reason
    else:
        restored += 1
    for name, data in wanted.items():
        with open(f"{work}/{name}", "rb") as file:
            assert file.read() == data, name
    if number % 5 == 0:
        cache.trim()
print(restored)
"""


def _together(folder: Path, processes: int, rounds: int) -> int:
    running = []
    for number in range(processes):
        (folder / f"work{number}/d").mkdir(parents=True)
        arguments = [str(folder / "cache"), str(folder / f"work{number}"), str(rounds)]
        command = [sys.executable, "-c", _WORKER, *arguments]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
    answers = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [0] * processes
    assert os.listdir(folder / "cache/made") == []
    return sum(map(int, answers))


@pytest.mark.slow
def test_two_processes_use_one_cache_at_once(tmp_path: Path) -> None:
    assert _together(tmp_path, 2, 150) > 0


@pytest.mark.proof
def test_four_processes_use_one_cache_for_thousands_of_rounds(tmp_path: Path) -> None:
    assert _together(tmp_path, 4, 5000) > 0
