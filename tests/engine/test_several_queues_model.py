"""Several queues against a naive model, which looks at all that waits each time."""

from __future__ import annotations

from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.engine import Engine, JobSpec, Outcome
from treadle.engine.check import invariants

CAPACITY = {"x": 2, "y": 2, "z": 3}


class Waiting(NamedTuple):
    """A job in its lines; sorts as these do."""

    key: float
    number: int
    uid: int
    claims: dict[str, float]


class Model:
    """Who may start, from first principles."""

    def __init__(self) -> None:
        self.waiting: list[Waiting] = []
        self.holding: dict[int, dict[str, float]] = {}
        self.pushes = 0

    def push(self, uid: int, spec: JobSpec) -> None:
        self.pushes += 1
        self.waiting.append(Waiting(-spec.priority, self.pushes, uid, dict(spec.claims)))
        self.waiting.sort(key=lambda one: one[:2])

    def free(self, queue: str) -> float:
        return CAPACITY[queue] - sum(held.get(queue, 0) for held in self.holding.values())

    def may_start(self) -> set[int]:
        """Who fits everywhere, and has nobody before it in any of its queues."""
        seen = set[str]()
        able = set[int]()
        for one in self.waiting:
            fits = all(tokens <= self.free(queue) for queue, tokens in one.claims.items())
            if fits and not seen & one.claims.keys():
                able.add(one.uid)
            seen |= one.claims.keys()
        return able

    def start(self, uid: int) -> None:
        (one,) = [one for one in self.waiting if one.uid == uid]
        self.waiting.remove(one)
        self.holding[uid] = one.claims
        assert all(self.free(queue) >= 0 for queue in CAPACITY), f"{uid} is over capacity"


@st.composite
def specs(draw: st.DrawFn) -> JobSpec:
    """What a job may ask for: some tokens, now and then 0, of one to three queues."""
    names = draw(st.lists(st.sampled_from(sorted(CAPACITY)), min_size=1, max_size=3, unique=True))
    (queue, tokens), *further = [(name, draw(st.integers(0, CAPACITY[name]))) for name in names]
    return JobSpec(queue, tokens, draw(st.integers(-1, 1)), further=tuple(further))


# Each step queues a job; then True starts what can be started, a number ends one that runs.
Steps = list[bool | int]
steps = st.lists(st.one_of(st.just(True), st.integers(0, 5)), max_size=40)


def play(wishes: list[JobSpec], story: Steps, requeued: frozenset[int]) -> list[Any]:
    """Compare engine and model through one story, then let everything end; the starts."""
    engine, model = Engine([(uid, ()) for uid in range(len(wishes))], CAPACITY), Model()
    engine.begin(0.0)
    to_push, starts = list(enumerate(wishes)), list[Any]()
    rest: Steps = [*story, *[True, 0] * (3 * len(wishes) + 1)]
    for step in rest:
        if to_push:
            uid, spec = to_push.pop(0)
            engine.offered(uid, spec, 0.0)
            model.push(uid, spec)
        if step is True:
            starts += launch(engine, model)
        elif model.holding:
            uid = sorted(model.holding)[step % len(model.holding)]
            del model.holding[uid]
            again = uid in requeued and starts.count(uid) < 2
            engine.ended(uid, engine.active[uid].number, Outcome.EXITED, 0.0)
            if engine.collected(uid, again, 0.0, 0.0) and again:
                to_push.append((uid, wishes[uid]))
        invariants(engine)
    assert (to_push, model.waiting, model.holding) == ([], [], {})
    assert engine.finished
    assert set(starts) == set(range(len(wishes)))
    return starts


def launch(engine: Engine, model: Model) -> list[Any]:
    """All starts, one after the other; that there is no more must be the model's word too."""
    starts: list[Any] = []
    while commands := engine.launch(0.0):
        starts.append(commands[0][0])
        assert starts[-1] in model.may_start()
        model.start(starts[-1])
        free = {name: queue.free for name, queue in engine.queues.by_name.items()}
        assert free == {name: model.free(name) for name in CAPACITY}
        invariants(engine)
    assert model.may_start() == set()
    return starts


@settings(max_examples=500)
@given(
    st.lists(specs(), min_size=2, max_size=8), steps, st.frozensets(st.integers(0, 7), max_size=3)
)
def test_the_heads_of_all_their_lines_start_and_nobody_else_and_all_end(
    wishes: list[JobSpec], story: Steps, requeued: frozenset[int]
) -> None:
    starts = play(wishes, story, requeued)

    assert play(wishes, story, requeued) == starts
