"""The attempt's table: what the documentation draws is what the code does."""

from __future__ import annotations

import itertools

import pytest

from treadle.engine import TRANSITIONS, Attempt, AttemptState, EngineError, JobSpec, Trigger
from treadle.engine.readiness import Node


@pytest.mark.parametrize(
    ("state", "trigger"), list(itertools.product(AttemptState, Trigger)), ids=str
)
def test_an_attempt_moves_by_the_table_and_by_nothing_else(
    state: AttemptState, trigger: Trigger
) -> None:
    attempt = Attempt(Node("a"), 1, JobSpec(), 0)
    attempt.state = state
    if (state, trigger) in TRANSITIONS:
        assert attempt.move(trigger) is TRANSITIONS[state, trigger]
        assert attempt.state is TRANSITIONS[state, trigger]
    else:
        with pytest.raises(EngineError, match=f"{trigger.name} while {state.name}"):
            attempt.move(trigger)
        assert attempt.state is state


def test_every_state_can_reach_the_end_and_nothing_leaves_it() -> None:
    reaches = {AttemptState.ENDED}
    for _ in AttemptState:
        reaches |= {state for (state, _), after in TRANSITIONS.items() if after in reaches}

    assert reaches == set(AttemptState)
    assert not [state for state, _ in TRANSITIONS if state is AttemptState.ENDED]
