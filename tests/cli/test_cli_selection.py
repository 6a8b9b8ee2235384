"""Which jobs `treadle run` takes, how often, in which order, and until when."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Call = Callable[..., subprocess.CompletedProcess[str]]

FILE = """
[job.fetch]
run = "true"
tags = ["net"]
[job.build]
matrix = { os = ["linux", "mac"] }
run = "true"
needs = ["fetch"]
[job.docs]
run = "true"
tags = ["slow"]
[job.ship]
run = "true"
needs = ["build[mac]"]
tags = ["net", "slow"]
"""


def dry(treadle: Call, *targets: str) -> list[str]:
    lines = treadle("run", "-n", *targets).stdout.splitlines()
    return [match[1] for line in lines if (match := re.match(r"\[.*?\] (\S+):", line))]


@pytest.mark.parametrize(
    ("targets", "meant"),
    [
        (["docs"], "docs"),
        (["build"], "fetch build[linux] build[mac]"),
        (["build[l*"], "fetch build[linux]"),
        (["slow"], "fetch build[mac] docs ship"),
        (["+ship"], "fetch build[mac] ship"),
        (["build[mac]+"], "fetch build[mac] ship"),
        (["fetch+"], "fetch build[linux] build[mac] ship"),
        (["net", "docs"], "fetch build[mac] docs ship"),
    ],
)
def test_targets_are_names_matrices_tags_patterns_and_what_needs_them(
    treadle: Call, tmp_path: Path, targets: list[str], meant: str
) -> None:
    (tmp_path / "treadle.toml").write_text(FILE)

    assert sorted(dry(treadle, *targets)) == sorted(meant.split())


def test_all_unknown_targets_are_told_at_once(treadle: Call, tmp_path: Path) -> None:
    (tmp_path / "treadle.toml").write_text(FILE)
    done = treadle("run", "dosc", "shp+")

    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "treadle.toml: no job 'dosc'; did you mean 'docs'?",
        "treadle.toml: no job 'shp+'; did you mean 'ship'?",
    ]


def test_k_alone_goes_on_and_does_not_swallow_a_target(treadle: Call, tmp_path: Path) -> None:
    (tmp_path / "treadle.toml").write_text(
        "[job.a]\nrun = 'exit 1'\n[job.b]\nrun = 'exit 2'\n[job.c]\nrun = 'true'\n"
    )

    assert "2 failed, 1 ok of 3 jobs" in treadle("run", "-j1", "-k").stdout
    assert "2 failed, 1 ok of 3 jobs" in treadle("run", "-k", "-j1").stdout
    assert "2 failed of 2 jobs" in treadle("run", "-j1", "-k", "a", "b").stdout.replace(
        ", 0 ok", ""
    )
    assert "1 failed" in treadle("run", "-j1", "-k", "1").stdout


def test_failed_takes_what_failed_the_last_time(treadle: Call, tmp_path: Path) -> None:
    (tmp_path / "treadle.toml").write_text(
        "[job.a]\nrun = 'test -e fixed'\n[job.b]\nrun = 'echo x >> ran'\n"
        "[job.c]\nrun = 'true'\nneeds = ['a']\n"
    )
    assert treadle("run", "-k").returncode == 1
    (tmp_path / "fixed").touch()

    done = treadle("run", "--failed")
    assert (done.returncode, "2 jobs" in done.stdout) == (0, True)
    assert (tmp_path / "ran").read_text() == "x\n"

    done = treadle("run", "--failed")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "nothing failed the last time\n"


def test_until_failure_runs_again_until_one_fails(treadle: Call, tmp_path: Path) -> None:
    (tmp_path / "treadle.toml").write_text(
        "[job.a]\nrun = 'echo x >> ran; test $(wc -l < ran) -lt 3'\n"
    )

    assert treadle("run", "--until-failure=2").returncode == 0
    assert (tmp_path / "ran").read_text() == "x\nx\n"
    assert treadle("run", "--until-failure").returncode == 1
    assert (tmp_path / "ran").read_text() == "x\nx\nx\n"


def test_a_shuffled_order_is_told_and_repeated_by_its_seed(treadle: Call, tmp_path: Path) -> None:
    (tmp_path / "treadle.toml").write_text(
        f"[job.a]\nmatrix = {{ n = {list(range(30))} }}\n"
        "run = 'echo ${{ matrix.n }} >> order'\n"
    )

    def order(option: str) -> tuple[list[str], str]:
        (tmp_path / "order").unlink(missing_ok=True)
        done = treadle("run", "-j1", option)
        assert done.returncode == 0
        return (tmp_path / "order").read_text().split(), done.stdout + done.stderr

    first, told = order("--shuffle")
    seed = re.search(r"with seed (\d+)", told)
    assert seed is not None
    assert first != sorted(first, key=int)
    assert sorted(first, key=int) == [str(n) for n in range(30)]
    assert order(f"--shuffle={seed[1]}")[0] == first


def test_a_deadline_stops_the_run_with_124(treadle: Call, tmp_path: Path) -> None:
    (tmp_path / "treadle.toml").write_text("[job.a]\nrun = 'exec sleep 60'\ngrace = 1\n")
    done = treadle("run", "--deadline", "0.2")

    assert done.returncode == 124
    assert "deadline" in done.stdout


def test_what_the_option_says_goes_before_the_environment_and_that_before_the_file(
    treadle: Call, tmp_path: Path
) -> None:
    (tmp_path / "treadle.toml").write_text(
        "[run]\nkeep_going = 2\njobs = 1\n"
        + "".join(f"[job.{name}]\nrun = 'exit 1'\n" for name in "abcd")
    )

    assert "2 failed" in treadle("run").stdout
    assert "3 failed" in treadle("run", TREADLE_KEEP_GOING="3").stdout
    assert "1 failed" in treadle("run", "-k1", TREADLE_KEEP_GOING="3").stdout
    assert treadle("run", TREADLE_JOBS="many").stderr.startswith("treadle: invalid value for '-j'")


def test_always_runs_what_when_leaves_out(treadle: Call, tmp_path: Path) -> None:
    (tmp_path / "treadle.toml").write_text(
        "[job.a]\nrun = 'touch made'\nwhen = { env = { NEVER_SET = true } }\n"
    )

    done = treadle("run")
    assert (done.returncode, (tmp_path / "made").exists()) == (0, False)
    assert "only when NEVER_SET is set" in done.stdout
    assert treadle("run", "-B").returncode == 0
    assert (tmp_path / "made").exists()


def test_json_puts_facts_on_stdout_and_people_read_stderr(treadle: Call, tmp_path: Path) -> None:
    (tmp_path / "treadle.toml").write_text("[job.a]\nrun = 'exit 3'\n")
    done = treadle("run", "--json")
    facts = [json.loads(line) for line in done.stdout.splitlines()]

    assert done.returncode == 1
    assert [fact["type"] for fact in facts] == [
        "run.started",
        "job.started",
        "job.ended",
        "run.ended",
    ]
    assert facts[0]["schema"] == 1
    assert "a: exit 3" in done.stderr
