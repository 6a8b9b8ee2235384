"""Any name of a job is safe as a file name; patterns match as they say."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.workflow.names import file_name, matching

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = [
    "../../etc/x", "/etc/passwd", ".", "..", "", "-rf", "a/b", "a\\b", "a\0b", "a\nb", "x" * 300,
    "A", "a", "É", "E\u0301", "é", "con",
    "\ud800", "a:b", "~", "a~b", "*", "$(x)", ".hidden", "a b",
]  # fmt: skip


def test_i01_hostile_names_make_distinct_files_in_their_folder(tmp_path: Path) -> None:
    names = [file_name(name) for name in HOSTILE]
    assert len({name.casefold() for name in names}) == len(HOSTILE)
    for name in names:
        assert os.path.realpath(tmp_path / f"{name}.1.log") == str(tmp_path / f"{name}.1.log")
        (tmp_path / f"{name}.1.log").touch(exist_ok=False)


@given(st.text(), st.text())
def test_i01_distinct_names_make_distinct_files(one: str, other: str) -> None:
    first, second = file_name(one), file_name(other)
    assert (first.casefold() == second.casefold()) == (one == other)
    assert "/" not in first
    assert first.isprintable()
    assert first.isascii()
    assert 0 < len(first) < 120


def test_plain_names_stay_readable() -> None:
    assert file_name("compile[json,3.11]") == "compile[json,3.11]"
    assert file_name("Read me/now").startswith("Read_me_now~")


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*", ["ab", "a[b]", "b"]),
        ("a*", ["ab", "a[b]"]),
        ("a?", ["ab"]),
        ("a[b]*", ["a[b]"]),
        ("*b*", ["ab", "a[b]", "b"]),
        ("?", ["b"]),
        ("**", ["ab", "a[b]", "b"]),
        ("*x", []),
    ],
)
def test_stars_and_question_marks_match_and_brackets_are_brackets(
    pattern: str, found: list[str]
) -> None:
    assert matching(pattern, ["ab", "a[b]", "b"]) == found


def test_a_pattern_of_many_stars_does_not_explode() -> None:
    begin = time.perf_counter()
    assert matching("a*" * 60 + "b", ["a" * 1000]) == []
    assert time.perf_counter() - begin < 2
