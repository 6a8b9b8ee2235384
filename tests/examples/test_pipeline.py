"""examples/pipeline: functions as jobs, by themselves and with the command line."""

from __future__ import annotations

import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

Run: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]
Copy: TypeAlias = Callable[[str], Path]


def characters() -> int:
    unused = ("Cn", "Co", "Cs")
    return sum(unicodedata.category(chr(code)) not in unused for code in range(0x40000))


def test_the_pipeline_prints_its_table(call: Run, copy: Copy) -> None:
    folder = copy("examples/pipeline")
    done = call(folder, sys.executable, "pipeline.py")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split(" characters")[0].strip().replace(",", "") == str(characters())


def test_the_command_runs_the_same_file(treadle: Run, copy: Copy) -> None:
    folder = copy("examples/pipeline")
    done = treadle(folder, "run", "-f", "pipeline.py")

    assert (done.returncode, done.stderr) == (0, "")
    assert "done: 9 jobs" in done.stdout
    assert (folder / "out" / "unicode.txt").read_text().count("\n") == 8


@pytest.mark.slow
def test_a_second_run_calls_only_functions_that_were_edited(
    treadle: Run, call: Run, copy: Copy
) -> None:
    folder = copy("examples/pipeline")
    assert call(folder, sys.executable, "pipeline.py").returncode == 0
    again = treadle(folder, "run", "-f", "pipeline.py")
    assert "done: 9 unchanged, 0 ok of 9 jobs" in again.stdout

    program = folder / "pipeline.py"
    text = program.read_text()
    program.write_text(text.replace("most_common(5)", "most_common(4)"))
    edited = treadle(folder, "run", "-f", "pipeline.py")
    assert re.findall(r"\] ok +\S+ +(\S+)", edited.stdout) == ["table", "count"]
    assert (folder / "out" / "unicode.txt").read_text().count("\n") == 7
