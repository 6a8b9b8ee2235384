"""Runs of 30 small jobs that are killed and gone on with, and a judge that believes a witness.

Each job appends its name and the number of its attempt to a file, the *witness*, before it does
anything else. What a session has recorded is read after its death and before the next one, from
a copy: reading a store may take in what its writer left.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from treadle.store import Store
from treadle.store.records import End

WITNESS = "witness"
_SAYS = 'echo "{name} $TREADLE_ATTEMPT" >> witness'


class Job(NamedTuple):
    """A job of the graph: what it needs, what it does besides witnessing, its other words."""

    name: str
    needs: tuple[str, ...] = ()
    does: str = ""
    words: str = ""

    def __str__(self) -> str:
        run = "; ".join(filter(None, (_SAYS.format(name=self.name), self.does)))
        return f"{self.name} = {{ run = '{run}', needs = {json.dumps(self.needs)}{self.words} }}"


def _graph() -> Iterator[Job]:
    """Two layers, a chain, a retry, a value and outputs that are used, and what needs all."""
    yield from (Job(f"a{n}") for n in range(8))
    yield from (Job(f"b{n}", (f"a{n}", f"a{(n + 1) % 8}")) for n in range(8))
    yield from (Job(f"c{n}", (f"c{n - 1}" if n else "a0",)) for n in range(6))
    yield Job("retried", ("a1",), "[ $TREADLE_ATTEMPT -gt 1 ]", ", retries = 1")
    yield Job("again", ("retried",))
    yield Job("gives", ("a2",), 'echo "text=of $TREADLE_ATTEMPT" >> $TREADLE_OUTPUT')
    yield Job("takes", ("gives",), "echo ${{ gives.text }} > taken", ', outputs = ["taken"]')
    yield Job("makes", ("a3",), "echo content > made", ', outputs = ["made"]')
    used = ', inputs = ["made"], outputs = ["used"]'
    yield Job("uses", ("makes",), "read line < made; echo $line > used", used)
    yield Job("last", (*(f"b{n}" for n in range(8)), "c5", "again", "takes", "uses"))
    yield Job("end", ("last",))


def _small() -> Iterator[Job]:
    """Few, for trials of each single call; one gives a value, one uses it and makes a file."""
    yield Job("gives", (), 'echo "text=of $TREADLE_ATTEMPT" >> $TREADLE_OUTPUT')
    yield Job("takes", ("gives",), "echo ${{ gives.text }} > taken", ', outputs = ["taken"]')
    yield Job("end", ("takes",))


GRAPH = {job.name: job for job in _graph()}
SMALL = {job.name: job for job in _small()}


class Story:
    """One run, in one folder, and what the judge has seen of it so far.

    Args:
        folder: for the workflow.
        scratch: a folder for copies of stores.
        graph: the jobs.

    Attributes:
        folder: of the workflow.
        run: the name of the run that is recorded; empty before there is one.
        problems: what must never happen and did.
    """

    def __init__(self, folder: Path, scratch: Path, graph: Mapping[str, Job] = GRAPH) -> None:
        self.folder = folder
        self.problems: list[str] = []
        self.run = ""
        self._copies = scratch
        self._recorded: list[End] = []
        self._lines: list[str] = []
        self._graph = graph
        lines = "\n".join(map(str, graph.values()))
        (folder / "treadle.toml").write_text(f"[job]\n{lines}\n")
        (folder / WITNESS).touch()

    def see(self, told: str) -> None:
        """Look at what a session has left that is over; `told` are the events that it wrote."""
        now = self._read()
        if now[: len(self._recorded)] != self._recorded:
            self._say("recorded ends are lost")
        self._recorded = now
        self._lines = (self.folder / WITNESS).read_text().splitlines()
        self._check_told(told)
        self._check_order()
        self._check_attempts()

    def see_end(self) -> None:
        """Judge what has come of it all."""
        if missing := self._graph.keys() - self._good().keys():
            self._say(f"never done: {sorted(missing)}")
        number = self._good().get("gives", 0)
        for name, text in ("taken", f"of {number}"), ("used", "content"), ("made", "content"):
            made = any(name in job.does for job in self._graph.values())
            if made and _content(self.folder / name) != f"{text}\n":
                self._say(f"{name!r} is wrong")
        with Store(self.folder / ".treadle" / "state.db").read() as reader:
            if reader.holder() is not None:
                self._say("the lock is held by nobody")

    def _read(self) -> list[End]:
        copy = self._copies / self.folder.name
        copy.mkdir()
        for file in (self.folder / ".treadle").glob("state.db*"):
            if file.name in {"state.db", "state.db-wal"}:
                shutil.copy(file, copy)
        with Store(copy / "state.db").read() as reader:
            runs = reader.runs()
            self.run = runs[0].name if runs else ""
            ends = list(reader.ends(self.run)) if runs else []
        if len(runs) > 1:
            self._say("there is more than one run")
        shutil.rmtree(copy)
        return ends

    def _say(self, problem: str) -> None:
        self.problems.append(problem)

    def _good(self) -> dict[str, int]:
        """The number of the attempt that was recorded as good, by job."""
        return {end.job: end.attempt for end in self._recorded if end.kind == "good"}

    def _check_told(self, told: str) -> None:
        recorded = {(end.job, end.attempt) for end in self._recorded}
        for line in told.splitlines(keepends=True):
            if line.endswith("\n") and (fact := json.loads(line))["type"] == "job.ended":
                end = fact["name"], fact["attempt"]
                if end not in recorded:
                    self._say(f"{end} was told and is not recorded")

    def _check_order(self) -> None:
        """What is needed has ended for good before: it never runs again after that."""
        last = {line.split()[0]: place for place, line in enumerate(self._lines)}
        for place, line in enumerate(self._lines):
            for need in self._graph[line.split()[0]].needs:
                if last.get(need, place) >= place:
                    self._say(f"{line!r} ran before {need!r} was over")

    def _check_attempts(self) -> None:
        twice = [line for line, count in Counter(self._lines).items() if count > 1]
        if twice:
            self._say(f"attempts ran twice: {twice}")
        seen = {job: int(number) for job, number in map(str.split, self._lines)}
        for job, attempt in self._good().items():
            if seen.get(job, 0) != attempt:
                self._say(f"{job!r} was recorded as attempt {attempt} and ran as {seen.get(job)}")


def _content(file: Path) -> str:
    try:
        return file.read_text()
    except FileNotFoundError:
        return "nothing"
