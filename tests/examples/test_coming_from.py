"""The pages that begin with "Coming from" show a workflow in two tools; both do the same."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pytest

Run: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]
Copy: TypeAlias = Callable[[str], Path]


def greets(folder: Path) -> None:
    """Check what the program says."""
    done = subprocess.run([folder / "build/greet", "you"], stdout=subprocess.PIPE, check=True)
    assert done.stdout == b"Hello, you.\n"
    assert {path.name for path in (folder / "build").iterdir()} == {"greet", "greet.o", "main.o"}


def packed(folder: Path) -> None:
    """Check that each text is there in two ways, and whole."""
    found = {path.name: gzip.decompress(path.read_bytes()) for path in folder.glob("out/*")}
    assert found == {
        f"{text.stem}.{level}.gz": text.read_bytes()
        for text in folder.glob("texts/*")
        for level in (1, 9)
    }
    assert len(found) == 6


def counted(folder: Path) -> None:
    """Check the sum."""
    assert (folder / "out" / "report").read_text() == "27\n"


class Pair(NamedTuple):
    """A folder of workflows, how each is run, and what must have come out."""

    folder: str
    treadle: list[str]
    other: list[str]
    check: Callable[[Path], None]


PAIRS = {
    "make": Pair("make", ["run", "-j2", "test"], ["make", "-j2", "test"], greets),
    "parallel": Pair("gnu_parallel", ["run", "-j2"], ["sh", "pack.sh"], packed),
    "doit": Pair("doit_and_task", ["run", "-j2"], ["doit", "-n", "2"], counted),
    "task": Pair("doit_and_task", ["run", "-j2"], ["task", "-C", "2"], counted),
    "snakemake": Pair(
        "snakemake",
        ["run", "-j2"],
        ["snakemake", "--cores", "2", "--resources", "disk=1"],
        counted,
    ),
    "luigi": Pair(
        "luigi",
        ["run", "-f", "workflow.py"],
        [sys.executable, "-m", "luigi", "--module", "words", "Report", "--local-scheduler"],
        counted,
    ),
}


def there(tool: str) -> bool:
    beside = shutil.which(tool, path=str(Path(sys.executable).parent))
    found = find_spec(tool) if tool == "luigi" else beside or shutil.which(tool)
    return found is not None


def folder_of(pair: Pair, copy: Copy) -> Path:
    if pair.check is greets and shutil.which("cc") is None:
        pytest.skip("cc is not installed")
    return copy(f"docs/snippets/coming_from/{pair.folder}")


@pytest.mark.parametrize("tool", PAIRS)
def test_the_workflow_for_treadle_does_what_the_page_says(
    tool: str, treadle: Run, copy: Copy
) -> None:
    pair = PAIRS[tool]
    folder = folder_of(pair, copy)
    done = treadle(folder, *pair.treadle)
    assert (done.returncode, done.stderr) == (0, "")
    pair.check(folder)


# One file of each, and the jobs that run when it is edited; what comes first always runs.
EDITED = {
    "make": ("src/main.c", "test", {"compile[main]", "link"}),
    "parallel": ("texts/owl.txt", "", {"pack[owl,1]", "pack[owl,9]"}),
    "doit": ("texts/owl.txt", "", {"count[owl]", "report"}),
    "snakemake": ("texts/owl.txt", "", {"count[owl]", "report"}),
    "luigi": ("texts/owl.txt", "", {"count[owl]", "report"}),
}


@pytest.mark.proof
@pytest.mark.parametrize("tool", EDITED)
def test_the_workflow_for_treadle_runs_again_only_what_an_edit_concerns(
    tool: str, treadle: Run, copy: Copy
) -> None:
    pair = PAIRS[tool]
    folder = folder_of(pair, copy)
    name, always, behind = EDITED[tool]

    def ran() -> set[str]:
        done = treadle(folder, *pair.treadle)
        assert (done.returncode, done.stderr) == (0, "")
        return set(re.findall(r"^\[.*\] ok +\S+ +(\S+)", done.stdout, re.MULTILINE))

    assert ran() > behind
    assert ran() == set(always.split())
    edited = folder / name
    edited.write_text(edited.read_text().replace("the", "some") + "\nint owls;\n")
    assert ran() == {*always.split(), *behind}
    assert ran() == set(always.split())


@pytest.mark.slow
@pytest.mark.parametrize("tool", PAIRS)
def test_the_workflow_for_the_other_tool_does_the_same(tool: str, call: Run, copy: Copy) -> None:
    if not there(tool):
        pytest.skip(f"{tool} is not installed")
    pair = PAIRS[tool]
    folder = folder_of(pair, copy)
    done = call(folder, *pair.other, PYTHONPATH=str(folder))
    assert done.returncode == 0, done.stderr
    pair.check(folder)
