"""The warden as a run uses it: started once, replaced when it is lost, gone at the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from programs import gone, helpers, job_class, numbers, run_all, run_one, until
from treadle.dag import DAG
from treadle.engine import Outcome
from treadle.executors.warden import WardenExecutor
from treadle.job import FunctionJob, Job, ProcessJob
from treadle.job.scheduler import Scheduler
from treadle.process import Conditions, pair
from treadle.process.remote import RemoteRun
from treadle.status import ReturnValue

HERE = Path(__file__).parents[2]


def test_one_warden_serves_a_run_and_is_gone_with_it() -> None:
    seen: set[tuple[tuple[str, int], ...]] = set()
    run_all({str(n): ["true"] for n in range(9)}, lambda _: seen.add((*helpers().items(),)))

    assert len(seen) == 1
    assert all(gone(pid) for _, pid in next(iter(seen)))


def test_a_run_without_processes_has_no_warden() -> None:
    seen: list[dict[str, int]] = []
    dag = DAG()
    dag.add_vertex("a", lambda: seen.append(helpers()))
    Scheduler(Scheduler.simple_provider(FunctionJob)).run(dag)

    assert seen == [{}]


@pytest.mark.parametrize("victim", ["warden", "guard", "both"])
def test_what_was_lost_with_a_warden_is_gone_before_it_is_called_lost_and_may_run_again(
    victim: str, tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    tree = f"(setsid sleep 600 & echo $! >> {pids}); echo $$ >> {pids}; "
    # The first attempt waits for ever, the second does not.
    program = f"{tree} [ -e {tmp_path}/again ] || sleep 600"
    outcomes: list[Outcome] = []
    left: list[bool] = []

    def collect(job: Any) -> bool:
        outcomes.append(job.outcome)
        if job.outcome is not Outcome.LOST:
            return False
        left.extend(not gone(pid) for pid in numbers(pids))
        (tmp_path / "again").touch()
        return True

    class Killing(job_class()):  # type: ignore[misc]  # made for this test
        pass

    def strike() -> None:
        until(lambda: len(numbers(pids)) == 2, "the first attempt")
        for name, pid in helpers().items():
            if victim in (name, "both"):
                os.kill(pid, signal.SIGKILL)

    class Both(Job):
        def run(self) -> None:
            strike()

    def provider(uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
        return (Both if uid == "strike" else Killing)(uid, data, notify_end)

    dag = DAG()
    dag.add_vertex("job", program)
    dag.add_vertex("strike", None)
    Scheduler(provider, lambda j: j.uid == "job" and collect(j), tokens=2).run(dag)

    assert outcomes == [Outcome.LOST, Outcome.EXITED]
    assert left == [False, False]
    assert all(gone(pid) for pid in numbers(pids))


def test_the_loss_is_told_and_counts_as_a_failure() -> None:
    def collect(job: Any) -> None:
        pass

    class Strikes(job_class()):  # type: ignore[misc]  # made for this test
        def on_start(self, scheduler: Any) -> None:
            if self.uid == "second":
                (first,) = (job for job in scheduler.active_jobs if job.uid == "first")
                assert first.proc_handle.pid
                warden = helpers()["warden"]
                os.kill(warden, signal.SIGKILL)
                until(lambda: gone(warden), "the end of the warden")

    ended = run_all({"first": ["sleep", "600"], "second": ["true"]}, collect, job=Strikes)

    assert ended["first"].outcome is Outcome.LOST
    assert ended["first"].status is ReturnValue.failure
    assert isinstance(ended["first"].proc_handle, RemoteRun)
    assert ended["first"].proc_handle.loss == "the warden ended"
    assert ended["second"].status is ReturnValue.success


def test_a_warden_that_cannot_start_is_said_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    job = run_one(["true"])

    # It depends on who is faster whether the job was handed over.
    assert job.outcome in (Outcome.LOST, Outcome.SPAWN_FAILED)
    assert "TREADLE_WARDEN=0" in f"{getattr(job.proc_handle, 'loss', '')} {job.spawn_error}"

    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    job = run_one(["true"])

    assert job.outcome is Outcome.SPAWN_FAILED
    assert "cannot start the warden" in str(job.spawn_error)


def test_the_environment_may_say_that_no_warden_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TREADLE_WARDEN", "0")
    seen: list[dict[str, int]] = []
    job = run_all({"one": ["true"]}, lambda _: seen.append(helpers()))["one"]

    assert job.status is ReturnValue.success
    assert seen == [{}]


def test_a_warden_that_was_stopped_does_not_keep_a_run_from_ending(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(WardenExecutor, "kill_grace", 0.2)
    monkeypatch.setattr(pair, "_CLOSES_WITHIN", 0.2)
    pids = tmp_path / "pids"

    class Stops(job_class()):  # type: ignore[misc]  # made for this test
        def on_start(self, scheduler: Any) -> None:
            if self.uid == "second":
                until(lambda: numbers(pids), "the first job")
                os.kill(helpers()["warden"], signal.SIGSTOP)

    programs: dict[str, Any] = {"first": f"echo $$ > {pids}; sleep 600; true", "second": ["true"]}
    ended = run_all(programs, job=Stops, job_timeout=0.3)

    assert {job.outcome for job in ended.values()} == {Outcome.STUCK}
    assert all(gone(pid) for pid in numbers(pids))


def test_the_handle_of_a_running_process_knows_its_pid_and_can_end_it(tmp_path: Path) -> None:
    seen: list[tuple[Any, bool]] = []

    class Looks(job_class()):  # type: ignore[misc]  # made for this test
        def on_start(self, scheduler: Any) -> None:
            if self.uid == "second":
                (first,) = (j for j in scheduler.active_jobs if j.uid == "first")
                seen.append((first.proc_handle.pid, first.proc_handle.is_running()))
                first.proc_handle.kill(recursive=False)

    ended = run_all({"first": ["sleep", "600"], "second": ["true"]}, job=Looks)

    assert seen == [(ended["first"].proc_handle.pid, True)]  # type: ignore[union-attr]
    assert ended["first"].proc_handle.status == -9  # type: ignore[union-attr]
    assert ended["first"].outcome is Outcome.SIGNALLED


def test_what_a_program_used_is_known_afterwards() -> None:
    busy = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"
    job = run_one(busy)

    assert isinstance(job.proc_handle, RemoteRun)
    usage = job.proc_handle.usage
    assert usage is not None
    assert 0 < usage.user + usage.system <= usage.wall + 0.5
    assert usage.max_rss > 1 << 20


def test_limits_priority_and_mask_are_those_that_were_asked_for() -> None:
    limits = {"memory": 1 << 30, "files": 77, "cpu": 50}
    asked = Conditions(limits=limits, nice=7, umask=0o027)
    program = "ulimit -v; ulimit -n; ulimit -t; nice; umask"
    job = run_one(program, job=job_class(asked, output=subprocess.PIPE))

    assert job.proc_handle is not None
    assert job.proc_handle.out == "1048576\n77\n50\n7\n0027\n"


@pytest.mark.proof
def test_a_program_that_uses_too_much_processor_time_is_ended_by_its_limit() -> None:
    job = run_one("while :; do :; done", job=job_class(Conditions(limits={"cpu": 1})))

    assert job.proc_handle is not None
    assert job.proc_handle.status == -signal.SIGXCPU


@pytest.mark.parametrize(
    ("conditions", "why"),
    [
        (Conditions(limits={"memori": 3}), "memori"),
        (Conditions(limits={"cpu": -1}), "0 or more"),
        (Conditions(leak="keep"), "'kill', 'fail' or 'leave'"),  # type: ignore[arg-type]  # wrong
    ],
    ids=["unknown limit", "limit below 0", "unknown leak"],
)
def test_conditions_that_cannot_be_are_refused(conditions: Conditions, why: str) -> None:
    job = run_one(["true"], job=job_class(conditions))

    assert job.outcome is Outcome.SPAWN_FAILED
    assert why in str(job.spawn_error)


def test_a_pseudo_terminal_makes_tools_write_as_for_a_person() -> None:
    program = "test -t 1 && test -t 2 && ! test -t 0 && tty < /dev/tty; printf 'a\\nb\\n'"
    job = run_one(program, job=job_class(Conditions(tty=True), output=subprocess.PIPE))

    assert job.proc_handle is not None
    assert job.proc_handle.out == "/dev/tty\na\nb\n"


def test_what_only_the_warden_can_do_is_refused_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TREADLE_WARDEN", "0")
    for asked in (Conditions(tty=True), Conditions(idle_timeout=1.0)):
        job = run_one(["true"], job=job_class(asked))

        assert job.outcome is Outcome.SPAWN_FAILED
        assert "needs the warden" in str(job.spawn_error)


def test_limits_are_there_without_the_warden_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TREADLE_WARDEN", "0")
    asked = Conditions(limits={"files": 77}, nice=7, umask=0o027)
    job = run_one("ulimit -n; nice; umask", job=job_class(asked, output=subprocess.PIPE))

    assert job.proc_handle is not None
    assert job.proc_handle.out == "77\n7\n0027\n"


def test_two_runs_at_the_same_time_have_a_warden_each(tmp_path: Path) -> None:
    import threading

    results: list[dict[str, Any]] = []
    threads = [
        threading.Thread(
            target=lambda: results.append(run_all({str(n): ["true"] for n in range(20)}))
        )
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [len(result) for result in results] == [20, 20]
    assert all(j.status is ReturnValue.success for result in results for j in result.values())


def test_a_run_inside_of_a_callback_has_its_own(tmp_path: Path) -> None:
    inner: list[ReturnValue] = []

    def nested(job: ProcessJob) -> None:
        if job.uid == "a":
            inner.extend(j.status for j in run_all({"x": ["true"], "y": ["false"]}).values())

    outer = run_all({"a": ["true"], "b": ["sleep", "0.2"]}, nested)

    assert sorted(inner) == [ReturnValue.success, ReturnValue.failure]
    assert {j.status for j in outer.values()} == {ReturnValue.success}


def test_I13_modules_that_lie_around_are_not_taken_by_the_warden(tmp_path: Path) -> None:
    for name in ("os", "struct", "select", "warden", "ctypes", "time"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('planted')\n")
    script = (
        "import sys; sys.path = [p for p in sys.path if p]; sys.path[:0] = sys.argv[1].split(':')\n"
        "from programs import run_one\n"
        "print(run_one(['true']).proc_handle.status)\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script, f"{HERE}/src:{HERE}/tests/support"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout.strip() == "0"


def test_I11_a_scheduler_that_talks_nonsense_ends_the_warden_and_all_of_it(tmp_path: Path) -> None:
    pids = tmp_path / "pids"

    class Garbles(job_class()):  # type: ignore[misc]  # made for this test
        def on_start(self, scheduler: Any) -> None:
            if self.uid == "second":
                until(lambda: numbers(pids), "the first job")
                wires = scheduler._driver.wiring._warden._link
                wires._socket.send(b"\xff" * 100)

    programs: dict[str, Any] = {
        "first": f"sleep 600 & echo $$ $! > {pids}; wait",
        "second": ["true"],
    }
    ended = run_all(programs, job=Garbles)

    assert ended["first"].outcome is Outcome.LOST
    assert all(gone(pid) for pid in numbers(pids))
