"""Which workflow file is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from treadle.errors import WorkflowError
from treadle.workflow import find

if TYPE_CHECKING:
    from pathlib import Path


def test_the_nearest_file_upward_is_found(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert find(deep) is None
    (tmp_path / "treadle.toml").touch()
    assert find(deep) == tmp_path / "treadle.toml"
    (tmp_path / "a" / "pyproject.toml").write_text("[project]\nname = 'treadle-user'\n")
    assert find(deep) == tmp_path / "treadle.toml"
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.treadle.job.a]\nrun = 'x'\n")
    assert find(deep) == tmp_path / "a" / "pyproject.toml"
    (tmp_path / "a" / "treadle.toml").touch()
    assert find(deep) == tmp_path / "a" / "treadle.toml"


def test_the_search_ends_at_the_root_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / "treadle.toml").touch()
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    (tmp_path / "repo" / "sub").mkdir()
    assert find(tmp_path / "repo" / "sub") is None


def test_the_search_does_not_enter_folders_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    (tmp_path / "treadle.toml").touch()
    (tmp_path / "mine").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    assert find(tmp_path / "mine") is None


def test_a_broken_pyproject_that_speaks_of_treadle_is_told(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "pyproject.toml").write_text("[tool.other\n")
    with_treadle = "[tool.treadle\n"
    assert find(tmp_path) is None
    (tmp_path / "pyproject.toml").write_text(with_treadle)
    with pytest.raises(WorkflowError, match=r"pyproject.toml:1:14: "):
        find(tmp_path)
