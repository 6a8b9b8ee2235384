"""Every example runs as it stands, in a copy, and does what it says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("TREADLE_")}
    return subprocess.run(
        [sys.executable, "-m", "treadle", *arguments],
        cwd=folder,
        env=env | {"PYTHONPATH": str(ROOT / "src"), "ATLAS_OUT": str(folder / "out")},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def copy(name: str, folder: Path) -> Path:
    ignore = shutil.ignore_patterns("out", ".treadle", "__pycache__")
    return Path(shutil.copytree(ROOT / "examples" / name, folder / name, ignore=ignore))


def test_every_example_has_a_test() -> None:
    names = {path.name for path in (ROOT / "examples").iterdir() if path.is_dir()}
    assert names == {"hello", "library", "matrix", "stdlib_atlas"}


def test_hello_counts_the_words_of_its_text(tmp_path: Path) -> None:
    folder = copy("hello", tmp_path)
    done = run(folder, "run")
    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / "out" / "report").read_text().splitlines() == [
        "1: the quick brown fox",
        "2: jumps over",
        "3: the lazy dog",
        "8 different words",
    ]


def test_the_library_example_counts_words(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("one two three\n")
    (tmp_path / "b.py").write_text("four\n")
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples/library/words.py"), str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["3", "a.py"],
        ["1", "b.py"],
        ["4", "in", "2", "files"],
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.py", "b.py"]


def test_matrix_packs_each_file_in_each_way(tmp_path: Path) -> None:
    folder = copy("matrix", tmp_path)
    done = run(folder, "run")
    assert (done.returncode, done.stderr) == (0, "")
    assert {path.name for path in (folder / "out").iterdir()} >= {
        f"{kind}.{how}" for kind in ("numbers", "zeros") for how in ("gz", "bz2")
    }


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


@pytest.mark.slow
def test_the_atlas_is_drawn_and_its_numbers_are_right(tmp_path: Path) -> None:
    folder = copy("stdlib_atlas", tmp_path)
    done = run(folder, "run", "-f", "workflow.py")
    assert (done.returncode, done.stderr) == (0, "")
    jobs = re.search(r"^done: (\d+) jobs", done.stdout, re.MULTILINE)
    assert jobs is not None
    assert int(jobs[1]) > 100
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
