"""Process jobs of one program each, and what there is to see of them afterwards."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from treadle.dag import DAG
from treadle.job import ProcessJob
from treadle.job.scheduler import Scheduler
from treadle.process import Conditions
from treadle.process.conditions import PLAIN

SH = "/bin/sh"
PATIENCE = 20.0  # seconds; what has not happened by then never will


class Program(ProcessJob):
    """Runs what its data says: a list as it is, a text in a shell."""

    options: dict[str, Any]

    @property
    def cmdline(self) -> list[str]:
        return [SH, "-c", self.data] if isinstance(self.data, str) else list(self.data)

    @property
    def cmd_options(self) -> dict[str, Any]:
        return {"output": os.devnull, **self.options}


def job_class(
    conditions: Conditions = PLAIN, grace: float | None = None, **options: Any
) -> type[Program]:
    """A class of jobs that all have these."""
    words = {"options": options, "conditions": conditions, "grace": grace}
    return type("Program", (Program,), words)


def run_all(
    programs: dict[str, str | list[str]],
    collect: Callable[[Any], object] | None = None,
    *,
    job: type[Program] | None = None,
    **options: Any,
) -> dict[str, Program]:
    """Run programs side by side; return their jobs by name."""
    ended: dict[str, Program] = {}

    def note(ended_job: Any) -> object:
        ended[ended_job.uid] = ended_job
        return collect(ended_job) if collect is not None else None

    dag = DAG()
    for name, program in programs.items():
        dag.add_vertex(name, program)
    provider = Scheduler.simple_provider(job or job_class())
    Scheduler(provider, note, **{"tokens": len(programs), **options}).run(dag)
    return ended


def run_one(
    program: str | list[str], *, job: type[Program] | None = None, **options: Any
) -> Program:
    """Run one program; return its job."""
    return run_all({"one": program}, job=job, **options)["one"]


def gone(pid: int) -> bool:
    """Whether no process of that number runs any more; a zombie of somebody else's does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] in ("Z", "X")


def until(true: Callable[[], object], what: str = "it") -> None:
    """Wait until something is true."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, f"{what} did not happen within {PATIENCE:.0f} s"
        time.sleep(0.005)


def numbers(path: Path) -> list[int]:
    """The process ids that programs wrote into a file, one a line."""
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def helpers() -> dict[str, int]:
    """The pids of this process's guard and of the warden under it, by name."""
    for thread in os.listdir("/proc/self/task"):
        for guard in _children(f"/proc/self/task/{thread}/children"):
            if _comm(guard) == "treadle-guard":
                below = _children(f"/proc/{guard}/task/{guard}/children")
                wardens = [pid for pid in below if _comm(pid) == "treadle-warden"]
                return {"guard": guard, **({"warden": wardens[0]} if wardens else {})}
    return {}


def _children(path: str) -> list[int]:
    try:
        return [int(pid) for pid in Path(path).read_text().split()]
    except OSError:
        return []


def _comm(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def end(pid: int) -> None:
    """Kill a process that a test was to leave."""
    os.kill(pid, signal.SIGKILL)
