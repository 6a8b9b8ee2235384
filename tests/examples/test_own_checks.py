"""The `treadle.toml` of this repository: its own checks."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

Run: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]

ROOT = Path(__file__).parents[2]


@pytest.fixture
def jobs(treadle: Run) -> dict[str, dict[str, Any]]:
    done = treadle(ROOT, "list", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return {job["name"]: job for job in json.loads(done.stdout)}


def test_the_checks_of_this_repository_have_no_mistake(treadle: Run) -> None:
    done = treadle(ROOT, "check")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"treadle\.toml: \d+ jobs, 1 queue, no mistakes\n", done.stdout)


def test_lint_names_the_checks_that_are_quick(treadle: Run) -> None:
    done = treadle(ROOT, "list", "--all", "lint")
    assert (done.returncode, done.stderr) == (0, "")
    names = {line.split()[0] for line in done.stdout.partition("\n\n")[0].splitlines()}
    assert names == {"environment", "tools[lint]", "ruff", "format", "mypy", "layers"}


def recipe(target: str) -> list[str]:
    text = (ROOT / "Makefile").read_text()
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", text, re.MULTILINE)
    assert found is not None, target
    lines = found[1].replace("$(PY)", ".venv/bin/python").replace("$(VENV)", ".venv")
    return [line.strip() for line in lines.splitlines()]


@pytest.mark.parametrize("target", ["lint", "docs", "bench-smoke", "wheel"])
def test_the_checks_run_the_commands_of_the_makefile(
    target: str, jobs: dict[str, dict[str, Any]]
) -> None:
    commands = "\n".join(str(job["command"]) for job in jobs.values())
    assert [line for line in recipe(target) if line not in commands] == []


@pytest.mark.parametrize("target", ["test", "proof", "demo"])
def test_what_the_readme_names_is_run_as_it_is_named(
    target: str, jobs: dict[str, dict[str, Any]]
) -> None:
    assert [job for job in jobs.values() if f"make {target}" in job["command"]] != []


def test_what_measures_or_writes_to_the_environment_has_the_machine_for_itself(
    jobs: dict[str, dict[str, Any]],
) -> None:
    assert {job["queue"] for job in jobs.values()} == {"machine"}
    whole = {job["family"] for job in jobs.values() if job["tokens"] == 8}
    assert whole == {"environment", "tools", "tests", "proof", "demo", "bench-smoke"}
    assert {job["tokens"] for job in jobs.values()} == {1, 8}
