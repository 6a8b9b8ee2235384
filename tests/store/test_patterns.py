"""What declared paths stand for, asked of real folders and of the standard library's glob."""

from __future__ import annotations

import errno
import glob
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.store import patterns
from treadle.store.patterns import beneath, matched, plain

NAMES = ("a", "b.c", ".h", "sub", ".dot", "x[1]", "new\nline")
PIECES = (
    "*",
    "**",
    "?",
    "a",
    "*.c",
    "b.?",
    "[!a]*",
    "[[]*",
    ".*",
    ".h",
    "sub",
    "x[[]1]",
    "..",
    "s*b",
)


def _made(folder: Path, *paths: str) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()


def _oracle(folder: str, pattern: str) -> list[str]:
    """The files that the standard library's glob finds; it knows nothing of our `.git`."""
    found = set(glob.glob(pattern, root_dir=folder, recursive=True))
    # It answers `a/` to `a/**` whatever `a` is.
    return sorted(p for p in found if not (p.endswith("/") or os.path.isdir(f"{folder}/{p}")))


def _tree() -> st.SearchStrategy[list[str]]:
    path = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)
    return st.lists(path, max_size=8)


@pytest.fixture(scope="module")
def scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp())
    yield folder
    shutil.rmtree(folder)


@settings(max_examples=200, deadline=None)
@given(tree=_tree(), pattern=st.lists(st.sampled_from(PIECES), min_size=1, max_size=4))
def test_a_glob_finds_the_files_that_the_standard_library_finds(
    scratch: Path, tree: list[str], pattern: list[str]
) -> None:
    # So deep that `..` stays within what this example made.
    folder = Path(tempfile.mkdtemp(dir=scratch)) / "1/2/3/4"
    folder.mkdir(parents=True)
    for path in tree:
        try:
            _made(folder, path)
        except OSError:
            continue  # one path is a file, and another wants a folder there
    glob_of = "/".join(pattern)
    if plain(glob_of) is not None:
        return

    assert matched(str(folder), glob_of).files == _oracle(str(folder), glob_of)
    assert matched(str(folder), f"{folder}/{glob_of}").files == [
        f"{folder}/{path}" for path in _oracle(str(folder), glob_of)
    ]


@settings(max_examples=50, deadline=None)
@given(tree=_tree())
def test_a_folder_stands_for_all_files_beneath_it(scratch: Path, tree: list[str]) -> None:
    folder = Path(tempfile.mkdtemp(dir=scratch))
    for path in tree:
        try:
            _made(folder, path)
        except OSError:
            continue
    wanted = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())

    assert beneath(str(folder), "").files == wanted
    assert beneath(str(folder.parent), folder.name).files == [f"{folder.name}/{p}" for p in wanted]
    assert matched(str(folder.parent), f"{glob.escape(folder.name)[:-1]}?/").files == [
        f"{folder.name}/{p}" for p in wanted
    ]


def test_searching_leaves_out_git_and_treadle_and_naming_them_works(tmp_path: Path) -> None:
    _made(tmp_path, ".git/x", ".treadle/x", ".treadle-7-0", ".github/x", "d/.git/x", "d/.gitignore")

    assert beneath(str(tmp_path), "").files == [".github/x", "d/.gitignore"]
    assert matched(str(tmp_path), ".*/x").files == [".github/x"]
    assert matched(str(tmp_path), ".git/*").files == [".git/x"]
    assert beneath(str(tmp_path), ".git").files == [".git/x"]


def test_links_are_followed_where_they_are_named_and_not_where_folders_are_searched(
    tmp_path: Path,
) -> None:
    _made(tmp_path, "real/a.c", "real/deep/b.c")
    (tmp_path / "alias").symlink_to("real")
    (tmp_path / "real/circle").symlink_to("..")
    (tmp_path / "real/file").symlink_to("a.c")
    (tmp_path / "real/nothing").symlink_to("none")
    (tmp_path / "real/itself").symlink_to("itself")

    assert matched(str(tmp_path), "alias/*.c").files == ["alias/a.c"]
    assert matched(str(tmp_path), "a*/*.c").files == ["alias/a.c"]
    assert matched(str(tmp_path), "**/*.c").files == ["real/a.c", "real/deep/b.c"]
    assert beneath(str(tmp_path), "alias").files == ["alias/a.c", "alias/deep/b.c", "alias/file"]
    found = beneath(str(tmp_path), "")
    assert found.files == ["real/a.c", "real/deep/b.c", "real/file"]
    assert found.links == ["alias", "real/circle", "real/itself", "real/nothing"]
    assert matched(str(tmp_path), "real/*").links == ["real/circle", "real/itself", "real/nothing"]
    assert matched(str(tmp_path), "**/circle").links == ["real/circle"]


def test_names_that_are_no_text_and_names_with_newlines_survive(tmp_path: Path) -> None:
    names = sorted(["no\udcfftext", "two\nlines", " ", "\x1b[31m"])
    _made(tmp_path, *names)

    assert beneath(str(tmp_path), "").files == names
    assert matched(str(tmp_path), "*").files == names


@pytest.mark.parametrize(
    ("path", "shortest"),
    [
        ("a.c", "a.c"),
        ("./a//b/./c/", "a/b/c"),
        (".", ""),
        ("../a/", "../a"),
        ("//a/.", "/a"),
        ("/", "/"),
        (".a/", ".a"),
        ("a.", "a."),
        ("a/..", "a/.."),
        ("*.c", None),
        ("a[b]", None),
    ],
)
def test_a_plain_path_is_written_shortest(path: str, shortest: str | None) -> None:
    assert plain(path) == shortest


def test_what_is_no_folder_holds_nothing(tmp_path: Path) -> None:
    _made(tmp_path, "file")

    for pattern in ("none/*", "file/*", "**/none", "file/*/x", "none/**", "*/file"):
        assert matched(str(tmp_path), pattern) == ([], [])


def test_a_folder_that_cannot_be_searched_is_an_error_and_not_empty(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="File name too long"):
        matched(str(tmp_path), "x" * 300 + "/*")
    with pytest.raises(OSError, match="File name too long"):
        matched(str(tmp_path), "**/" + "x" * 300)


def test_too_many_files_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _made(tmp_path, "a", "b", "c")
    monkeypatch.setattr(patterns, "MOST_FILES", 2)

    for search in (beneath, matched):
        with pytest.raises(OSError, match="stands for more than 2 files; that is the limit") as e:
            search(str(tmp_path), "" if search is beneath else "*")
        assert e.value.errno == errno.E2BIG
