"""The whole scheduler, in virtual time, through a random story.

The real `Scheduler` with its real driver and engine runs on a `MockClock` and a
`FakeExecutor`. One `random.Random(seed)` decides everything: the graph, the
queues, how each attempt goes, what the callbacks do, who interrupts and when. So
a seed replays to the byte, and a failure is its seed. After every event the
engine is checked against itself, at the end the run against its promises.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from treadle.dag import DAG
from treadle.engine import NEVER, Engine, NodeState, Outcome, VertexID
from treadle.engine.check import invariants
from treadle.job import Job
from treadle.job.scheduler import Scheduler
from treadle.testing.clock import MockClock
from treadle.testing.executor import Behaviour, FakeExecutor

_EVENTS = (
    "begin", "offered", "skipped", "launch", "started",
    "ended", "collected", "tick", "halt",
)  # fmt: skip


_MORE = 0.3  # the chance that a job needs tokens of one more queue
_HOLD = 0.3  # the chance that a story holds starts back, and that such a story does so now


class Mishap(Exception):  # noqa: N818 -- what a story's callbacks raise
    """Raised on purpose by a callback of a story."""


class _CheckedEngine(Engine):
    """Checks itself after each event and writes down what was said."""

    def __init__(self, *args: Any, trace: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        for name in _EVENTS:
            setattr(self, name, self._checked(name, getattr(self, name), trace))

    def _checked(
        self, name: str, method: Callable[..., Any], trace: list[str]
    ) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            commands = method(*args)
            trace.append(f"{args[-1]:.6f} {name}{args[:-1]!r} -> {commands!r}")
            invariants(self)
            return commands

        return call


class _StoryJob(Job):
    def __init__(self, uid: VertexID, data: Any, notify_end: Any, story: Story) -> None:
        super().__init__(uid, data, notify_end)
        dice = random.Random(f"{story.seed}/{uid}")
        self.story = story
        self.queue_name = dice.choice(list(story.queues))
        self.tokens = dice.randint(0, story.queues[self.queue_name])
        self.further_tokens = {
            name: dice.randint(0, tokens)
            for name, tokens in story.queues.items()
            if name != self.queue_name and dice.random() < _MORE
        }
        self.timeout = dice.choice([None, None, NEVER, dice.uniform(0.1, 9)])
        self.grace = dice.choice([None, 0.0, 1.0, dice.uniform(0, 5)])
        self.should_skip = dice.random() < 0.1
        self.requeue_delay = dice.choice([None, None, 0, 1.0])
        self._weight = dice.choice([0, 0, 0, 1, -1, 0.5])

    @property
    def priority(self) -> float:
        return self._weight

    def run(self) -> None:
        raise AssertionError("a fake executor runs nothing")

    def on_start(self, scheduler: Scheduler) -> None:  # noqa: ARG002 -- the hook's signature
        self.story.started.append(self.uid)
        self.story.mishap("on_start", self)

    def on_finish(self, scheduler: Scheduler) -> None:  # noqa: ARG002 -- the hook's signature
        self.story.finished.append(self.uid)
        self.story.mishap("on_finish", self)


class _StoryScheduler(Scheduler):
    story: Story

    def _engine(self, dag: DAG) -> Engine:
        return self._options.engine(dag, self._tokens, _CheckedEngine, trace=self.story.trace)

    def _hold_until(self, now: float) -> float | None:
        dice = random.Random(f"{self.story.seed}/hold/{now}")
        return now + dice.uniform(0, 3) if dice.random() < _HOLD else None


class Story:
    """One simulated run.

    Args:
        seed: decides everything.

    Attributes:
        trace: every event with the engine's answer, a line each.
        error: what `run` raised.
        started: the jobs whose `on_start` was called, in order.
        collected: the jobs that were collected, in order, with their outcomes.
        finished: the jobs whose `on_finish` was called, in order.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.trace: list[str] = []
        self.error: BaseException | None = None
        self.started: list[VertexID] = []
        self.collected: list[tuple[VertexID, Outcome | None]] = []
        self.finished: list[VertexID] = []
        dice = random.Random(seed)
        self._dice = dice
        names = ["default", "net", "disk"][: dice.randint(1, 3)]
        self.queues = {name: dice.randint(1, 4) for name in names}
        self.dag = self._graph(dice.randint(0, 14))
        self._unlucky = dice.random() < 0.3
        self._pushed = 0
        self.clock = MockClock()
        self.executor = FakeExecutor(self.clock, self._plan)
        self.scheduler = self._scheduler()

    def _graph(self, size: int) -> DAG:
        dag = DAG()
        for uid in range(size):
            needs = (
                {self._dice.randrange(uid) for _ in range(self._dice.randint(0, 3))} if uid else ()
            )
            dag.add_vertex(uid, None, needs)
        return dag

    def _scheduler(self) -> _StoryScheduler:
        dice = self._dice
        scheduler = _StoryScheduler(
            self._provide,
            self._collect,
            queues=self.queues,
            job_timeout=dice.choice([None, 20.0]),
            lookahead=dice.choice([None, None, 1, 3]),
            max_attempts=dice.choice([None, 2, 3]),
            requeue_delay=dice.choice([0.0, 0.0, 2.0]),
            ageing=dice.choice([None, 5.0]),
            max_active=dice.choice([None, None, 1, 2]),
            clock=self.clock,
            executor=self.executor,
        )
        scheduler.story = self
        scheduler._holds = dice.random() < _HOLD  # noqa: SLF001 -- what a subclass would set
        return scheduler

    def _plan(self, uid: VertexID, attempt: int) -> Behaviour:
        dice = random.Random(f"{self.seed}/{uid}/{attempt}")
        broken = self._unlucky and dice.random() < 0.1
        return Behaviour(
            seconds=dice.choice([0.0, 1.0, 1.0, dice.uniform(0, 10), NEVER]),
            error=RuntimeError("planned") if dice.random() < 0.2 else None,
            outcome=dice.choice([Outcome.EXITED, Outcome.EXITED, Outcome.SIGNALLED]),
            interruptible=dice.choice([0.0, 0.5, 30.0, NEVER]),
            killable=dice.random() < 0.9,
            notices=dice.choice([1, 1, 1, 2, 3]),
            start_error=Mishap("start") if broken and dice.random() < 0.3 else None,
        )

    def mishap(self, what: str, job: Job) -> None:
        """Raise, if the story says so at this point."""
        dice = random.Random(f"{self.seed}/{what}/{job.uid}/{job.attempt}")
        if self._unlucky and dice.random() < 0.05:
            raise dice.choice([Mishap, KeyboardInterrupt, SystemExit])(what)

    def _provide(self, uid: VertexID, data: Any, predecessors: frozenset[Any], notify: Any) -> Job:
        settled = [one for one, _ in self.collected]
        assert all(before in settled for before in predecessors), f"{uid} came too early"
        job = _StoryJob(uid, data, notify, self)
        if job.timeout is None and self.scheduler.job_timeout is None:
            job.timeout = 50.0  # a hanging job without any limit would rightly never end
        if job.timeout == NEVER:
            job.timeout = 60.0
        self.mishap("provider", job)
        return job

    def _collect(self, job: Job) -> bool:
        self.collected.append((job.uid, job.outcome))
        self.mishap("collect", job)
        dice = random.Random(f"{self.seed}/requeue/{job.uid}/{job.attempt}")
        if self._pushed < 3 and dice.random() < 0.05:
            self._pushed += 1
            extra = _StoryJob(f"extra{self._pushed}", None, None, self)
            assert self.scheduler.message_queue is not None
            extra.notify_end = self.scheduler.message_queue.put
            extra.timeout = 40.0
            extra.should_skip = False
            self.scheduler.push(extra)
        return job.attempt < 4 and dice.random() < 0.15

    def run(self) -> Story:
        """Live through it; check it."""
        for at in self._interruptions():
            self.clock.call_at(at, self.scheduler.interrupt)
        try:
            self.scheduler.run(self.dag)
        except BaseException as error:
            if isinstance(error, AssertionError):
                raise
            self.error = error
        self.trace.append(f"error {self.error!r}")
        self._check()
        return self

    def _interruptions(self) -> list[float]:
        count = self._dice.choice([0, 0, 0, 1, 2, 3])
        first = self._dice.uniform(0, 15)
        return [first + self._dice.uniform(0, 3) * n for n in range(count)]

    def _check(self) -> None:
        """The promises of a run, whatever happened in it."""
        assert self.scheduler._driver is not None  # noqa: SLF001 -- the kit looks inside
        engine = self.scheduler._driver.engine  # noqa: SLF001 -- same
        assert not engine.active, f"{list(engine.active)} still active"
        assert Counter(self.finished) == Counter(uid for uid, _ in self.collected), (
            f"collected {self.collected}, finished {self.finished}"
        )
        stuck = {uid for uid, _ in engine.stuck}
        assert set(self.executor.running) <= stuck, f"{self.executor.running} left running"
        if self.error is None:
            states = {node.state for node in engine.readiness.nodes.values()}
            assert states <= {NodeState.SETTLED}, f"ended normally with {states}"
            assert set(self.dag.vertex_data) <= set(self.finished)


def simulate(seed: int) -> Story:
    """Run the story with this seed.

    Raises:
        AssertionError: a promise was broken; the seed replays it.
    """
    return Story(seed).run()
