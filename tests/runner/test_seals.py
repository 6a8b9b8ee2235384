"""A run that trusts seals decides as one that looks at everything."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from plans import Facts, job, plan
from treadle.report import JobEnded, JobStarted, JobsUnchanged
from treadle.runner import RunResult, atrest, run
from treadle.store import Store
from treadle.store.digest import digest_of
from treadle.workflow import Plan, PlannedJob

Edit = Callable[[Path, random.Random], object]
SOURCES = [f"s{number}" for number in range(4)]
STEPS = 12


class Side:
    """A folder with a workflow and its store.

    Args:
        folder: which.
        sealed: runs may use seals.
    """

    def __init__(self, folder: Path, *, sealed: bool) -> None:
        self.folder = folder
        self.sealed = sealed
        self.facts = Facts()
        (folder / "many").mkdir(parents=True)
        for name in SOURCES:
            (folder / name).write_text(f"{name}\n")
        (folder / "many/one").write_text("1\n")

    def __call__(self, of: Plan, **options: object) -> RunResult:
        jobs = {name: replace(one, cwd=self.folder) for name, one in of.jobs.items()}
        here = replace(of, jobs=jobs, folder=self.folder)
        mark = digest_of(repr(here).encode()) if self.sealed else ""
        self.facts = Facts()
        store = Store(self.folder / ".treadle/state.db")
        return run(replace(here, mark=mark), views=[self.facts], store=store, **options)  # type: ignore[arg-type]  # as said

    @property
    def done(self) -> tuple[set[str], set[str], set[str]]:
        """What ran, what was unchanged, what only gathered."""
        return (
            {fact.name for fact in self.facts.of(JobStarted)},
            {name for fact in self.facts.of(JobsUnchanged) for name in fact.names},
            {fact.name for fact in self.facts.of(JobEnded) if not fact.attempt},
        )

    @property
    def files(self) -> dict[str, str]:
        """The contents of all files."""
        found = (path for path in self.folder.rglob("*") if ".treadle" not in path.parts)
        return {str(p.relative_to(self.folder)): p.read_text() for p in found if p.is_file()}


def made(chance: random.Random) -> Plan:
    """Return jobs in layers: of files, a folder, a glob; one that gathers, one that always runs."""
    jobs: list[PlannedJob] = []
    for number in range(6):
        before = [one.name for one in jobs if one.outputs]
        needs = tuple(chance.sample(before, min(len(before), chance.randrange(3))))
        inputs = (*chance.sample(SOURCES, chance.randrange(1, 3)), *(f"{n}.out" for n in needs))
        inputs += chance.choice([(), ("many",), ("many/*",)])
        text = f"cat $(find {' '.join(i.removesuffix('/*') for i in inputs)} -type f) | wc -c"
        name = f"j{number}"
        jobs.append(job(name, f"({text}) > {name}.out", inputs=inputs, outputs=(f"{name}.out",),
                        needs=needs))  # fmt: skip
    jobs.append(job("check", "cat s0", inputs=("s0",), needs=("j1",)))
    jobs.append(replace(job("all", "", needs=("j2", "check")), argv=()))
    jobs.append(job("behind", "cat s1 > behind.out", inputs=("s1",), outputs=("behind.out",),
                    needs=("all",)))  # fmt: skip
    return plan(*jobs)


def _write(path: str, text: str) -> Edit:
    return lambda folder, chance: (folder / path).write_text(text)


def _touch(folder: Path, chance: random.Random) -> None:
    (folder / chance.choice(SOURCES)).touch()


def _same_size(folder: Path, chance: random.Random) -> None:
    path = folder / chance.choice(SOURCES)
    before = path.stat()
    path.write_text(path.read_text().swapcase())
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _output(folder: Path, chance: random.Random) -> None:
    path = folder / f"j{chance.randrange(6)}.out"
    if chance.random() < 0.5:
        path.unlink(missing_ok=True)
    else:
        path.write_text("spoiled\n")


def _exchange(folder: Path, chance: random.Random) -> None:
    one, other = (folder / name for name in chance.sample(SOURCES, 2))
    one.rename(folder / "x")
    other.rename(one)
    (folder / "x").rename(other)


EDITS: list[Edit] = [
    lambda folder, chance: None,
    lambda folder, chance: None,
    _touch,
    _same_size,
    _output,
    _exchange,
    lambda folder, chance: (folder / chance.choice(SOURCES)).write_text(f"{chance.random()}\n"),
    lambda folder, chance: (folder / f"many/{chance.choice('abc')}").write_text("more\n"),
    lambda folder, chance: (folder / f"many/{chance.choice('abc')}").unlink(missing_ok=True),
    lambda folder, chance: (folder / f"many/.{chance.choice('abc')}").touch(),
]


@pytest.fixture
def rested(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Count the runs in which nothing was looked at but seals."""
    seen, truth = SimpleNamespace(count=0), atrest.is_at_rest

    def spy(of: Plan, chosen: list[str], kept: object) -> bool:
        found = truth(of, chosen, kept)  # type: ignore[arg-type]  # as it came
        seen.count += found
        return found

    monkeypatch.setattr(atrest, "is_at_rest", spy)
    return seen


def decides_alike(folder: Path, seed: int) -> None:
    """Make the same edits in two folders, and run: with seals, and without."""
    of = made(random.Random(seed))
    sides = Side(folder / "sealed", sealed=True), Side(folder / "plain", sealed=False)
    chance = random.Random(seed)
    for step in range(STEPS):
        edit, again = chance.choice(EDITS), chance.random()
        targets = chance.choice([(), (), (), ("j3",), ("behind", "j4"), ("check",)])
        always = chance.random() < 0.05
        if chance.random() < 0.1:
            name = f"j{chance.randrange(6)}"
            one = of.jobs[name]
            jobs = {**of.jobs, name: replace(one, argv=(*one.argv, "x"))}
            of = replace(of, jobs=jobs)
        results = []
        for side in sides:
            edit(side.folder, random.Random(again))
            results.append(side(of, targets=targets, always=always))
        assert sides[0].done == sides[1].done, (seed, step)
        assert sides[0].files == sides[1].files, (seed, step)
        assert results[0].success == results[1].success


def test_seals_decide_as_looking_at_everything_does(
    tmp_path: Path, rested: SimpleNamespace
) -> None:
    decides_alike(tmp_path, 0)
    assert rested.count


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(1, 200))
def test_seals_decide_as_looking_at_everything_does_whatever_the_graph(
    tmp_path: Path, seed: int
) -> None:
    decides_alike(tmp_path, seed)
