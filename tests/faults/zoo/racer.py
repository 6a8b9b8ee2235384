"""Jobs that end at about the moment at which they are killed, by the thousand.

Each has an exit code of its own. Its end is told once, and is either that code or a
signal; the latter only if its time was up.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from treadle import DAG, ProcessJob, Scheduler
from treadle.engine import Outcome

_SIGNALS = (-signal.SIGTERM, -signal.SIGKILL)
_LATER = 20  # ends, after which the careless one remembers a job


class Race(ProcessJob):
    """Sleeps a little and exits with its code, unless its time is up before."""

    def __init__(self, uid: Any, data: random.Random, notify_end: Any) -> None:
        super().__init__(uid, data, notify_end)
        self.duration = data.uniform(0.005, 0.03)
        self.timeout = self.duration * data.uniform(0.8, 1.6)
        self.grace = data.choice([0.0, 0.002, 0.02])
        self.code = 1 + uid % 100

    @property
    def cmdline(self) -> list[str]:
        return ["sh", "-c", f"sleep {self.duration:.4f}; exit {self.code}"]


class Racer:
    """Runs the races and judges their ends.

    Args:
        careless: signal groups whose leader was reaped long ago, as one must not.
    """

    def __init__(self, races: int, seed: str, careless: bool) -> None:
        self.races = races
        self.seed = seed
        self.careless = careless
        self.ends: Counter[int] = Counter()
        self.how: Counter[str] = Counter()
        self.pids: list[int] = []
        self.wrong: list[str] = []

    def run(self) -> dict[str, Any]:
        dag = DAG()
        for uid in range(self.races):
            dag.add_vertex(uid, random.Random(f"{self.seed} {uid}"))
        Scheduler(Scheduler.simple_provider(Race), self.collect, tokens=8).run(dag)
        self.wrong += [
            f"{uid}: {self.ends[uid]} ends" for uid in range(self.races) if self.ends[uid] != 1
        ]
        return {"how": self.how, "pids": sorted(set(self.pids)), "wrong": self.wrong}

    def collect(self, job: Any) -> None:
        self.ends[job.uid] += 1
        if job.spawn_error is not None:
            self.wrong.append(f"{job.uid}: {job.spawn_error}")
            return
        if job.proc_handle is None:
            # Its time was up before there was a process.
            self.how[f"{job.outcome} before it began"] += 1
            return
        status = job.proc_handle.status
        self.how[f"{job.outcome} {'itself' if status == job.code else status}"] += 1
        if not _is_true(status, job.code, job.outcome):
            self.wrong.append(f"{job.uid}: {job.outcome}, status {status}, its code is {job.code}")
        self.pids.append(job.proc_handle.pid)
        if self.careless:
            _signal_again(self.pids[-_LATER:][:1])


def _is_true(status: int | None, code: int, outcome: Outcome) -> bool:
    if status == code:
        return outcome in (Outcome.EXITED, Outcome.TIMED_OUT)
    return status in _SIGNALS and outcome is Outcome.TIMED_OUT


def _signal_again(pids: Sequence[int]) -> None:
    for pid in pids:
        with suppress(OSError):
            os.killpg(pid, signal.SIGTERM)


def main() -> None:
    """Race, write what came of it."""
    folder, races, seed, careless = sys.argv[1:]
    os.chdir(folder)
    said = Racer(int(races), seed, careless == "careless").run()
    with open("racer.json", "w", encoding="utf-8") as file:
        json.dump(said, file)


if __name__ == "__main__":
    main()
