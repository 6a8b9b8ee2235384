"""The other commands, and what is said of mistakes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from treadle import __version__
from treadle.cli.exitcodes import ExitCode
from treadle.cli.main import COMMANDS

if TYPE_CHECKING:
    from pathlib import Path

Call = Any  # runs the command and returns a CompletedProcess

FILE = """\
[queues]
net = 1
[job.fetch]
description = "Get it"
run = ["curl", "x"]
queue = "net"
[job.build]
needs = ["fetch"]
matrix = { os = ["linux", "mac"] }
run = "make"
description = "Build it"
[job.all]
needs = ["build"]
"""


def test_the_version_is_said_without_loading_anything(tmp_path: Path, environment: Any) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "treadle", "--version"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"treadle {__version__}\n"
    loaded = set(re.findall(r"\| +(\w+)", done.stderr))
    assert "treadle" in loaded
    assert not loaded & {"click", "rich", "msgspec", "asyncio", "multiprocessing", "logging"}


def test_list_shows_jobs_needs_and_descriptions_in_columns(treadle: Call, tmp_path: Path) -> None:
    (tmp_path / "treadle.toml").write_text(FILE)
    done = treadle("list")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "fetch                      Get it",
        "build[…2]  needs fetch     Build it",
        "all        needs build[…]",
        "",
        "treadle.toml: 3 jobs (4 jobs in all); run them: treadle run",
    ]
    assert "build[mac]" in treadle("list", "--all").stdout


def test_list_gives_programs_everything(treadle: Call, tmp_path: Path) -> None:
    (tmp_path / "treadle.toml").write_text(FILE)
    jobs = json.loads(treadle("list", "--json").stdout)
    assert [job["name"] for job in jobs] == ["fetch", "build[linux]", "build[mac]", "all"]
    assert jobs[1]["needs"] == ["fetch"]
    assert jobs[1]["run"] == ["make"]
    assert (jobs[0]["queue"], jobs[0]["timeout"]) == ("net", None)
    (tmp_path / "treadle.toml").write_text(
        "[job.a]\nrun = 'make | tee'\numask = '022'\nlimits = { memory = '1G' }\n"
    )
    (job,) = json.loads(treadle("list", "--json").stdout)
    assert job["run"] == ["/bin/sh", "-c", "make | tee"]
    assert (job["umask"], job["limits"], job["leak"]) == ("022", {"memory": 1 << 30}, "kill")


def test_treadle_alone_lists_the_jobs_or_helps(treadle: Call, tmp_path: Path) -> None:
    done = treadle()
    assert done.returncode == 0
    assert "Usage: treadle" in done.stdout
    assert "Make one: treadle init" in done.stdout
    (tmp_path / "treadle.toml").write_text(FILE)
    assert treadle().stdout == treadle("list").stdout


def test_check_counts_or_tells_mistakes(treadle: Call, tmp_path: Path) -> None:
    (tmp_path / "treadle.toml").write_text(FILE)
    done = treadle("check")
    assert (done.returncode, done.stdout) == (0, "treadle.toml: 4 jobs, 2 queues, no mistakes\n")
    (tmp_path / "treadle.toml").write_text(FILE + "[job.x]\nrun = 1\nneeds = ['biuld']\n")
    done = treadle("check")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "treadle.toml:15:1: 'run' of job 'x' is 1; it must be a command line, or a list of texts",
        "treadle.toml:16:10: job 'x' needs 'biuld', which does not exist; did you mean 'build'?",
    ]


@pytest.mark.parametrize(("kind", "begin"), [("dot", "digraph G {"), ("mermaid", "flowchart LR")])
def test_graph_draws_all_or_a_selection(
    treadle: Call, tmp_path: Path, kind: str, begin: str
) -> None:
    (tmp_path / "treadle.toml").write_text(FILE)
    whole = treadle("graph", "--format", kind)
    assert whole.stdout.startswith(begin)
    assert "build[mac]" in whole.stdout
    assert "build[mac]" not in treadle("graph", "--format", kind, "build[linux]").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rnu"], "treadle: unknown command 'rnu'; did you mean 'run'?"),
        (["xyzzy"], "treadle: unknown command 'xyzzy'; there is run, resume, status, logs"),
        (["run", "--shuffle=x"], "treadle: invalid value for '--shuffle': 'x' is no seed"),
        (["run", "--until-failure=0"], "treadle: invalid value for '--until-failure'"),
        (["run", "--deadline", "0"], "treadle: invalid value for '--deadline'"),
        (["run", "-l", "-1"], "treadle: invalid value for '-l' / '--load'"),
        (["run", "--output", "all"], "treadle: invalid value for '--output'"),
        (["completion", "tcsh"], "treadle: invalid value for '{bash|zsh|fish}'"),
        (["explain"], "treadle: missing argument 'JOB'"),
        (["explain", "x"], "treadle: no workflow file"),
        (["init", "/dev/null/x"], "/dev/null/x/treadle.toml: cannot be made: "),
        (["run", "--keep-goin", "3"], "treadle: no such option"),
        (["run", "-k", "-1"], "treadle: invalid value for '-k'"),
        (["run", "-j", "many"], "treadle: invalid value for '-j' / '--jobs': 'many' is no number"),
        (["graph", "--format", "png"], "treadle: invalid value for '--format'"),
        (["run"], "treadle: no workflow file: neither 'treadle.toml' nor"),
        (["check", "-f", "nowhere.toml"], "nowhere.toml: cannot be read: no such file"),
        (["check", "-C", "nowhere"], "treadle: cannot go to 'nowhere': no such file"),
        (["check", "-f", "\x1b[2J"], r"\x1b[2J: cannot be read"),
    ],
)
def test_a_wrong_command_line_is_2_and_says_what_to_do(
    treadle: Call, arguments: list[str], message: str
) -> None:
    done = treadle(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(message)
    assert "Traceback" not in done.stderr


def test_c_goes_to_a_folder_first_and_f_names_the_file(treadle: Call, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "w.toml").write_text("[job.a]\nrun = 'touch here'\n")
    assert treadle("run", "-C", "sub", "-f", "w.toml").returncode == 0
    assert (tmp_path / "sub" / "here").exists()


def test_a_bug_is_3_and_shows_a_traceback_only_when_asked(treadle: Call, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import treadle.workflow as w\ndef broken(path): raise ZeroDivisionError('x\\x1b')\n"
        "w.find = broken\n"
    )
    import os

    path = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{os.path.dirname(__file__)}/../../src"}
    done = treadle("check", **path)
    assert done.returncode == 3
    assert done.stderr.startswith("treadle: bug in treadle: ZeroDivisionError: x\\x1b; please")
    assert "Traceback" not in done.stderr
    assert "Traceback" in treadle("check", TREADLE_DEBUG="1", **path).stderr


def test_the_table_of_exit_codes_does_not_change() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "OK": 0,
        "FAILED": 1,
        "USAGE": 2,
        "INTERNAL": 3,
        "STORE": 4,
        "STALLED": 5,
        "DEADLINE": 124,
        "HANGUP": 129,
        "INTERRUPTED": 130,
        "QUIT": 131,
        "TERMINATED": 143,
    }


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_every_command_has_help(treadle: Call, command: list[str]) -> None:
    for option in ("-h", "--help"):
        done = treadle(*command, option)
        assert done.returncode == 0
        assert done.stdout.startswith("Usage: treadle")
