"""The engine against a naive model: a scheduler that looks at everything each time."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from treadle.engine import (
    Collect,
    Engine,
    JobSpec,
    Offer,
    Outcome,
    Stage,
    Start,
    Stop,
)
from treadle.engine.check import invariants
from treadle.testing.dags import Edges, predecessors

TIMEOUT = 10.0


class Model:
    """The same decisions, from first principles, in the slowest way."""

    def __init__(self, needs: Edges, tokens: int) -> None:
        self.needs = needs
        self.tokens = tokens
        self.offered: set[int] = set()
        self.settled: set[int] = set()
        self.line: list[tuple[float, int, int]] = []
        self.spec: dict[int, JobSpec] = {}
        self.active: dict[int, float] = {}
        self.stopping: set[int] = set()
        self.attempts: dict[int, int] = {}
        self.pushes = 0
        self.halted = False

    def newly_ready(self) -> list[int]:
        ready = [
            uid
            for uid in self.needs
            if uid not in self.offered and set(self.needs[uid]) <= self.settled
        ]
        self.offered |= set(ready)
        return [] if self.halted else ready

    def push(self, uid: int, spec: JobSpec) -> None:
        self.pushes += 1
        self.spec[uid] = spec
        self.line.append((-spec.priority, self.pushes, uid))
        self.line.sort()

    def next_start(self) -> int | None:
        free = self.tokens - sum(self.spec[uid].tokens for uid in self.active)
        if not self.line or self.halted or self.spec[self.line[0][2]].tokens > free:
            return None
        return self.line.pop(0)[2]


class EngineAgainstModel(RuleBasedStateMachine):
    """Rules are what a driver may do; each compares the engine's commands with the model's."""

    engine: Engine
    model: Model
    now = 0.0

    @initialize(needs=predecessors(8), tokens=st.integers(1, 4))
    def begin(self, needs: Edges, tokens: int) -> None:
        self.engine = Engine(needs.items(), {"default": tokens})
        self.model = Model(needs, tokens)
        self.waiting: list[int] = []
        self.offer(self.engine.begin(self.now))

    def offer(self, commands: list[Any]) -> None:
        offers: list[Any] = [command.uid for command in commands if isinstance(command, Offer)]
        assert sorted(offers) == self.model.newly_ready()
        self.waiting += offers
        invariants(self.engine)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        uid = self.waiting.pop(0)
        if data.draw(st.integers(0, 9)) == 0:
            commands = self.engine.skipped(uid, self.now)
            self.model.settled.add(uid)
            self.offer(commands)
            return
        tokens = data.draw(st.integers(0, self.model.tokens))
        priority = data.draw(st.integers(-1, 1))
        spec = JobSpec(tokens=tokens, priority=priority, timeout=TIMEOUT, grace=5)
        self.model.push(uid, spec)
        assert self.engine.offered(uid, spec, self.now) == []
        invariants(self.engine)

    @rule()
    def launch(self) -> None:
        commands = self.engine.launch(self.now)
        uid = self.model.next_start()
        assert [command.uid for command in commands if isinstance(command, Start)] == (
            [] if uid is None else [uid]
        )
        if uid is not None:
            self.model.active[uid] = self.now + TIMEOUT
            self.model.attempts[uid] = self.model.attempts.get(uid, 0) + 1
            assert commands == [Start(uid, self.model.attempts[uid], self.engine.active[uid].slot)]
            self.engine.started(uid, self.model.attempts[uid], self.now)
        invariants(self.engine)

    @precondition(lambda self: self.model.active)
    @rule(data=st.data(), requeue=st.sampled_from([False, False, False, True]))
    def end(self, data: st.DataObject, requeue: bool) -> None:
        uid = data.draw(st.sampled_from(sorted(self.model.active)))
        number = self.model.attempts[uid]
        (collect,) = self.engine.ended(uid, number, Outcome.EXITED, self.now)
        assert isinstance(collect, Collect)
        assert (collect.outcome is Outcome.EXITED) == (uid not in self.model.stopping)
        self.model.stopping.discard(uid)
        del self.model.active[uid]
        commands = self.engine.collected(uid, requeue, 0.0, self.now)
        if requeue and not self.model.halted:
            assert commands == [Offer(uid)]
            self.waiting.append(uid)
            invariants(self.engine)
            return
        self.model.settled.add(uid)
        self.offer(commands)

    @rule(seconds=st.sampled_from([1.0, 4.0, TIMEOUT]))
    def pass_time(self, seconds: float) -> None:
        running = {u: at for u, at in self.model.active.items() if u not in self.model.stopping}
        soonest = min(running.values(), default=self.now + seconds)
        self.now = min(self.now + seconds, soonest)
        due = {uid for uid, at in running.items() if at <= self.now}
        stops = [c for c in self.engine.tick(self.now) if isinstance(c, Stop)]
        interrupted = {c.uid for c in stops if c.stage is Stage.INTERRUPT}
        assert interrupted == due
        self.model.stopping |= due
        self.drop_killed(stops)
        invariants(self.engine)

    def drop_killed(self, stops: list[Stop]) -> None:
        """The kill ends an attempt of the model at once; the engine gave it up for that."""
        for stop in stops:
            if stop.stage is Stage.KILL:
                uid: Any = stop.uid
                del self.model.active[uid]
                self.model.stopping.discard(uid)
                self.model.tokens -= int(self.model.spec[uid].tokens)
                self.model.settled.add(uid)
                self.offer(self.engine.collected(uid, False, 0.0, self.now))

    @precondition(lambda self: not self.model.halted)
    @rule(chance=st.integers(0, 4))
    def halt(self, chance: int) -> None:
        if chance:
            return
        expected = {uid for uid in self.model.active if uid not in self.model.stopping}
        commands = self.engine.halt("model", self.now)
        stopped = {c.uid for c in commands if isinstance(c, Stop)}
        assert stopped == expected
        self.model.halted = True
        self.model.line.clear()
        self.model.stopping |= expected
        self.waiting.clear()
        invariants(self.engine)

    @rule()
    def say_an_old_end(self) -> None:
        for uid, count in self.model.attempts.items():
            strays = self.engine.strays
            assert self.engine.ended(uid, count - 1, Outcome.EXITED, self.now) == []
            assert self.engine.strays == strays + 1


TestEngineAgainstModel = EngineAgainstModel.TestCase
TestEngineAgainstModel.settings = settings(max_examples=200, stateful_step_count=60, deadline=None)
