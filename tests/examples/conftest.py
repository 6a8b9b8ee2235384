from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_MADE = shutil.ignore_patterns("out", "build", ".treadle", ".snakemake", "__pycache__", ".doit.db*")


@pytest.fixture
def call(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a program in a folder; what programs keep in a home or for a while is in tmp_path."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TREADLE_")}
    places = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "TMPDIR"), str(tmp_path))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    def call(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            arguments,
            cwd=folder,
            env=kept | places | {"PATH": path, "PYTHONPATH": str(ROOT / "src")} | env,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )

    return call


@pytest.fixture
def treadle(
    call: Callable[..., subprocess.CompletedProcess[str]],
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command in a folder."""

    def treadle(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return call(folder, sys.executable, "-m", "treadle", *arguments, **env)

    return treadle


@pytest.fixture
def copy(tmp_path: Path) -> Callable[[str], Path]:
    """Gives a copy of a folder of the repository, without what was made in it."""

    def copy(name: str) -> Path:
        return Path(shutil.copytree(ROOT / name, tmp_path / Path(name).name, ignore=_MADE))

    return copy
