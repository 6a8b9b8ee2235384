"""The programs of the zoo, and how each is started."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).with_name("programs")


class Program(NamedTuple):
    """One trick: the file's name begins with its id in the fault matrix."""

    name: str
    argv: tuple[str, ...]

    @property
    def fault(self) -> str:
        return self.name[:3].upper()


def programs(binaries: Path) -> list[Program]:
    """All programs; those in C are compiled into this folder, or left out without a compiler."""
    found = [_script(path) for path in FOLDER.glob("b*") if path.suffix in (".py", ".sh")]
    if shutil.which("gcc"):
        found += [_compiled(path, binaries) for path in FOLDER.glob("b*.c")]
    return sorted(found)


def _script(path: Path) -> Program:
    if path.suffix == ".sh":
        return Program(path.stem, ("sh", str(path)))
    # Without site-packages: a program is there in 10 ms.
    code = f"import zoo.programs.{path.stem}"
    return Program(path.stem, (sys.executable, "-S", "-s", "-c", code))


def _compiled(path: Path, binaries: Path) -> Program:
    binary = binaries / path.stem
    command = ["gcc", "-O1", "-Wall", "-Wextra", "-pthread", "-o", str(binary), str(path)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return Program(path.stem, (str(binary),))
