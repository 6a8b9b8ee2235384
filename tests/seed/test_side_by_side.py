"""The same program on e3-core and on treadle: what is kept prints the same."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Python = Callable[..., subprocess.CompletedProcess[str]]

_PROGRAMS = Path(__file__).parent / "programs"


def _on(world: str, text: str, python: Python, *arguments: str) -> str:
    if world == "treadle, by its own names":
        text = re.sub(r"\be3\.(job|collection|anod)\b", r"treadle.\1", text)
    options = ("-m", "treadle.e3") if world == "treadle" else ()
    done = python(text, *options, arguments=arguments, PYTHONHASHSEED="0")
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


@pytest.mark.proof
@pytest.mark.parametrize("world", ["treadle", "treadle, by its own names"])
@pytest.mark.parametrize(
    "name", ["trace", "scheduler", "process_job", "walk", "graph", "interrupt"]
)
def test_a_program_prints_what_it_prints_on_e3_core(name: str, world: str, python: Python) -> None:
    text = (_PROGRAMS / f"{name}.py").read_text()
    expected = _on("e3-core", text, python)

    assert expected.count("\n") > 5
    assert _on(world, text, python) == expected


def _statuses(world: str, python: Python, count: int) -> list[str]:
    text = (_PROGRAMS / "testsuite.py").read_text()
    return sorted(_on(world, text, python, str(count)).splitlines())


@pytest.mark.proof
def test_p03_an_e3_testsuite_run_has_the_same_results(python: Python) -> None:
    theirs, ours = (_statuses(world, python, 200) for world in ("e3-core", "treadle"))

    assert len(ours) == 201
    assert {line.split()[1] for line in ours} >= {"PASS", "FAIL", "XFAIL", "SKIP", "ERROR"}
    assert ours == theirs
