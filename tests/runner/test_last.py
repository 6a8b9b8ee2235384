"""What is kept of a run for the next one."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans import Facts, job, plan
from treadle.report import Remark, RunStarted
from treadle.runner import last, run
from treadle.runner.last import Last, failed_last, read_last


def kept(folder: Path) -> Any:
    return json.loads((folder / ".treadle/last.json").read_text())


def test_the_next_run_knows_what_failed_and_how_long_jobs_take(folder: Path) -> None:
    jobs = plan(
        job("a", "true"), job("bad", "exit 1"), job("c", "true", needs=("bad",)), job("all")
    )  # fmt: skip
    run(jobs, tokens=1, shuffle=5)
    assert failed_last(jobs) == ["bad", "c"]
    found = kept(folder)
    assert list(found["durations"]) == ["a"]
    assert (found["seed"], found["targets"]) == (5, [])
    facts = Facts()
    run(jobs, views=[facts], targets=["a"])
    assert facts.of(RunStarted)[0].expected == {"a": found["durations"]["a"]}
    assert kept(folder)["targets"] == ["a"]


def test_a_job_is_bad_until_it_has_run_again(folder: Path) -> None:
    jobs = plan(job("a", "test -e fixed"), job("b", "test -e fixed"))
    run(jobs)
    (folder / "fixed").touch()
    run(jobs, targets=["b"])
    assert failed_last(jobs) == ["a"]
    run(jobs, targets=failed_last(jobs))
    assert failed_last(jobs) == []


def test_jobs_that_are_gone_are_forgotten(folder: Path) -> None:
    run(plan(job("gone", "exit 1"), job("also", "true")))
    jobs = plan(job("stays", "true"))
    assert failed_last(jobs) == []
    run(jobs)
    assert (kept(folder)["bad"], list(kept(folder)["durations"])) == ([], ["stays"])


def test_the_file_is_for_its_owner_and_nothing_else_is_left(folder: Path) -> None:
    run(plan(job("a", "true")))
    state = folder / ".treadle"
    assert stat.S_IMODE((state / "last.json").stat().st_mode) == 0o600
    assert [path.name for path in state.iterdir() if "last" in path.name] == ["last.json"]


def _write(folder: Path, data: bytes) -> Path:
    path = folder / ".treadle/last.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"version": 2}',
        b'{"bad": "a"}',
        b'{"durations": {"a": "1"}}',
        b'{"more": 1}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_ignored_and_replaced(folder: Path, data: bytes) -> None:
    path = _write(folder, data)
    jobs, facts = plan(job("a", "true")), Facts()
    assert run(jobs, views=[facts]).success
    (remark,) = facts.of(Remark)
    assert remark.text.startswith(f"{path} cannot be used and is ignored: ")
    assert list(kept(folder)["durations"]) == ["a"]


@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: json.dumps(text).encode()))
def test_no_file_breaks_a_run(data: bytes) -> None:
    jobs = plan(job("a", "true"))
    _write(jobs.folder, data)
    assert read_last(jobs) == Last()


def test_a_duration_that_cannot_be_is_forgotten(folder: Path) -> None:
    _write(folder, b'{"durations": {"a": -1, "b": 1e999, "c": 2.5, "d": 1}}')
    jobs = plan(*(job(name, "true") for name in "abc"))
    assert read_last(jobs).durations in ({"c": 2.5}, {})


def test_what_is_no_file_or_too_big_is_ignored(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, remarks = plan(job("a", "true")), Facts()
    path = _write(folder, b'{"bad": ["a"]}')
    assert failed_last(jobs) == ["a"]
    monkeypatch.setattr(last, "MAX_BYTES", 10)
    assert read_last(jobs, remarks.take) == Last()
    path.unlink()
    os.mkfifo(path)
    assert read_last(jobs, remarks.take) == Last()
    path.unlink()
    path.symlink_to("/etc/passwd")
    assert read_last(jobs, remarks.take) == Last()
    assert len(remarks.of(Remark)) == 3


def test_a_file_that_cannot_be_written_is_told_and_no_failure(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".treadle/last.json").mkdir(parents=True)
    facts = Facts()
    assert run(plan(job("a", "true")), views=[facts]).success
    texts = [remark.text for remark in facts.of(Remark)]
    assert [text.partition("last.json ")[2].split(":")[0] for text in texts] == [
        "cannot be used and is ignored", "cannot be written",
    ]  # fmt: skip
    assert [p.name for p in (folder / ".treadle").iterdir() if "new" in p.name] == []
