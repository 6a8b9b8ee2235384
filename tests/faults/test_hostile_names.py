"""I01: whatever jobs are called, nothing is written outside of the folder of the state."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from plans import job, plan
from stores import scratch
from treadle.runner import run
from treadle.workflow.names import file_name

from .arena import SEED, count, dice
from .crashcommand import said

IDS = count("TREADLE_IDS", 100_000)
PIECES = (
    "..", "/", "\\", ".", "~", "-", "a", "A", "ß", "ss", "é", "e\u0301", "\u212b", "\u00c5", "ﬁ",
    "con", "nul", "\0", "\n", "\r", "\t", "\x1b[2J", "\ud800", "\udcff", "\u202e", "$(touch x)",
    "`id`", "%2e", "*", "?", "[", " ", "x" * 120, ".1.log",
    "etc/passwd", "\U0001f600", "'", '"', ";",
    "|", "&", ":",
)  # fmt: skip


def _hostile(random: Random) -> Iterator[str]:
    while True:
        name = "".join(random.choice(PIECES) for _ in range(random.randint(1, 6)))
        if random.random() < 0.2:
            name += chr(random.randrange(0x110000))
        yield name


@pytest.mark.proof
def test_I01_100000_hostile_names_make_distinct_files_in_their_folder(tmp_path: Path) -> None:
    random, inside = dice("names"), f"{os.path.realpath(tmp_path)}/"
    names = {name for name, _ in zip(_hostile(random), range(2 * IDS), strict=False)}
    files: dict[str, str] = {}
    for name in sorted(names, key=ascii)[:IDS]:
        file = file_name(name)
        path = os.path.normpath(os.path.join(inside, f"{file}.1.log"))
        assert path.startswith(inside), (SEED, name)
        assert os.path.basename(path) == f"{file}.1.log", (SEED, name)
        assert len(os.fsencode(path)) - len(inside) < 200, (SEED, name)
        other = files.setdefault(file.casefold(), name)
        assert other == name, (SEED, name, other)
    assert len(files) >= min(IDS, 90_000)


def _tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.proof
def test_I01_a_run_of_hostile_names_writes_in_its_folder_only() -> None:
    random = dice("a run")
    names = dict.fromkeys(
        name for name, _ in zip(_hostile(random), range(900), strict=False)
        if name.isprintable() and name.strip() == name
    )  # fmt: skip
    with scratch() as outer:
        folder = outer / "in"
        folder.mkdir()
        jobs = [
            f"{_quoted(name)} = {{ run = 'echo v={number} >> $TREADLE_OUTPUT; echo {number} > "
            f"o{number}', outputs = ['o{number}'] }}"
            for number, name in enumerate(names)
        ]
        (folder / "treadle.toml").write_text("[cache]\n[job]\n" + "\n".join(jobs) + "\n")
        refused = said(folder, "check")
        wrong = {int(number) for number in re.findall(r"(?m)^treadle.toml:(\d+):", refused.err)}
        good = [job for number, job in enumerate(jobs, 3) if number not in wrong]
        (folder / "treadle.toml").write_text("[cache]\n[job]\n" + "\n".join(good) + "\n")
        ended = said(folder, "run", "-q")

        assert ended.code == 0, (SEED, ended)
        assert len(good) > 200
        assert {path.split("/")[0] for path in _tree(outer)} == {"in"}
        ours = {path for path in _tree(folder) if "/" not in path}
        made = {job.rpartition("'")[0].rpartition("'")[2] for job in good}
        assert ours == {".treadle", "treadle.toml", *made}
        (logs,) = (folder / ".treadle/logs").iterdir()
        assert len(list(logs.glob("*.log"))) == len(good)
        assert all(path.parent == logs for path in logs.rglob("*.log"))
        assert (folder / ".treadle").stat().st_mode & 0o077 == 0
        # And all that is kept is found again by its name.
        again = said(folder, "run", "--json")
        assert again.code == 0
        assert json.loads(again.out.splitlines()[-1])["type"] == "run.ended"
        assert "job.started" not in again.out


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def test_I01_a_link_planted_where_a_log_is_to_be_is_not_written_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").write_text("precious")
    plants = f"ln -s {tmp_path}/mine $(dirname $TREADLE_OUTPUT)/b.1.log"
    jobs = plan(job("a", plants), job("b", "echo b", needs=("a",)))
    result = run(jobs)

    assert (result.good, result.failed) == (("a",), ("b",))
    assert "file exists" in result.statuses["b"].detail
    assert (tmp_path / "mine").read_text() == "precious"
