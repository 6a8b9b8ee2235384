"""Jobs that take tokens of several queues, all at once; every step ends with the invariants."""

from __future__ import annotations

from typing import Any

import pytest

from treadle.engine import Engine, Finish, JobSpec, Outcome, Start, Stop, Summary
from treadle.engine.check import invariants


class Bench:
    """An engine whose jobs are all ready: the test queues, starts and ends them."""

    def __init__(self, uids: str, **queues: float) -> None:
        self.engine = Engine([(uid, ()) for uid in uids], queues)
        self.engine.begin(0.0)

    def push(self, uid: str, priority: float = 0, **tokens: float) -> None:
        """Queue the job; the first queue named is its own."""
        (queue, own), *further = tokens.items()
        spec = JobSpec(queue, own, priority, timeout=10, grace=0, further=tuple(further))
        assert self.engine.offered(uid, spec, 0.0) == []
        invariants(self.engine)

    def launch(self) -> str:
        """Start all that fit, one after the other; their ids."""
        started: list[Any] = []
        while commands := self.engine.launch(0.0):
            (start,) = commands
            assert isinstance(start, Start)
            self.engine.started(start.uid, start.attempt, 0.0)
            started.append(start.uid)
            invariants(self.engine)
        return "".join(started)

    def end(self, uid: str, requeue: bool = False) -> None:
        """End and collect the active attempt."""
        self.engine.ended(uid, self.engine.active[uid].number, Outcome.EXITED, 0.0)
        self.engine.collected(uid, requeue, 0.0, 0.0)
        invariants(self.engine)

    @property
    def free(self) -> dict[str, float]:
        return {name: queue.free for name, queue in self.engine.queues.by_name.items()}


def test_all_tokens_are_taken_together_and_given_back_together() -> None:
    bench = Bench("a", x=3, y=2, z=1)
    bench.push("a", y=2, x=1)

    assert bench.launch() == "a"
    assert bench.free == {"x": 2, "y": 0, "z": 1}

    bench.end("a")

    assert bench.free == {"x": 3, "y": 2, "z": 1}


def test_nothing_is_taken_while_one_queue_has_too_few() -> None:
    bench = Bench("ab", x=2, y=1)
    bench.push("a", y=1)
    assert bench.launch() == "a"
    bench.push("b", x=2, y=1)

    assert bench.launch() == ""
    assert bench.free == {"x": 2, "y": 0}

    bench.end("a")

    assert bench.launch() == "b"


@pytest.mark.parametrize("own", ["x", "y"])
def test_F04_nobody_overtakes_a_job_in_any_of_its_queues(own: str) -> None:
    bench = Bench("abcd", x=2, y=1)
    bench.push("a", y=1)
    assert bench.launch() == "a"
    bench.push("b", **({"x": 1, "y": 1} if own == "x" else {"y": 1, "x": 1}))
    bench.push("c", x=1)
    bench.push("d", y=1)

    assert bench.launch() == ""

    bench.end("a")

    assert sorted(bench.launch()) == ["b", "c"]


def test_who_becomes_head_in_one_line_is_looked_at_though_it_was_blocked_in_another() -> None:
    bench = Bench("abcde", x=1, y=1, z=1)
    bench.push("a", y=1, z=1)
    assert bench.launch() == "a"
    bench.push("b", z=1, y=1)
    bench.push("c", x=1, z=1)
    bench.push("d", x=1)
    assert bench.launch() == ""

    bench.end("a")

    assert bench.launch() == "b"
    bench.end("b")
    assert bench.launch() == "c"
    bench.end("c")
    assert bench.launch() == "d"


def test_the_line_of_each_further_queue_goes_on_when_its_head_starts() -> None:
    """The queue `x` was found to have nothing to do; it is looked at again."""
    bench = Bench("abcd", x=3, y=1)
    bench.push("a", y=1)
    assert bench.launch() == "a"
    bench.push("b", y=1, x=1)
    bench.push("c", x=2)
    assert bench.launch() == ""

    bench.end("a")

    assert sorted(bench.launch()) == ["b", "c"]


def test_two_jobs_that_want_the_same_two_queues_do_not_block_each_other() -> None:
    bench = Bench("ab", x=1, y=1)
    bench.push("a", x=1, y=1)
    bench.push("b", y=1, x=1)

    assert bench.launch() == "a"
    bench.end("a")
    assert bench.launch() == "b"


