"""`treadle graph`: what it writes, and where to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

Call = Any  # runs the command and returns a CompletedProcess

FILE = """\
[job.fetch]
run = "true"
[job.build]
needs = ["fetch"]
matrix = { os = ["linux", "mac"] }
run = "make"
[job.all]
needs = ["build", "fetch"]
"""
MANY = '[job.m]\nmatrix = { n = { lines = "numbers" } }\nrun = "true"\n'


def _nodes(text: str) -> list[str]:
    return [node["name"] for node in json.loads(text)["nodes"]]


@pytest.mark.parametrize(
    ("name", "begin"),
    [
        ("jobs.dot", "digraph G {"),
        ("jobs.gv", "digraph G {"),
        ("jobs.mmd", "flowchart LR"),
        ("jobs.json", "{"),
        ("jobs.svg", "<?xml"),
        ("jobs.SVG", "<?xml"),
        ("jobs.html", "<!doctype html>"),
    ],
)
def test_the_name_of_the_file_says_the_format(
    treadle: Call, tmp_path: Path, name: str, begin: str
) -> None:
    (tmp_path / "treadle.toml").write_text(FILE)
    done = treadle("graph", "-o", name)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / name).read_text().startswith(begin)


def test_a_format_goes_before_the_name_of_the_file(treadle: Call, tmp_path: Path) -> None:
    (tmp_path / "treadle.toml").write_text(FILE)
    assert treadle("graph", "--format", "svg", "-o", "picture.txt").returncode == 0
    ET.parse(tmp_path / "picture.txt")
    done = treadle("graph", "-o", "-")
    assert done.stdout.startswith("digraph G {")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("jobs.png", "treadle: the name of 'jobs.png' does not say what to write; let it end in"),
        ("jobs", "treadle: the name of 'jobs' does not say what to write; let it end in"),
        ("no/jobs.svg", "treadle: cannot write 'no/jobs.svg': no such file or directory"),
        ("folder.svg", "treadle: cannot write 'folder.svg': is a directory"),
    ],
)
def test_a_file_that_cannot_be_written_is_2(
    treadle: Call, tmp_path: Path, name: str, message: str
) -> None:
    (tmp_path / "treadle.toml").write_text(FILE)
    (tmp_path / "folder.svg").mkdir()
    done = treadle("graph", "-o", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(message)


def test_targets_are_those_of_run(treadle: Call, tmp_path: Path) -> None:
    (tmp_path / "treadle.toml").write_text(FILE)
    drawn = treadle("graph", "--format", "json", "build[m*").stdout
    assert _nodes(drawn) == ["fetch", "build[mac]"]
    assert _nodes(treadle("graph", "--format", "json", "build[mac]+").stdout)[-1] == "all"
    done = treadle("graph", "biuld")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "treadle.toml: no job 'biuld'; did you mean 'build'?\n"


def test_a_matrix_is_one_node_when_asked_for_or_when_there_are_many(
    treadle: Call, tmp_path: Path
) -> None:
    (tmp_path / "treadle.toml").write_text(FILE)
    assert _nodes(treadle("graph", "--format", "json", "--families").stdout) == [
        "fetch",
        "build",
        "all",
    ]
    (tmp_path / "treadle.toml").write_text(MANY)
    (tmp_path / "numbers").write_text("\n".join(map(str, range(61))))
    assert len(_nodes(treadle("graph", "--format", "json").stdout)) == 61
    assert treadle("graph", "--format", "svg").stdout.count('class="job ') == 1
    assert treadle("graph", "--format", "svg", "--all").stdout.count('class="job ') == 61


def test_pictures_leave_out_what_follows_from_others(treadle: Call, tmp_path: Path) -> None:
    (tmp_path / "treadle.toml").write_text(FILE)
    edges = {"from": "fetch", "to": "all", "on": "success"}
    assert edges in json.loads(treadle("graph", "--format", "json").stdout)["edges"]
    assert edges not in json.loads(treadle("graph", "--format", "json", "--reduce").stdout)["edges"]
    assert treadle("graph", "--format", "svg").stdout.count('class="need"') == 4
    assert treadle("graph", "--format", "svg", "--no-reduce").stdout.count('class="need"') == 5


def test_a_picture_is_whole_on_a_stream_with_few_characters(treadle: Call, tmp_path: Path) -> None:
    (tmp_path / "treadle.toml").write_text(FILE)
    done = treadle("graph", "--format", "svg", "--families", PYTHONIOENCODING="ascii")
    texts = [element.text for element in ET.fromstring(done.stdout).iter()]
    assert "\N{MULTIPLICATION SIGN} 2" in texts


def test_secrets_are_not_written(treadle: Call, tmp_path: Path) -> None:
    (tmp_path / "treadle.toml").write_text(
        '[job.a]\nrun = ["login", "hunter22"]\nsecret = ["TOKEN"]\ndescription = "As hunter22"\n'
    )
    for form in ("json", "html", "svg"):
        done = treadle("graph", "--format", form, TOKEN="hunter22")
        assert done.returncode == 0
        assert "hunter22" not in done.stdout
        assert "As ********" in done.stdout


def test_an_empty_graph_is_drawn(treadle: Call, tmp_path: Path) -> None:
    (tmp_path / "treadle.toml").write_text("[queues]\nx = 1\n")
    for form in ("dot", "mermaid", "json", "svg", "html"):
        assert treadle("graph", "--format", form).returncode == 0
