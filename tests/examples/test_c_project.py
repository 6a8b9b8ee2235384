from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

Run: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]
Copy: TypeAlias = Callable[[str], Path]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed"),
]


def test_the_c_project_is_built_and_tested_in_two_ways(treadle: Run, copy: Copy) -> None:
    folder = copy("examples/c_project")
    before = {path.name for path in folder.iterdir()}
    done = treadle(folder, "run")
    assert (done.returncode, done.stderr) == (0, "")
    sizes = re.fullmatch(
        r"debug (\d+) bytes, release (\d+) bytes\n", (folder / "build/report").read_text()
    )
    assert sizes is not None
    programs = [folder / "build" / kind / "wordrank" for kind in ("debug", "release")]
    assert [program.stat().st_size for program in programs] == [
        int(size) for size in sizes.groups()
    ]
    assert {path.name for path in folder.iterdir()} - before == {"build", ".treadle"}
    assert not (folder / "build" / "scratch").exists()


def ran(done: subprocess.CompletedProcess[str]) -> set[str]:
    assert (done.returncode, done.stderr) == (0, "")
    return set(re.findall(r"^\[.*\] ok +\S+ +(\S+)", done.stdout, re.MULTILINE))


def test_an_edit_of_the_c_project_builds_only_what_it_concerns(treadle: Run, copy: Copy) -> None:
    folder = copy("examples/c_project")
    assert len(ran(treadle(folder, "run", NO_SANITIZER="1"))) == 24
    source = folder / "src" / "text.c"
    source.touch()
    assert ran(treadle(folder, "run", NO_SANITIZER="1")) == {"tidy"}

    with source.open("a") as file:
        file.write("/* a remark */\n")
    compiled = {f"compile[{kind},src/text.c]" for kind in ("debug", "release")}
    assert ran(treadle(folder, "run", NO_SANITIZER="1")) == {"tidy", *compiled}

    with source.open("a") as file:
        file.write("extern int more;\nint more = 1;\n")
    done = ran(treadle(folder, "run", NO_SANITIZER="1"))
    assert compiled | {"link[debug]", "test[release,tests/text.c]", "report"} <= done
    assert not {"folders", "compile[debug,src/table.c]"} & done


def test_the_release_of_the_c_project_has_no_test_of_assertions(treadle: Run, copy: Copy) -> None:
    listed = treadle(copy("examples/c_project"), "list", "--all", "test").stdout
    assert "test[debug,tests/asserts.c]" in listed
    assert "test[release,tests/vector.c]" in listed
    assert "test[release,tests/asserts.c]" not in listed


def test_a_mistake_in_the_c_project_fails_its_run_and_is_tidied_up_after(
    treadle: Run, copy: Copy
) -> None:
    folder = copy("examples/c_project")
    (folder / "tests" / "text.c").write_text("int main(void) { return 3; }\n")
    done = treadle(folder, "run", "-k", "tests", "tidy")
    assert done.returncode == 1
    assert "test[debug,tests/text.c]: exit 3" in done.stdout
    assert "test[release,tests/text.c]: exit 3" in done.stdout
    assert "2 failed" in done.stdout
    assert not (folder / "build" / "scratch").exists()


def test_the_c_project_may_be_built_where_there_are_no_sanitizers(treadle: Run, copy: Copy) -> None:
    folder = copy("examples/c_project")
    done = treadle(folder, "run", "sanitize", NO_SANITIZER="1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "only when NO_SANITIZER is not set" in done.stdout
    assert not (folder / "build" / "sanitized").exists()
    file = folder / "treadle.toml"
    file.write_text(file.read_text().replace("-fsanitize=address", "-fsanitize=nonsense"))
    done = treadle(folder, "run", "sanitize")
    assert (done.returncode, done.stderr) == (0, "")
    assert not (folder / "build" / "sanitized").exists()
