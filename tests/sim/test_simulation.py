"""The whole driver in virtual time, through 2,000 random stories."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator

import pytest

from treadle.testing import Story, simulate

SEEDS = 2000
PARTS = 20


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Stories are full of planned failures: their logs would drown a real one."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("part", range(PARTS))
def test_every_seed_keeps_the_promises_and_replays_to_the_byte(part: int) -> None:
    for seed in range(part, SEEDS, PARTS):
        first = simulate(seed)
        assert "\n".join(first.trace) == "\n".join(simulate(seed).trace), f"seed {seed} differs"


def test_the_stories_are_worth_telling() -> None:
    """Each kind of event and of end occurs: the simulation does not pass by doing nothing."""
    stories = [simulate(seed) for seed in range(200)]
    said = Counter(line.split()[1].split("(")[0] for s in stories for line in s.trace)
    ends = Counter(type(story.error).__name__ for story in stories)
    outcomes = Counter(str(outcome) for story in stories for _, outcome in story.collected)

    assert {"begin", "offered", "skipped", "launch", "ended", "collected", "tick", "halt"} <= set(
        said
    )
    assert {"NoneType", "RunInterrupted", "KeyboardInterrupt", "SystemExit", "Mishap"} <= set(ends)
    assert {"exited", "signalled", "timed_out", "interrupted", "stuck", "None"} <= set(outcomes)


def test_a_broken_promise_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check can fail: an executor that forgets to stop is found out."""
    story = Story(0)
    monkeypatch.setattr(type(story.executor), "running", property(lambda _: ["ghost"]))

    with pytest.raises(AssertionError, match="ghost"):
        story.run()
