"""Random graphs of jobs and random edits of them and of their files, judged by the oracle."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from oracle import WITNESS, Oracle, Spec, Told, in_order, whole_disk, work
from plans import Facts
from treadle import Workflow
from treadle.report import JobStarted, JobsUnchanged
from treadle.runner import RunResult
from treadle.store import Store

SOURCES = ("s0", "s1", "s2", "d/a", "d/b", "d/sub/c", "g/x.c", "g/y.c", "g/z.h")
DECLARED = ("s0", "s1", "s2", "d/", "g/*.c")
NEW = ("d/new", "d/sub/new", "g/new.c", "g/new.h")
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


class World:
    """One folder: files, jobs, a store; each `step` edits something, runs, and judges.

    Args:
        random: chooses.
        commands: some jobs are programs; slower.
    """

    def __init__(self, random: Random, *, commands: bool = False) -> None:
        self._random = random
        self._commands = commands
        self._has_cache = random.random() < 0.4
        self._store = Store(Path(".treadle/state.db").absolute())
        self.oracle = Oracle(has_cache=self._has_cache)
        self.specs: dict[str, Spec] = {}
        self._texts: Counter[str] = Counter()
        self._standing: dict[str, Any] = {}
        self._may_resume = False
        self.story: list[str] = []
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

    # -- edits ---------------------------------------------------------------------------

    def _edits(self) -> list[Callable[[], None]]:
        return [
            *(4 * [self._edit_source]), self._edit_unseen, self._touch, self._rewrite,
            self._add_or_remove, self._make_program, self._lose_source, self._replace_by_link,
            self._spoil_output, self._lose_output, self._change_recipe, self._change_recipe,
            self._fail_or_not, self._change_jobs,
        ]  # fmt: skip

    def _say(self, text: str) -> None:
        self.story.append(text)

    def _write(self, path: str) -> None:
        text = f"{self._random.randrange(3)}\n"
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        Path(path).unlink(missing_ok=True)
        Path(path).write_text(text)
        self._say(f"write {path}: {text!r}")

    def _mark(self, folder: str, name: str) -> None:
        os.makedirs(folder, exist_ok=True)
        Path(folder, name).touch()
        self._say(f"mark {folder}/{name}")

    def _edit_source(self) -> None:
        self._write(self._random.choice(SOURCES))

    def _edit_unseen(self) -> None:
        """Another text of the same length, in the same file, with the old time."""
        path = self._random.choice(SOURCES)
        if not os.path.exists(path):
            return
        seen = os.stat(path)
        Path(path).write_text(f"{self._random.randrange(3)}\n")
        os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
        self._say(f"write {path} unseen")

    def _touch(self) -> None:
        for path in self._random.sample(sorted(whole_disk()), 2):
            os.utime(path, (1e9, self._random.choice((1e9, 2e9))))
            self._say(f"touch {path}")

    def _rewrite(self) -> None:
        path = self._random.choice(sorted(whole_disk()))
        text = Path(path).read_text()
        Path(path).write_text(text)

    def _add_or_remove(self) -> None:
        path = self._random.choice(NEW)
        if os.path.exists(path):
            os.unlink(path)
            self._say(f"remove {path}")
        else:
            self._write(path)

    def _make_program(self) -> None:
        path = self._random.choice(SOURCES)
        if os.path.exists(path):
            os.chmod(path, self._random.choice((0o755, 0o644, 0o600)))
            self._say(f"chmod {path}")

    def _lose_source(self) -> None:
        if self._random.random() < 0.4:
            path = self._random.choice(SOURCES)
            Path(path).unlink(missing_ok=True)
            self._say(f"remove {path}")

    def _replace_by_link(self) -> None:
        path = self._random.choice(("s0", "s1"))
        self._write("elsewhere")
        Path(path).unlink(missing_ok=True)
        os.symlink("elsewhere", path)
        self._say(f"link {path}")

    def _outputs(self) -> list[str]:
        return sorted(path for path in whole_disk() if path.startswith("out/"))

    def _spoil_output(self) -> None:
        for path in self._random.sample(self._outputs(), min(1, len(self._outputs()))):
            seen = os.stat(path)
            Path(path).write_text("spoilt"[: max(1, seen.st_size - 1)] + "\n")
            if self._random.random() < 0.5:
                os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
            self._say(f"spoil {path}")

    def _lose_output(self) -> None:
        for path in self._random.sample(self._outputs(), min(1, len(self._outputs()))):
            os.unlink(path)
            self._say(f"remove {path}")

    def _change_recipe(self) -> None:
        name = self._random.choice(list(self.specs))
        self.specs[name] = replace(self.specs[name], recipe=str(self._random.randrange(3)))
        self._say(f"recipe of {name}")

    def _fail_or_not(self) -> None:
        name = self._random.choice(list(self.specs))
        if os.path.exists(f"fails/{name}"):
            os.unlink(f"fails/{name}")
        else:
            self._mark("fails", name)

    def _change_jobs(self) -> None:
        needed = {need for spec in self.specs.values() for need in spec.needs}
        free = [name for name in self.specs if name not in needed and name != "giver"]
        if free and len(self.specs) > 3 and self._random.random() < 0.5:
            gone = self._random.choice(free)
            del self.specs[gone]
            self._say(f"no job {gone}")
        else:
            self._add_job()


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
