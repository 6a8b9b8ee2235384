"""A program that uses the library is killed, again and again, and goes on each time.

Judged by a witness alone: a file to which each job appends a line when it begins and one when
it ends.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stores import scratch
from treadle.clock import SYSTEM
from treadle.store import Store

_JOBS = 30
_PROGRAM = """
import os, random, sys
from treadle import DAG, FunctionJob, ProcessJob, Scheduler, Store

folder, seed = sys.argv[1], int(sys.argv[2])
witness = os.open(f"{folder}/witness", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
dice = random.Random(seed)


def job(name):
    def work():
        os.write(witness, f"begin {name}\\n".encode())
        os.write(witness, f"end {name}\\n".encode())
    return work


class Echo(ProcessJob):
    @property
    def cmdline(self):
        return ["sh", "-c", f"echo begin {self.uid} >> witness; echo end {self.uid} >> witness"]

    @property
    def cmd_options(self):
        return {"output": None, "cwd": folder}


def provide(uid, data, predecessors, notify_end):
    for one in predecessors:
        os.write(witness, f"after {one}\\n".encode())
    kind = Echo if int(uid) % 3 == 0 else FunctionJob
    return kind(uid, data, notify_end)


dag = DAG()
for number in range(int(sys.argv[3])):
    before = dice.sample(range(number), min(number, dice.randint(0, 2)))
    dag.add_vertex(str(number), job(number), [str(one) for one in before])
store = Store(f"{folder}/runs.db")
with store.read() as records:
    if any(not run.is_cut_short for run in records.runs(1)):
        sys.exit()  # the last one was killed when all was done
Scheduler(provide, store=store, resume=True, tokens=3).run(dag)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with scratch() as folder:
        (folder / "program.py").write_text(_PROGRAM)
        yield folder


def _witness(folder: Path) -> list[str]:
    path = folder / "witness"
    return path.read_text().splitlines() if path.exists() else []


def _run_until(folder: Path, seed: int, lines: int) -> bool:
    """Run the program, and kill it when the witness has so many lines; True if it was."""
    arguments = [str(folder), str(seed), str(_JOBS)]
    with subprocess.Popen([sys.executable, str(folder / "program.py"), *arguments]) as program:
        until = SYSTEM.monotonic() + 60
        while program.poll() is None and len(_witness(folder)) < lines:
            assert SYSTEM.monotonic() < until
        program.kill()
    return program.returncode != 0


def _trial(folder: Path, seed: int, most: int) -> None:
    dice = random.Random(seed)
    lines = kills = 0
    while _run_until(folder, seed, lines := lines + dice.randint(most // 4, most)):
        kills += 1
    _judge(_witness(folder), kills)
    with Store(folder / "runs.db").read() as reader:
        (run,) = reader.runs()
        good = [end.job for end in reader.ends(run.name) if end.kind == "good"]
    assert len(run.sessions) <= kills + 1
    assert sorted(good) == sorted(set(good)), "what was recorded as good has run again"
    assert len(good) == _JOBS


def _judge(lines: list[str], kills: int) -> None:
    over: set[str] = set()
    began: dict[str, int] = {}
    for what, job in (line.split() for line in lines):
        if what == "after":
            over.add(job)
        if what == "begin":
            assert job not in over, f"job {job} ran again after a job behind it was provided"
            began[job] = began.get(job, 0) + 1
    assert len(began) == _JOBS
    # At each kill three jobs ran at most, and as many had just ended.
    assert sum(began.values()) <= _JOBS + 6 * kills


@pytest.mark.slow
def test_A03_a_killed_program_loses_nothing_and_does_nothing_twice(folder: Path) -> None:
    _trial(folder, 1, 90)


@pytest.mark.proof
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(2, 42))
def test_A03_killed_anywhere_it_loses_nothing_and_does_nothing_twice(
    folder: Path, seed: int
) -> None:
    _trial(folder, seed, 40)
