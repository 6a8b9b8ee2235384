"""What the pages on runs show is a workflow without mistakes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from treadle.workflow.load import load_plan

HOWTO = Path(__file__).parents[2] / "docs/howto"
PAGES = (
    "clean-up-afterwards", "keep-a-secret", "pass-a-value", "retry-a-job", "run-only-what-changed",
    "stop-the-whole-run",
)  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_shows_can_be_loaded(folder: Path, page: str) -> None:
    text = (HOWTO / f"{page}.md").read_text(encoding="utf-8")
    shown = re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert shown
    for number, block in enumerate(shown):
        path = folder / f"{number}.toml"
        path.write_text(block if "[job" in block else f"{block}[job.a]\nrun = 'true'\n")
        assert load_plan(path).jobs
    assert f"{page}\n" in (HOWTO / "index.md").read_text(encoding="utf-8")
