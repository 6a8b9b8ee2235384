"""Worlds of random jobs and files that are edited and run, and judged by the oracle."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from edits import DECLARED, SOURCES, Edits
from oracle import WITNESS, Oracle, Spec, Told, in_order, whole_disk, work
from plans import Facts
from treadle import Workflow
from treadle.report import JobStarted, JobsUnchanged
from treadle.runner import RunResult
from treadle.store import Store

_HERE = str(Path(__file__).parent)
_PROGRAM = """
import json, sys
sys.path.insert(0, {!r})
import oracle
oracle.work(sys.argv[1], json.loads(sys.argv[2]))
"""
_STOPS = "stops"


def call(name: str, words: dict[str, Any]) -> str:
    """Be a job that is a function."""
    value = work(name, words)
    if os.path.exists(f"{_STOPS}/{name}"):
        os.kill(os.getpid(), signal.SIGINT)
    return value


def call_with(name: str, words: dict[str, Any], giver: str) -> str:
    """Be one that takes the value of the job `giver`."""
    return work(name, words, giver)


class World(Edits):
    """One folder: files, jobs, a store; each `step` edits something, runs, and judges.

    Args:
        random: chooses.
        commands: some jobs are programs; slower.
    """

    def __init__(self, random: Random, *, commands: bool = False) -> None:
        super().__init__(random)
        self._commands = commands
        self._has_cache = random.random() < 0.4
        self._store = Store(Path(".treadle/state.db").absolute())
        self.oracle = Oracle(has_cache=self._has_cache)
        self._standing: dict[str, Any] = {}
        self._may_resume = False
        for path in SOURCES:
            self._write(path)
        for _ in range(random.randint(3, 12)):
            self._add_job()

    # -- jobs ----------------------------------------------------------------------------

    def _add_job(self) -> None:
        random, number = self._random, len(self.specs)
        name = "giver" if number == 1 else f"j{random.randrange(100)}"
        if name in self.specs:
            return
        needs = tuple(
            random.sample(sorted(self.specs), min(number, random.choice((0, 1, 1, 2, 3))))
        )
        can_take = "giver" in needs and random.random() < 0.7
        read = [
            path for need in needs for path in self.specs[need].outputs if random.random() < 0.7
        ]
        read += random.sample(DECLARED, random.choice((0, 1, 1, 2)))
        made = [(), (f"out/{name}",), (f"out/{name}.d/",), (f"out/{name}", f"out/{name}.d/")]
        self.specs[name] = Spec(
            name,
            needs,
            tuple(read),
            random.choice(made),
            str(random.randrange(3)),
            random.choice((1, 2, 2, 1 << 30)),
            "giver" if can_take else "",
            self._commands and name != "giver" and not can_take and random.random() < 0.5,
        )

    def _workflow(self) -> Workflow:
        workflow = Workflow("world", cache={} if self._has_cache else None)
        for spec in self.specs.values():
            words = {"recipe": spec.recipe, "most": spec.most, "inputs": spec.inputs,
                     "outputs": spec.outputs}  # fmt: skip
            declared: dict[str, Any] = {"inputs": list(spec.inputs), "outputs": list(spec.outputs)}
            declared = {key: value for key, value in declared.items() if value}
            if spec.is_command:
                program = [sys.executable, "-S", "-s", "-c", _PROGRAM.format(_HERE)]
                run = [*program, spec.name, json.dumps(words)]
                workflow.command(spec.name, run, needs=list(spec.needs), **declared)
                continue
            constants = {"name": spec.name, "words": words}
            function = call_with if spec.takes else call
            workflow.job(name=spec.name, needs=list(spec.needs), constants=constants, **declared)(
                function
            )
        return workflow

    # -- a step --------------------------------------------------------------------------

    def step(self) -> None:
        """Edit some things, run, and compare with what the oracle says.

        Raises:
            AssertionError: they differ.
        """
        for _ in range(self._random.choice((0, 1, 1, 1, 2, 3))):
            edit = self._random.choice(self._edits())
            edit()
        stop = self._random.random() < 0.05
        if stop:
            self._mark(_STOPS, self._random.choice(list(self.specs)))
        resume = self._may_resume and self._random.random() < 0.7
        always = not resume and self._random.random() < 0.04
        targets = [] if resume or self._takes or stop else self._targets()
        chosen = in_order(self.specs, targets or list(self.specs))
        standing = self._standing if resume else {}
        told = self.oracle.tell(self.specs, chosen, whole_disk(), always=always, standing=standing)
        self.story.append(f"run {targets} always={always} resume={resume} stop={stop}")
        result = self._run(targets, always=always, resume=resume)
        self._judge(told, result, standing)

    @property
    def _takes(self) -> bool:
        return any(spec.takes for spec in self.specs.values())

    def _targets(self) -> list[str]:
        if self._random.random() < 0.8:
            return []
        return self._random.sample(list(self.specs), self._random.randint(1, len(self.specs)))

    def _run(self, targets: list[str], *, always: bool, resume: bool) -> RunResult:
        Path(WITNESS).write_text("")
        facts = Facts()
        result = self._workflow().run(
            targets=targets, tokens=1, keep_going=0, store=self._store, always=always,
            resume="" if resume else None, views=[facts],
        )  # fmt: skip
        self.story += [f"{fact.name}: {list(fact.why)}" for fact in facts.of(JobStarted)]
        self.story += [f"{fact.names}: {fact.restored}" for fact in facts.of(JobsUnchanged)]
        return result

    def _judge(self, told: Told, result: RunResult, standing: dict[str, Any]) -> None:
        ran = Path(WITNESS).read_text().split()
        assert len(ran) == len(set(ran)), f"ran twice: {ran}"
        done = told.good
        if result.signum:
            assert set(ran) <= told.ran, f"ran for nothing: {set(ran) - told.ran}"
            done = {name: good for name, good in told.good.items() if name in result.good}
        else:
            assert set(ran) == told.ran, f"ran {sorted(ran)} and not {sorted(told.ran)}"
            assert set(result.failed) == told.failed, (result.failed, told.failed)
            disk = whole_disk()
            assert disk == told.disk, _differing(disk, told.disk)
        for name, good in done.items():
            self.oracle.keep(name, good)
        self._may_resume = bool(result.signum) and not result.failed
        self._standing = {**standing, **done}
        shutil.rmtree(_STOPS, ignore_errors=True)


def _differing(one: dict[str, Any], other: dict[str, Any]) -> str:
    paths = sorted(path for path in {**one, **other} if one.get(path) != other.get(path))
    return "; ".join(f"{path}: {one.get(path)} and not {other.get(path)}" for path in paths)


def play(seed: str, steps: int, *, commands: bool = False) -> None:
    """Play a world from its beginning.

    Raises:
        AssertionError: the oracle was not agreed with; says the seed and what was done.
    """
    with _world_folder():
        world = World(Random(seed), commands=commands)
        for number in range(steps):
            try:
                world.step()
            except AssertionError as error:
                done = "\n  ".join(world.story[-12:])
                listed = "\n  ".join(map(str, world.specs.values()))
                raise AssertionError(
                    f"{seed}, step {number}: {error}\n  {done}\n{listed}"
                ) from None


@contextlib.contextmanager
def _world_folder() -> Iterator[None]:
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as folder, contextlib.chdir(folder):
        yield


if __name__ == "__main__":
    FIRST, LAST, STEPS = map(int, sys.argv[2:5])
    for world in range(FIRST, LAST):
        play(f"{sys.argv[1]} {world}", STEPS, commands=world % 20 == 0)
