"""Every example runs as it stands, in a copy, and does what it says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import TypeAlias

import pytest

ROOT = Path(__file__).parents[2]


Run: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]
Copy: TypeAlias = Callable[[str], Path]


def test_every_example_has_a_test() -> None:
    names = {path.name for path in (ROOT / "examples").iterdir() if path.is_dir()}
    tests = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    assert [name for name in sorted(names) if f"examples/{name}" not in tests] == []


def test_hello_counts_the_words_of_its_text(treadle: Run, copy: Copy) -> None:
    folder = copy("examples/hello")
    done = treadle(folder, "run")
    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / "out" / "report").read_text().splitlines() == [
        "1: the quick brown fox",
        "2: jumps over",
        "3: the lazy dog",
        "8 different words",
    ]
    assert "done: 4 unchanged, 0 ok of 4 jobs" in treadle(folder, "run").stdout


def test_the_library_example_counts_words(tmp_path: Path, call: Run) -> None:
    (tmp_path / "a.py").write_text("one two three\n")
    (tmp_path / "b.py").write_text("four\n")
    done = call(tmp_path, sys.executable, str(ROOT / "examples/library/words.py"), str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["3", "a.py"],
        ["1", "b.py"],
        ["4", "in", "2", "files"],
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.py", "b.py"]


def test_matrix_packs_each_file_in_each_way(treadle: Run, copy: Copy) -> None:
    folder = copy("examples/matrix")
    done = treadle(folder, "run")
    assert (done.returncode, done.stderr) == (0, "")
    assert {path.name for path in (folder / "out").iterdir()} >= {
        f"{kind}.{how}" for kind in ("numbers", "zeros") for how in ("gz", "bz2")
    }
    again = treadle(folder, "run").stdout
    assert "6 unchanged" in again
    assert "pack" not in again


class _Page(HTMLParser):
    VOID = frozenset({"meta", "link", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.proof
def test_the_atlas_is_drawn_and_its_numbers_are_right(treadle: Run, copy: Copy) -> None:
    folder = copy("examples/stdlib_atlas")
    done = treadle(folder, "run", "-f", "workflow.py", ATLAS_OUT=str(folder / "out"))
    assert (done.returncode, done.stderr) == (0, "")
    jobs = re.search(r"^done: (\d+) jobs", done.stdout, re.MULTILINE)
    assert jobs is not None
    assert int(jobs[1]) > 100
    again = treadle(folder, "run", "-f", "workflow.py", ATLAS_OUT=str(folder / "out"))
    assert f"done: {jobs[1]} unchanged, 0 ok" in again.stdout
    page = (folder / "out" / "index.html").read_text()
    parser = _Page()
    parser.feed(page)
    assert parser.open == []
    assert not parser.tags & {"script", "iframe", "img", "link"}
    assert not re.search(r"(?:src|href)=.?https?:", page)
    for picture in ("treemap.svg", "imports.svg"):
        assert ET.parse(folder / "out" / picture).getroot().tag.endswith("svg")
    atlas = json.loads((folder / "out" / "data" / "atlas.json").read_text())
    source = Path(json.__file__).parent
    lines = sum(len(path.read_bytes().splitlines()) for path in source.glob("*.py"))
    assert atlas["modules"]["json"]["lines"] == lines
    assert atlas["total"]["lines"] == sum(m["lines"] for m in atlas["modules"].values())
