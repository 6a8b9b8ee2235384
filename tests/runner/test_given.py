"""What jobs leave for others, and how much of it is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.runner.incremental.given import RETURNED, Given, packed, unpacked
from treadle.workflow import load_plan

FILE = """
[job.a]
run = "true"
[job.b]
run = "echo ${{ a.x }}"
needs = ["a"]
[job.c]
run = "true"
env = { TOKEN = "${{ a.token }}", PLAIN = "${{ a.y }}" }
secret = ["TOKEN"]
needs = ["a"]
"""


@pytest.fixture
def known(tmp_path: Path) -> tuple[Given, Any]:
    (tmp_path / "treadle.toml").write_text(FILE)
    plan = load_plan(tmp_path / "treadle.toml")
    return Given(plan, list(plan.jobs)), plan


def test_I07_what_becomes_a_secret_of_another_job_is_not_kept(known: tuple[Given, Any]) -> None:
    found, plan = known
    assert found.to_keep("a", {"x": "1", "token": "s3cret", "z": "?"}) == {"x": "1", "z": "?"}
    assert list(found.used_by(plan.jobs["c"])) == [("a", "y")]
    assert found.lacks("a", {"x": "1", "y": "2"})


def test_a_job_lacks_what_is_used_and_was_not_kept(known: tuple[Given, Any]) -> None:
    found, plan = known
    only_b = Given(plan, ["a", "b"])
    assert not only_b.lacks("a", {"x": "1"})
    assert only_b.lacks("a", {"y": "1"})
    assert only_b.lacks("a", None)
    assert not only_b.lacks("b", None)
    assert only_b.to_keep("b", {"x": "1"}) == {}
    assert not found.is_returned("a")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_what_json_can_say_comes_back_as_it_was(value: Any) -> None:
    kept = packed(value)
    assert list(kept) == [RETURNED]
    back = unpacked(kept)
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        (1, 2),
        {1: 2},
        [(1,)],
        {"a": {2}},
        b"x",
        float("nan"),
        object(),
        "x" * (1 << 20),
        [True, {0}],
    ],
    ids=repr,
)
def test_what_would_come_back_as_something_else_is_not_kept(value: Any) -> None:
    assert packed(value) == {}