def test_priority_decides_in_every_line() -> None:
    bench = Bench("abc", x=1, y=1)
    bench.push("a", x=1)
    bench.push("b", y=1)
    bench.push("c", priority=1, x=1, y=1)

    assert bench.launch() == "c"
    bench.end("c")
    assert sorted(bench.launch()) == ["a", "b"]


def test_a_requeued_job_stands_in_all_lines_again() -> None:
    bench = Bench("ab", x=1, y=1)
    bench.push("a", x=1, y=1)
    assert bench.launch() == "a"
    bench.push("b", y=1)
    bench.end("a", requeue=True)
    bench.push("a", x=1, y=1)

    assert bench.launch() == "b"
    bench.end("b")
    assert bench.launch() == "a"
    assert bench.engine.active["a"].number == 2


def test_a_stuck_attempt_keeps_the_tokens_of_all_its_queues_until_it_ends() -> None:
    bench = Bench("abc", x=1, y=1)
    bench.push("a", x=1, y=1)
    assert bench.launch() == "a"
    bench.push("b", y=1)
    assert any(isinstance(command, Stop) for command in bench.engine.tick(10.0))
    bench.engine.collected("a", False, 0.0, 10.0)
    bench.engine.skipped("c", 10.0)

    assert bench.launch() == ""
    assert bench.engine.stalled
    assert bench.free == {"x": 0, "y": 0}

    assert bench.engine.ended("a", 1, Outcome.EXITED, 11.0) == []

    assert bench.free["x"] == 1
    assert bench.launch() == "b"


@pytest.mark.parametrize("name", ["x", "y"])
def test_more_tokens_in_any_queue_let_the_job_start(name: str) -> None:
    bench = Bench("ab", x=2, y=2)
    bench.push("a", x=1, y=1)
    assert bench.launch() == "a"
    bench.push("b", x=2 if name == "x" else 1, y=2 if name == "y" else 1)
    assert bench.launch() == ""

    bench.engine.resized(name, 3, 0.0)

    assert bench.launch() == "b"


def test_a_job_that_lost_its_tokens_to_a_resize_stalls_the_run() -> None:
    bench = Bench("a", x=1, y=2)
    bench.push("a", x=1, y=2)
    bench.engine.resized("y", 1, 0.0)

    assert bench.launch() == ""
    assert bench.engine.stalled


def test_a_halt_drops_a_job_once_however_many_lines_it_stands_in() -> None:
    bench = Bench("abc", x=1, y=1)
    bench.push("a", x=1, y=1)
    bench.push("b", y=1, x=1)
    bench.push("c", y=1)

    assert bench.engine.halt("test", 0.0) == [Finish(Summary(0, 3, ()))]
    assert bench.engine.queues.waiting == 0
    assert [len(list(queue.line)) for queue in bench.engine.queues.by_name.values()] == [0, 0]


def test_a_fact_says_once_that_a_dropped_job_was_aborted() -> None:
    engine = Engine([("a", ())], {"x": 1, "y": 1}, record=True)
    engine.begin(0.0)
    engine.offered("a", JobSpec("x", further=(("y", 1),)), 0.0)
    engine.halt("test", 0.0)

    assert [fact.kind for fact in engine.facts].count("aborted") == 1


def test_fractions_of_several_queues_add_up_to_the_whole_again() -> None:
    bench = Bench("abcdefghij", x=1, y=1)
    for uid in "abcdefghij":
        bench.push(uid, x=0.1, y=0.1)
    started = bench.launch()
    for uid in started:
        bench.end(uid)

    assert bench.free == {"x": 1, "y": 1}


def test_a_refusal_names_the_further_queue() -> None:
    queues = Engine([], {"cpu": 2, "gpu": 1}).queues

    assert queues.refusal(JobSpec("cpu", 1, further=(("gpu", 1),))) is None
    assert queues.refusal(JobSpec("cpu", 1, further=(("gpu", 5),))) == (
        "asks for 5 tokens of queue 'gpu', which has 1; ask for fewer or give the queue more"
    )
    assert queues.refusal(JobSpec("cpu", 1, further=(("nope", 1),))) == (
        "wants queue 'nope', which does not exist; there are: 'cpu', 'gpu'"
    )
    assert queues.refusal(JobSpec("cpu", 1, further=(("cpu", 1),))) == (
        "names queue 'cpu' twice; name it once, with all its tokens"
    )
