"""What the tests of the seed's contract share."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import treadle
from treadle.clock import SystemClock
from treadle.dag import DAG
from treadle.job import ProcessJob
from treadle.job.scheduler import Scheduler

if TYPE_CHECKING:
    from collections.abc import Callable

    from treadle.job import Job

_SOURCES = str(Path(treadle.__file__).parents[1])


def _dag(text: str) -> DAG:
    dag = DAG()
    for word in text.split():
        vertex, _, before = word.partition(":")
        dag.add_vertex(vertex, vertex.upper(), before.split(",") if before else None)
    return dag


@pytest.fixture(scope="session")
def dag() -> Callable[[str], DAG]:
    """A DAG from words like `c:a,b`: vertex c, data C, predecessors a and b."""
    return _dag


@pytest.fixture
def jobs() -> dict[str, Any]:
    """The jobs that `run` made, by uid."""
    return {}


@pytest.fixture
def collected() -> list[str]:
    """The uids of the jobs that `run` collected, in that order."""
    return []


@pytest.fixture
def run(jobs: dict[str, Any], collected: list[str]) -> Callable[..., Scheduler]:
    """Run jobs of a class, or of a class for each uid, to the end; returns the scheduler."""

    def run(
        text: str,
        job_class: type[Job] | dict[str, type[Job]],
        collect: Callable[[Any], object] | None = None,
        scheduler_class: type[Scheduler] = Scheduler,
        **options: Any,
    ) -> Scheduler:
        def provider(uid: Any, data: Any, predecessors: frozenset[Any], notify_end: Any) -> Job:
            chosen = job_class[uid] if isinstance(job_class, dict) else job_class
            jobs[uid] = chosen(uid, data, notify_end)
            return jobs[uid]  # type: ignore[no-any-return]  # of that class

        def note(job: Job) -> object:
            collected.append(str(job.uid))
            return collect(job) if collect else None

        scheduler = scheduler_class(provider, note, **options)
        jobs["scheduler"] = scheduler
        scheduler.run(_dag(text))
        return scheduler

    return run


@pytest.fixture
def python(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a program in a process of its own, in an empty directory.

    `python(text)` runs a script of that text, `python(text, "-m", "treadle.e3")` has
    these options in front of it, `python(None, ...)` runs just the options.
    """

    def python(
        text: str | None, *options: str, arguments: tuple[str, ...] = (), **env: str
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *options]
        if text is not None:
            script = tmp_path / "script.py"
            script.write_text(text)
            command.append(str(script))
        return subprocess.run(
            [*command, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": _SOURCES, **env},
            check=False,
        )

    return python


class _JumpClock(SystemClock):
    """Real time, which jumps ahead when a test says so."""

    ahead = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead


@pytest.fixture
def overdue() -> Callable[[Callable[[Scheduler], object]], dict[str, Any]]:
    """Options for `run`: each time that `when(scheduler)` is true, all that runs is overdue."""

    def overdue(when: Callable[[Scheduler], object]) -> dict[str, Any]:
        clock = _JumpClock()

        class Overdue(Scheduler):
            def log_state(self) -> None:
                if when(self):
                    clock.ahead += 1000

        return {"clock": clock, "scheduler_class": Overdue, "job_timeout": 1000}

    return overdue


class Spawning(ProcessJob):
    """Runs the command that is its data; `when_spawned` is called when the process is there."""

    def when_spawned(self) -> None:
        """Replaced by what the test wants."""

    @property
    def cmdline(self) -> list[str]:
        return ["sh", "-c", self.data]

    @property
    def proc_handle(self) -> Any:
        return self._handle

    @proc_handle.setter
    def proc_handle(self, handle: Any) -> None:
        self._handle = handle
        if handle is not None:
            self.when_spawned()


@pytest.fixture
def spawning() -> Callable[..., type[Spawning]]:
    """A job class that runs a shell command and calls back when the process is there."""

    def make(command: str, when_spawned: Callable[[Any], object] = lambda job: None) -> Any:
        def start(self: Any, uid: Any, data: Any, notify_end: Any) -> None:
            ProcessJob.__init__(self, uid, command, notify_end)

        members = {"__init__": start, "when_spawned": when_spawned}
        return type("Spawns", (Spawning,), members)

    return make
