"""The short ways of the engine come to the same as the long ones."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.engine import Attempt, Collect, EngineError, JobSpec, Outcome, longest_remaining_path
from treadle.engine.express import Express, path_lengths
from treadle.engine.readiness import Readiness

SPEC = JobSpec()


@st.composite
def graphs(draw: st.DrawFn) -> list[tuple[int, list[int]]]:
    """Acyclic graphs; half of them have jobs before those that they need."""
    n = draw(st.integers(0, 12))
    graph = [
        (i, draw(st.lists(st.integers(0, i - 1), unique=True, max_size=4)) if i else [])
        for i in range(n)
    ]
    return draw(st.permutations(graph)) if draw(st.booleans()) else graph


def express(graph: Any, tokens: int = 2) -> Express[Attempt]:
    return Express(graph, {"default": tokens}, make=Attempt)


@given(graphs())
def test_the_length_of_paths_is_that_of_the_other_way_or_not_known(graph: Any) -> None:
    found = path_lengths(Readiness(graph).nodes)
    if found is not None:
        assert found == longest_remaining_path(graph)
    place = {uid: at for at, (uid, _) in enumerate(graph)}
    in_order = all(place[need] < place[uid] for uid, needs in graph for need in needs)
    assert (found is not None) is in_order


@given(graphs(), st.booleans(), st.integers(1, 3))
@settings(max_examples=200)
def test_every_job_runs_once_after_what_it_needs(graph: Any, flat: bool, tokens: int) -> None:
    engine = express(graph, tokens)
    engine.order_by("critical-path", flat=flat)
    done: list[Any] = []
    for node in engine.first():
        engine.queue(node, SPEC)
    while (attempt := engine.next(0.0)) is not None:
        running = [attempt]
        while (more := engine.next(0.0)) is not None:
            running.append(more)
        assert len(running) <= tokens
        for one in running:
            done.append(one.node.uid)
            for node in engine.done(one) or ():
                engine.queue(node, SPEC)
    needs = dict(graph)
    assert sorted(done) == sorted(needs)
    place = {uid: at for at, uid in enumerate(done)}
    assert all(place[need] < place[uid] for uid in done for need in needs[uid])
    assert engine.finished


def started(engine: Express[Attempt]) -> Attempt:
    for node in engine.first():
        engine.queue(node, JobSpec(timeout=1.0, grace=1.0))
    attempt = engine.next(0.0)
    assert attempt is not None
    return attempt


def test_an_attempt_that_was_stopped_takes_the_long_way() -> None:
    engine = express([("a", [])])
    attempt = started(engine)
    engine.tick(1.0)
    assert engine.done(attempt) is None
    (collect,) = engine.ended("a", 1, Outcome.EXITED, 1.5)
    assert collect == Collect("a", 1, Outcome.TIMED_OUT)
    engine.collected("a", False, 0.0, 1.5)
    assert engine.finished


def test_an_attempt_that_was_given_up_is_not_done_when_it_ends_late() -> None:
    engine = express([("a", [])])
    attempt = started(engine)
    engine.tick(1.0)
    assert engine.tick(2.0)[-1] == Collect("a", 1, Outcome.STUCK)
    assert engine.done(attempt) is None
    assert engine.ended("a", 1, Outcome.EXITED, 3.0) == []
    assert engine.queues.by_name["default"].free == 2


def test_a_deadline_is_gone_with_the_job() -> None:
    engine = express([("a", [])])
    assert engine.done(started(engine)) == []
    assert engine.next_deadline() is None


def test_a_graph_must_be_whole() -> None:
    with pytest.raises(EngineError, match="'a' needs 'b', which does not exist"):
        express([("a", ["b"])])
