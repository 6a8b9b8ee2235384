from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from treadle.errors import WorkflowError
from treadle.workflow import Plan, load_plan

Load = Callable[..., Plan]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads a workflow file, and further files beside it."""

    def load(text: str, **files: str) -> Plan:
        for name, more in files.items():
            (tmp_path / f"{name}.toml").write_text(more)
        (tmp_path / "treadle.toml").write_text(text)
        return load_plan(tmp_path / "treadle.toml")

    return load


@pytest.fixture
def mistakes(load: Load) -> Callable[..., list[str]]:
    """Loads a file that is wrong; gives its mistakes, without the name of the file."""

    def mistakes(text: str, **files: str) -> list[str]:
        with pytest.raises(WorkflowError) as caught:
            load(text, **files)
        return [message.split("treadle.toml:")[-1] for message in caught.value.messages]

    return mistakes
