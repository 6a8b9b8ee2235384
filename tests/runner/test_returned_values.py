"""What functions return is what the functions that take it are made of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from treadle import Workflow
from treadle.runner import run


@pytest.mark.parametrize(
    "read",
    [Path.read_text, Path.read_bytes, lambda path: {path.read_text()}],
    ids=["json", "bytes", "set"],
)
def test_a_function_runs_again_when_another_one_returns_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Callable[[Path], Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    source, made = tmp_path / "source", tmp_path / "made"

    def go() -> tuple[set[str], set[str]]:
        workflow = Workflow("values")

        @workflow.job()
        def fetch() -> Any:
            return read(Path("source"))

        @workflow.job(needs=[fetch], outputs=["made"])
        def use(fetch: Any) -> None:
            Path("made").write_text(repr(fetch))

        result = run(workflow, store=True)
        assert result.success
        return set(result.good), set(result.unchanged)

    source.write_text("one")
    assert go() == ({"fetch", "use"}, set())
    assert go() == ({"fetch"}, {"use"})
    source.write_text("two")
    assert go() == ({"fetch", "use"}, set())
    assert "two" in made.read_text()
