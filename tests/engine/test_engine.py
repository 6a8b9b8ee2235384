"""The engine by its command lists; every test ends with the invariants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

import pytest

from treadle.engine import (
    Begin,
    Collect,
    Collected,
    Command,
    Continued,
    Ended,
    Engine,
    EngineError,
    Event,
    Finish,
    Halt,
    JobSpec,
    Launch,
    Offer,
    Offered,
    Outcome,
    Overrun,
    Record,
    Resized,
    Skipped,
    Stage,
    Start,
    Started,
    Stop,
    Summary,
    Tick,
)
from treadle.engine.check import invariants

EXITED = Outcome.EXITED


class Play:
    """An engine with a clock that the test sets."""

    def __init__(
        self, graph: Mapping[Any, tuple[Any, ...]], tokens: float = 2, **options: Any
    ) -> None:
        queues = options.pop("queues", {"default": tokens})
        self.engine = Engine(graph.items(), queues, **options)
        self.now = 0.0

    def say(self, event: Event) -> list[Command]:
        commands = self.engine.handle(event, self.now)
        invariants(self.engine)
        return commands

    def launch(self) -> Start:
        """Launch the one job that can be."""
        (start,) = self.say(Launch())
        assert isinstance(start, Start)
        return start

    def start(self, uid: object, spec: JobSpec = JobSpec()) -> None:  # noqa: B008 -- a constant
        """Queue and start a job that was offered."""
        self.say(Offered(uid, spec))
        commands = self.say(Launch())
        assert [c.uid for c in commands if isinstance(c, Start)] == [uid]
        self.say(Started(uid, self.engine.active[uid].number))

    def end(self, uid: object, requeue: bool = False) -> list[Command]:
        """End and collect the active attempt of a job."""
        number = self.engine.active[uid].number
        assert self.say(Ended(uid, number)) == [Collect(uid, number, EXITED)]
        return self.say(Collected(uid, requeue))


@pytest.fixture
def pair() -> Iterator[Play]:
    """`b` needs `a`."""
    play = Play({"a": (), "b": ("a",)})
    yield play
    invariants(play.engine)


def test_the_life_of_two_jobs(pair: Play) -> None:
    assert pair.say(Begin()) == [Offer("a")]
    assert pair.say(Offered("a", JobSpec())) == []
    assert pair.say(Launch()) == [Start("a", 1, 1)]
    assert pair.say(Launch()) == []
    assert pair.say(Started("a", 1)) == []
    assert pair.say(Ended("a", 1)) == [Collect("a", 1, EXITED)]
    assert pair.say(Collected("a")) == [Offer("b")]
    assert pair.say(Skipped("b")) == [Finish(Summary(2, 0, ()))]
    assert pair.engine.finished


def test_an_empty_graph_finishes_at_once() -> None:
    assert Play({}).say(Begin()) == [Finish(Summary(0, 0, ()))]


def test_ready_jobs_are_offered_in_declaration_order() -> None:
    play = Play({"b": (), "a": (), "c": ("b", "a"), "d": ("a",)})

    assert play.say(Begin()) == [Offer("b"), Offer("a")]


def test_higher_priority_starts_first_and_equals_in_push_order() -> None:
    play = Play(dict.fromkeys("abcd", ()), tokens=1)
    play.say(Begin())
    for uid, priority in {"a": 0, "b": 1, "c": 1, "d": 2.5}.items():
        play.say(Offered(uid, JobSpec(priority=priority)))
    order = []
    while commands := play.say(Launch()):
        order.append(commands[0][0])
        play.end(commands[0][0])

    assert order == ["d", "b", "c", "a"]


def test_F04_the_head_that_does_not_fit_waits_and_is_not_overtaken() -> None:
    play = Play(dict.fromkeys("abcd", ()), tokens=3)
    play.say(Begin())
    play.start("a")
    play.say(Offered("b", JobSpec(tokens=3)))
    play.say(Offered("c", JobSpec()))

    assert play.say(Launch()) == []

    play.end("a")

    assert play.say(Launch()) == [Start("b", 1, 2)]


def test_queues_do_not_wait_for_each_other() -> None:
    play = Play(dict.fromkeys("abc", ()), queues={"x": 1, "y": 1})
    play.say(Begin())
    play.start("a", JobSpec("x"))
    play.say(Offered("b", JobSpec("x")))
    play.say(Offered("c", JobSpec("y")))

    assert play.say(Launch()) == [Start("c", 1, 0)]
    assert play.say(Launch()) == []


def test_slots_are_unique_and_the_last_freed_is_taken_first() -> None:
    play = Play(dict.fromkeys("abcde", ()), tokens=3)
    play.say(Begin())
    for uid in "abcde":
        play.say(Offered(uid, JobSpec()))
    slots = [play.launch().slot for _ in "abc"]
    play.end("a")

    assert slots == [2, 1, 0]
    assert play.say(Launch()) == [Start("d", 1, 2)]


def test_jobs_without_tokens_get_slots_beyond_the_tokens() -> None:
    play = Play(dict.fromkeys("abc", ()), tokens=1)
    play.say(Begin())
    for uid in "abc":
        play.say(Offered(uid, JobSpec(tokens=0)))

    assert [play.launch().slot for _ in "abc"] == [0, 1, 2]


def test_fractions_of_tokens_add_up_to_the_whole_again() -> None:
    play = Play(dict.fromkeys(range(11), ()), tokens=1)
    play.say(Begin())
    for uid in range(10):
        play.start(uid, JobSpec(tokens=0.1))
    for uid in range(10):
        play.end(uid)

    assert play.engine.queues.by_name["default"].free == 1


def test_a_requeue_is_a_new_attempt_behind_its_equals(pair: Play) -> None:
    play = Play(dict.fromkeys("ab", ()), tokens=1)
    play.say(Begin())
    play.start("a")
    play.say(Offered("b", JobSpec()))

    assert play.end("a", requeue=True) == [Offer("a")]

    play.say(Offered("a", JobSpec()))

    assert play.say(Launch()) == [Start("b", 1, 0)]
    play.end("b")
    assert play.say(Launch()) == [Start("a", 2, 0)]


def test_a_requeue_may_be_delayed() -> None:
    play = Play({"a": ()})
    play.say(Begin())
    play.start("a")
    play.say(Ended("a", 1))

    assert play.say(Collected("a", True, 3.0)) == []
    assert play.engine.next_deadline() == 3.0

    play.now = 3.0

    assert play.say(Tick()) == [Offer("a")]


def test_G08_requeues_are_bounded_by_max_attempts() -> None:
    play = Play({"a": ()}, max_attempts=2)
    play.say(Begin())
    play.start("a")
    assert play.end("a", requeue=True) == [Offer("a")]
    play.start("a")

    assert play.end("a", requeue=True) == [Finish(Summary(1, 0, ()))]


def test_a_timeout_goes_from_interrupt_to_kill_to_stuck() -> None:
    play = Play({"a": (), "b": ("a",)})
    play.say(Begin())
    play.start("a", JobSpec(timeout=10, grace=2, kill_grace=3))
    assert play.engine.next_deadline() == 10

    play.now = 10
    assert play.say(Tick()) == [Stop("a", 1, Stage.INTERRUPT)]
    play.now = 12
    assert play.say(Tick()) == [Stop("a", 1, Stage.KILL)]
    play.now = 15
    assert play.say(Tick()) == [Collect("a", 1, Outcome.STUCK)]
    assert play.say(Collected("a")) == [Offer("b")]


def test_without_grace_the_kill_comes_with_the_interrupt() -> None:
    play = Play({"a": ()})
    play.say(Begin())
    play.start("a", JobSpec(timeout=1, grace=0, kill_grace=5))
    play.now = 1

    assert play.say(Tick()) == [Stop("a", 1, Stage.INTERRUPT), Stop("a", 1, Stage.KILL)]


def test_a_stuck_attempt_keeps_its_tokens_until_it_ends_late() -> None:
    play = Play({"a": (), "b": ()}, tokens=1)
    play.say(Begin())
    play.start("a", JobSpec(timeout=1, grace=0, kill_grace=0))
    play.say(Offered("b", JobSpec()))
    play.now = 1
    play.say(Tick())
    play.say(Collected("a"))

    assert play.say(Launch()) == []
    assert play.engine.stalled

    assert play.say(Ended("a", 1)) == []

    assert play.say(Launch()) == [Start("b", 1, 0)]


@pytest.mark.parametrize("first", ["end", "deadline"])
def test_D05_a_job_that_ends_at_its_deadline_has_one_outcome(first: str) -> None:
    play = Play({"a": ()})
    play.say(Begin())
    play.start("a", JobSpec(timeout=1, grace=5))
    play.now = 1
    if first == "end":
        assert play.say(Ended("a", 1)) == [Collect("a", 1, EXITED)]
        assert play.say(Tick()) == []
    else:
        assert play.say(Tick()) == [Stop("a", 1, Stage.INTERRUPT)]
        assert play.say(Ended("a", 1)) == [Collect("a", 1, Outcome.TIMED_OUT)]


def test_D03_ten_thousand_deadlines_of_one_instant_fire_in_one_turn() -> None:
    count = 10_000
    engine = Engine(((uid, ()) for uid in range(count)), {"default": count})
    engine.handle(Begin(), 0)
    for uid in range(count):
        engine.handle(Offered(uid, JobSpec(timeout=1)), 0)
    while commands := engine.handle(Launch(), 0):
        engine.handle(Started(commands[0][0], 1), 0)

    stops = engine.handle(Tick(), 1)

    assert stops == [Stop(uid, 1, Stage.INTERRUPT) for uid in range(count)]
    invariants(engine)


@pytest.mark.proof
def test_cancelled_deadlines_take_no_memory() -> None:
    play = Play(dict.fromkeys(range(2000), ()), tokens=1)
    play.say(Begin())
    for uid in range(2000):
        play.start(uid, JobSpec(timeout=86_400))
        play.end(uid)

    assert len(play.engine.deadlines._heap) < 200
    assert play.engine.next_deadline() is None


@pytest.mark.parametrize("uid", ["a", "unknown"])
def test_G05_ends_that_end_nothing_are_counted_and_change_nothing(pair: Play, uid: str) -> None:
    pair.say(Begin())
    assert pair.say(Ended(uid, 1)) == []
    pair.start("a")
    assert pair.say(Ended("a", 7)) == []
    pair.end("a", requeue=True)
    pair.start("a")

    assert pair.say(Ended("a", 1)) == []

    assert pair.engine.strays == 3
    assert list(pair.engine.active) == ["a"]


def test_an_end_may_overtake_the_report_of_the_start(pair: Play) -> None:
    pair.say(Begin())
    pair.say(Offered("a", JobSpec(timeout=5)))
    pair.say(Launch())

    assert pair.say(Ended("a", 1)) == [Collect("a", 1, EXITED)]
    assert pair.say(Started("a", 1)) == []
    assert pair.engine.next_deadline() is None


def test_a_halt_stops_all_together_and_drops_what_waits() -> None:
    play = Play(dict.fromkeys("abcd", ()) | {"e": ("a",)}, tokens=2)
    play.say(Begin())
    for uid in "abc":
        play.say(Offered(uid, JobSpec(grace=5)))
    play.say(Launch())
    play.say(Launch())

    assert play.say(Halt("test")) == [
        Stop("a", 1, Stage.INTERRUPT),
        Stop("b", 1, Stage.INTERRUPT),
    ]
    assert play.say(Launch()) == []
    assert play.say(Ended("a", 1)) == [Collect("a", 1, Outcome.INTERRUPTED)]
    assert play.say(Collected("a", True)) == []
    assert play.say(Ended("b", 1)) == [Collect("b", 1, Outcome.INTERRUPTED)]
    assert play.say(Collected("b")) == [Finish(Summary(2, 3, ()))]


def test_an_attempt_over_a_limit_is_stopped_with_that_outcome() -> None:
    play = Play({"a": (), "b": ("a",)})
    play.say(Begin())
    play.start("a", JobSpec(grace=5, kill_grace=5))

    assert play.say(Overrun("a", 1, Outcome.OVER_LIMIT)) == [Stop("a", 1, Stage.INTERRUPT)]
    # It says so only once, and not of an attempt that is over.
    assert play.say(Overrun("a", 1, Outcome.TIMED_OUT)) == []
    assert play.say(Overrun("a", 2, Outcome.TIMED_OUT)) == []
    assert play.say(Ended("a", 1)) == [Collect("a", 1, Outcome.OVER_LIMIT)]
    assert play.say(Overrun("a", 1, Outcome.TIMED_OUT)) == []


def test_no_deadline_comes_nearer_while_everything_stands_still() -> None:
    play = Play({"a": (), "b": ()})
    play.say(Begin())
    play.start("a", JobSpec(timeout=10))
    play.start("b", JobSpec(timeout=20))
    play.now = 105.0

    assert play.say(Continued(100.0)) == []
    assert play.engine.next_deadline() == 110.0
    assert play.say(Tick()) == []
    play.now = 110.0
    assert play.say(Tick()) == [Stop("a", 1, Stage.INTERRUPT)]
    assert play.engine.next_deadline() == 120.0


def test_a_job_frees_nobody_if_all_that_need_it_wait_for_others_too() -> None:
    play = Play({"a": (), "b": (), "c": ("a", "b"), "d": ("b",)})
    play.say(Begin())

    assert play.engine.frees_nobody("a")
    assert not play.engine.frees_nobody("b")
    assert play.engine.frees_nobody("from outside")


def test_each_further_halt_is_one_step_harder() -> None:
    play = Play({"a": ()})
    play.say(Begin())
    play.start("a", JobSpec(grace=100, kill_grace=100))

    assert play.say(Halt("1")) == [Stop("a", 1, Stage.INTERRUPT)]
    assert play.say(Halt("2")) == [Stop("a", 1, Stage.KILL)]
    # What was killed has a second to die, however hard one presses.
    assert play.say(Halt("3")) == []
    assert play.say(Halt("4")) == []
    play.now += 1.0
    assert play.say(Tick()) == [Collect("a", 1, Outcome.STUCK)]
    assert play.say(Collected("a")) == [Finish(Summary(1, 0, ("a",)))]


def test_a_halt_before_anything_finishes_at_once(pair: Play) -> None:
    pair.say(Begin())

    assert pair.say(Halt("")) == [Finish(Summary(0, 2, ()))]


def test_jobs_from_outside_the_graph_run_too(pair: Play) -> None:
    pair.say(Begin())
    pair.start("a")
    pair.say(Ended("a", 1))
    pair.start("extra")
    assert pair.say(Collected("a")) == [Offer("b")]
    assert pair.say(Skipped("b")) == []

    assert pair.end("extra") == [Finish(Summary(3, 0, ()))]


def test_a_job_that_is_active_cannot_be_pushed_again(pair: Play) -> None:
    pair.say(Begin())
    pair.start("a")

    with pytest.raises(EngineError, match="job 'a' is active already"):
        pair.say(Offered("a", JobSpec()))


@pytest.mark.parametrize("event", [Skipped("b"), Skipped("x"), Collected("a"), Begin()])
def test_answers_that_nobody_asked_for_are_refused(pair: Play, event: Event) -> None:
    pair.say(Begin())

    with pytest.raises(EngineError):
        pair.say(event)


def test_F03_a_graph_that_needs_what_is_not_there_is_refused() -> None:
    with pytest.raises(EngineError, match="'a' needs 'ghost', which does not exist"):
        Engine([("a", ("ghost",))], {"default": 1})


def test_lookahead_bounds_the_jobs_that_are_offered_and_not_started() -> None:
    play = Play(dict.fromkeys(range(5), ()), tokens=1, lookahead=2)

    assert play.say(Begin()) == [Offer(0), Offer(1)]
    play.say(Offered(0, JobSpec()))
    assert play.say(Offered(1, JobSpec())) == []
    assert play.say(Launch()) == [Start(0, 1, 0), Offer(2)]


def test_lookahead_goes_on_after_a_skipped_job() -> None:
    play = Play(dict.fromkeys(range(3), ()), lookahead=1)
    play.say(Begin())

    assert play.say(Skipped(0)) == [Offer(1)]


def test_ageing_lets_the_one_that_waited_long_enough_go_first() -> None:
    play = Play(dict.fromkeys("ab", ()), tokens=1, ageing=10)
    play.say(Begin())
    play.say(Offered("a", JobSpec(priority=0)))
    play.now = 11
    play.say(Offered("b", JobSpec(priority=1)))

    assert play.say(Launch()) == [Start("a", 1, 0)]


def test_ranks_decide_among_equal_priorities() -> None:
    play = Play(dict.fromkeys("abc", ()), tokens=1, ranks={"a": 1.0, "b": 3.0, "c": 9.0})
    play.say(Begin())
    play.say(Offered("a", JobSpec()))
    play.say(Offered("b", JobSpec()))
    play.say(Offered("c", JobSpec(priority=-1)))

    assert play.say(Launch()) == [Start("b", 1, 0)]


def test_a_queue_can_be_resized_while_jobs_hold_its_tokens() -> None:
    play = Play(dict.fromkeys("abc", ()), tokens=2)
    play.say(Begin())
    play.start("a")
    play.start("b")
    play.say(Resized("default", 1))
    play.say(Offered("c", JobSpec()))
    play.end("a")
    assert play.say(Launch()) == []

    play.say(Resized("default", 2))

    assert [c.uid for c in play.say(Launch()) if isinstance(c, Start)] == ["c"]


def test_facts_come_in_front_of_the_commands_that_follow_from_them() -> None:
    play = Play({"a": ()}, record=True)
    play.say(Begin())
    play.start("a")
    commands = play.say(Ended("a", 1))

    assert isinstance(commands[0], Record)
    assert commands[0].fact[:3] == ("ended", "a", 1)
    assert commands[1] == Collect("a", 1, EXITED)


def test_a_refusal_says_what_to_do() -> None:
    queues = Play({}, queues={"cpu": 2, "gpu": 1}).engine.queues

    assert queues.refusal(JobSpec("gpu", 1)) is None
    assert queues.refusal(JobSpec("gpu", 5)) == (
        "asks for 5 tokens of queue 'gpu', which has 1; ask for fewer or give the queue more"
    )
    assert queues.refusal(JobSpec("nope")) == (
        "wants queue 'nope', which does not exist; there are: 'cpu', 'gpu'"
    )


def test_max_active_bounds_the_attempts_over_all_queues() -> None:
    play = Play(dict.fromkeys("abc", ()), queues={"x": 2, "y": 2}, max_active=2)
    play.say(Begin())
    play.start("a", JobSpec("x"))
    play.start("b", JobSpec("y"))
    play.say(Offered("c", JobSpec("y")))

    assert play.say(Launch()) == []

    play.end("a")

    assert play.launch().uid == "c"


@pytest.mark.parametrize("event", get_args(Event))
def test_each_kind_of_event_has_a_method_of_its_name(event: type) -> None:
    assert callable(getattr(Engine, event.__name__.lower()))
