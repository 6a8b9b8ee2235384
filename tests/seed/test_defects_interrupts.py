"""What the seed left running, or did twice, when stopped (e3-defects/d13, d14, d35, d36, d46)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import treadle
from kinds import UntilInterrupted
from treadle.engine import Outcome
from treadle.job import Job, ProcessJob
from treadle.job.scheduler import Scheduler

if TYPE_CHECKING:
    from collections.abc import Callable


def _is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to look for them")
@pytest.mark.parametrize(
    "start", ["{} &", "({} &)", "setsid {} &", "(setsid {} &)"], ids=lambda text: text.strip()
)
def test_d13_everything_that_a_process_started_is_gone_when_it_was_stopped(
    start: str,
    run: Callable[..., Scheduler],
    overdue: Callable[..., dict[str, Any]],
    spawning: Callable[..., Any],
    tmp_path: Path,
) -> None:
    (tmp_path / "grandchild").write_text("echo $$ > pids\nexec sleep 60")
    os.mkfifo(tmp_path / "pids")
    command = f"cd {tmp_path}; {start.format('sh grandchild')} exec sleep 60"
    once = iter([True])
    pids: list[int] = []

    def ready(scheduler: Scheduler) -> bool:
        if not next(once, False):
            return False
        pids.append(int((tmp_path / "pids").read_text()))
        assert _is_alive(pids[0])
        return True

    run("a", spawning(command.replace("&) exec", "&); exec")), **overdue(ready))

    assert [_is_alive(pid) for pid in pids] == [False]


def test_d13_a_process_job_with_its_own_run_is_killed_after_its_grace(
    run: Callable[..., Scheduler], jobs: dict[str, Any], tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "ready")

    class Stubborn(ProcessJob):
        grace = 0.1

        @property
        def cmdline(self) -> list[str]:
            script = f"trap '' TERM INT; echo > {tmp_path}/ready; while :; do sleep 0.05; done"
            return ["sh", "-c", script]

        def run(self) -> None:
            super().run()

    class Interrupted(Scheduler):
        def log_state(self) -> None:
            assert (tmp_path / "ready").read_text() == "\n"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run("a", Stubborn, scheduler_class=Interrupted)

    assert jobs["a"].proc_handle.status == -9
    assert not _is_alive(jobs["a"].proc_handle.pid)
    assert jobs["a"].outcome is Outcome.INTERRUPTED


def test_d14_after_ctrl_c_run_raises_when_the_jobs_have_ended_and_were_collected(
    run: Callable[..., Scheduler], jobs: dict[str, Any], collected: list[str]
) -> None:
    together = threading.Barrier(2)
    seen: list[tuple[bool, bool, bool]] = []

    class PressesCtrlC(UntilInterrupted):
        def run(self) -> None:
            if together.wait(20) == 0:
                subprocess.run(["kill", "-INT", str(os.getpid())], check=True)
            super().run()

    def collect(job: Job) -> None:
        stopped = job.timing_info.stop_time is not None
        seen.append((job.interrupted, stopped, job.handle.is_alive()))

    with pytest.raises(KeyboardInterrupt):
        run("a b c", PressesCtrlC, collect, tokens=2)

    assert seen == [(True, True, False)] * 2
    assert sorted(collected) == ["a", "b"]
    # What was queued is not lost silently.
    assert jobs["scheduler"].statistics().aborted == 1


def test_d35_a_collect_that_raises_does_not_get_in_the_way_of_ctrl_c(
    dag: Callable[[str], Any], spawning: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    jobs: list[Any] = []
    events: list[str] = []
    spawned = threading.Semaphore(0)
    sleeps: Any = spawning("exec sleep 60", lambda job: spawned.release())

    class Sleeps(sleeps):  # type: ignore[misc]  # Any
        def on_start(self, scheduler: Scheduler) -> None:
            jobs.append(self)

        def on_finish(self, scheduler: Scheduler) -> None:
            events.append(f"on_finish {self.uid}")

    class Interrupted(Scheduler):
        def log_state(self) -> None:
            assert all(spawned.acquire(timeout=20) for _ in "abc")
            raise KeyboardInterrupt

    def collect(job: Job) -> None:
        events.append(f"collect {job.uid}")
        raise ValueError("no result file")

    with pytest.raises(KeyboardInterrupt) as caught:
        Interrupted(Interrupted.simple_provider(Sleeps), collect, tokens=3).run(dag("a b c"))

    assert [job.proc_handle.status for job in jobs] == [-9] * 3
    assert sorted(events) == [f"{what} {uid}" for what in ("collect", "on_finish") for uid in "abc"]
    assert len([note for note in caught.value.__notes__ if "no result file" in note]) == 3
    assert len([text for text in caplog.messages if text.startswith("collect of job")]) == 3


@pytest.mark.parametrize("moment", ["on_start", "start", "collect", "on_finish"])
def test_d36_a_ctrl_c_at_any_moment_collects_and_finishes_the_job_once(
    moment: str, run: Callable[..., Scheduler], jobs: dict[str, Any]
) -> None:
    events: list[str] = []

    def press(where: str) -> None:
        events.append(where)
        if where == moment and events.count(where) == 1:
            raise KeyboardInterrupt

    class Presses(Job):
        def on_start(self, scheduler: Scheduler) -> None:
            press("on_start")

        def start(self, slot: int) -> None:
            super().start(slot)
            press("start")

        def on_finish(self, scheduler: Scheduler) -> None:
            press("on_finish")

        def run(self) -> None:
            pass

    with pytest.raises(KeyboardInterrupt):
        run("a", Presses, lambda job: press("collect"))

    order = ["on_start", "start", "collect", "on_finish"]
    expected = order if moment != "on_start" else ["on_start", "collect", "on_finish"]
    assert events == expected
    assert jobs["a"].handle is None or not jobs["a"].handle.is_alive()


@pytest.mark.timeout(30)
def test_d36_a_ctrl_c_while_a_thread_is_started_leaves_no_thread_behind(
    run: Callable[..., Scheduler], collected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = threading.Thread.start
    presses = iter([False, True])

    def start(thread: threading.Thread) -> None:
        original(thread)
        if next(presses, False):
            raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(KeyboardInterrupt):
        run("a b c", UntilInterrupted, tokens=2)

    assert sorted(collected) == ["a", "b"]


SLEEPS = """
from treadle import DAG, ProcessJob, Scheduler
class J(ProcessJob):
    cmdline = ["sh", "-c", "echo $$; exec sleep 60"]
    cmd_options = {"output": None}
dag = DAG()
dag.add_vertex("a")
dag.add_vertex("b")
Scheduler(Scheduler.simple_provider(J), tokens=2).run(dag)
"""


@pytest.mark.parametrize(
    ("signum", "code"), [(signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGINT, -signal.SIGINT)]
)
def test_d46_a_signal_that_ends_the_program_ends_its_processes_too(
    signum: signal.Signals, code: int
) -> None:
    sources = str(Path(treadle.__file__).parents[1])
    with subprocess.Popen(
        [sys.executable, "-c", SLEEPS],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": sources},
    ) as program:
        assert program.stdout is not None
        pids = [int(program.stdout.readline()) for _ in range(2)]
        program.send_signal(signum)
        assert program.wait(30) == code

    assert [_is_alive(pid) for pid in pids] == [False, False]
