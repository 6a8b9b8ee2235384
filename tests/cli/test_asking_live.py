"""The commands that ask, with real processes: while a run is under way, and after kill -9."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# `a` runs until there is a file `go`.
FILE = """\
[job.a]
run = "sh -c 'echo begun; while ! test -e go; do sleep 0.02; done; echo done'"
[job.b]
run = "echo behind"
needs = ["a"]
"""

pytestmark = pytest.mark.slow

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(treadle: Any, tmp_path: Path, environment: dict[str, str]) -> Iterator[Start]:
    """Starts a command of which the output can be read as it comes."""

    (tmp_path / "treadle.toml").write_text(FILE)
    started: list[subprocess.Popen[str]] = []

    def call(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "treadle", *arguments], cwd=tmp_path, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield call
    (tmp_path / "go").touch()
    for process in started:
        process.communicate(timeout=30)


def begin(start: Start) -> subprocess.Popen[str]:
    """Start a run, and return when its first job has begun."""
    run = start("run", "-v", "--output", "stream")
    assert run.stdout is not None
    while "begun" not in run.stdout.readline():
        assert run.poll() is None
    return run


def test_a_log_is_followed_from_before_its_job_begins(start: Start, tmp_path: Path) -> None:
    run = begin(start)
    follow = start("logs", "-f", "b")
    assert follow.stderr is not None
    assert follow.stderr.readline().startswith("waiting for job 'b' to begin in run 2")
    (tmp_path / "go").touch()
    assert follow.communicate(timeout=30) == ("behind\n", "")
    assert (follow.returncode, run.wait(30)) == (0, 0)


def test_ctrl_c_ends_following_quietly_with_130(start: Start) -> None:
    begin(start)
    follow = start("logs", "-f", "a")
    assert follow.stdout is not None
    assert follow.stdout.readline() == "begun\n"
    follow.send_signal(signal.SIGINT)
    out, err = follow.communicate(timeout=30)
    assert (follow.returncode, out, err.strip()) == (130, "", "")


def test_A01_after_kill_9_status_and_explain_tell_what_there_is(start: Start, treadle: Any) -> None:
    run = begin(start)
    known = json.loads(treadle("status", "--json").stdout)
    assert (known["result"], known["pid"], known["left"]) == ("running", run.pid, ["b"])
    assert "now         it waits for a, which runs for " in treadle("explain", "b").stdout
    assert treadle("clean", "--all", "-y").returncode == 4
    os.kill(run.pid, signal.SIGKILL)
    run.communicate(timeout=30)
    said = treadle("status").stdout
    assert "killed before it ended" in said
    assert "a: it ran, and nobody saw it end" in said
    assert treadle("logs", "a").stdout == "begun\n"
    assert treadle("logs", "-f", "a").stderr.startswith("the run was killed: ")
