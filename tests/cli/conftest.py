from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

SOURCE = Path(__file__).parents[2] / "src"
COMMAND = [sys.executable, "-m", "treadle"]
_OURS = ("TREADLE_", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CI")


@pytest.fixture
def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return kept | {"PYTHONPATH": str(SOURCE), "TERM": "xterm", "PYTHONWARNINGS": "error"}


@pytest.fixture
def treadle(
    tmp_path: Path, environment: dict[str, str]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the real command in an empty folder."""
    (tmp_path / ".git").mkdir()

    def call(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=tmp_path,
            env=environment | env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return call
