"""A wrong name is told with the one that was probably meant."""

from __future__ import annotations

import random
import time

import pytest

from treadle.workflow.limits import MAX_CANDIDATES
from treadle.workflow.spelling import closest

NAMES = [f"compile_{number}" for number in range(MAX_CANDIDATES - 1)] + ["publish"]


@pytest.mark.parametrize("slip", ["publihs", "pubish", "publissh", "Publish", "xublish", "publisx"])
def test_a_slip_of_the_finger_is_found_among_thousands(slip: str) -> None:
    assert closest(slip, NAMES) == "publish"


def test_nothing_is_proposed_for_what_is_like_nothing() -> None:
    assert closest("docs", NAMES) is None
    assert closest("docs", []) is None
    assert closest("x" * 1000, ["x" * 1001]) is None


@pytest.mark.parametrize("length", [10, 100])
def test_names_that_are_all_alike_take_a_bounded_time(length: int) -> None:
    chance = random.Random(1)
    names = ["".join(chance.choices("ab", k=length)) for _ in range(MAX_CANDIDATES)]
    before = time.thread_time()
    assert closest(names[0][1:] + "a", names) in names

    assert time.thread_time() - before < 1  # seconds of the processor; difflib takes 4 for all
