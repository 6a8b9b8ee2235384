"""Matrix B: what a job's program may do, and the attempt ends all the same, with its tree."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from programs import PATIENCE, end, gone, helpers, job_class, numbers, run_all, run_one, until
from treadle.engine import Outcome
from treadle.errors import ProcessError
from treadle.executors import ProcessExecutor
from treadle.executors.warden import WardenExecutor
from treadle.process import Conditions, pair
from treadle.status import ReturnValue

WARDEN: dict[str, Any] = {}
HERE: dict[str, Any] = {"executor": ProcessExecutor()}
BOTH = pytest.mark.parametrize("where", [WARDEN, HERE], ids=["warden", "here"])


@BOTH
def test_B01_a_background_child_is_gone_when_the_job_ends_and_counted(
    where: dict[str, Any], tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    job = run_one(f"sleep 600 & echo $! > {pids}; exit 0", **where)

    assert job.status is ReturnValue.success
    assert [gone(pid) for pid in numbers(pids)] == [True]
    assert job.proc_handle is not None
    assert where or job.proc_handle.leaked == 1


def test_B01_what_is_left_makes_the_job_fail_if_it_says_so(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    failing = job_class(Conditions(leak="fail"))
    job = run_one(f"sleep 600 & echo $! > {pids}", job=failing)

    assert job.status is ReturnValue.failure
    assert [gone(pid) for pid in numbers(pids)] == [True]


def test_B01_what_is_left_on_purpose_outlives_the_run(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    leaving = job_class(Conditions(leak="leave"))
    run_one(f"setsid sleep 600 & echo $! > {pids}; until [ -s {pids} ]; do :; done", job=leaving)
    (left,) = numbers(pids)
    try:
        assert not gone(left)
    finally:
        end(left)


def test_B01_a_filter_that_the_shell_does_not_wait_for_may_finish_its_work(tmp_path: Path) -> None:
    if not shutil.which("bash"):
        pytest.skip("there is no bash")
    log = tmp_path / "log"
    job = run_one(["bash", "-c", f"exec > >(cat > {log}); echo the end"])

    assert job.status is ReturnValue.success
    assert log.read_text() == "the end\n"


# Forks twice, leads a session, and clears its environment on the way to another program.
_DAEMON = (
    "import os; os.fork() and os._exit(0); os.setsid(); os.fork() and os._exit(0); "
    "open('{pids}', 'a').write(str(os.getpid())); os.execve('/bin/sleep', ['s', '600'], {{}})"
)


def test_B01_what_was_to_be_left_is_not_when_the_job_is_stopped(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    leaving = job_class(Conditions(leak="leave"), grace=5)
    daemon = f"trap '' TERM; echo $$ > {pids}; sleep 600; sleep 600"
    program = f'setsid sh -c "{daemon.replace("$", chr(92) + "$")}" & sleep 600'
    job = run_one(program, job=leaving, job_timeout=0.5)

    assert job.outcome is Outcome.TIMED_OUT
    assert numbers(pids)
    assert all(gone(pid) for pid in numbers(pids))


@pytest.mark.parametrize(
    "daemon",
    [
        "setsid sh -c '(sleep 600 & echo $! >> {pids}) &'",
        "(setsid env -i sleep 600 & echo $! >> {pids})",
        f'{sys.executable} -c "{_DAEMON}"',
    ],
    ids=["double fork, own session", "own session, no environment", "all of it"],
)
def test_B02_a_daemon_is_gone_when_the_attempt_ends(daemon: str, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    job = run_one(f"{daemon.format(pids=pids)}; until [ -s {pids} ]; do :; done")

    assert job.status is ReturnValue.success
    assert numbers(pids)
    assert all(gone(pid) for pid in numbers(pids))


@BOTH
def test_B03_a_tree_that_ignores_every_polite_signal_is_killed_after_its_grace(
    where: dict[str, Any], tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    stubborn = f"trap '' TERM INT HUP; echo $$ >> {pids}; sleep 600; sleep 600"
    polite = job_class(grace=0.2)
    job = run_one(f"sh -c '{stubborn}' & {stubborn}", job=polite, job_timeout=0.5, **where)

    assert job.outcome is Outcome.TIMED_OUT
    assert len(numbers(pids)) == 2
    assert all(gone(pid) for pid in numbers(pids))


def test_B03_a_shell_that_is_killed_never_comes_to_its_next_command(tmp_path: Path) -> None:
    # In a session of its own, the program that the shell waits for gets nothing from the group.
    waits = f"setsid -w sleep 600; echo went on >> {tmp_path}/log"
    ended = run_all({str(n): waits for n in range(40)}, tokens=20, job_timeout=0.3)

    assert {job.outcome for job in ended.values()} == {Outcome.TIMED_OUT}
    assert not (tmp_path / "log").exists()


@pytest.mark.proof
def test_B03_a_hundred_stubborn_jobs_are_stopped_in_one_grace() -> None:
    started = threading.Semaphore(0)
    polite = job_class(grace=0.5)

    class Counted(polite):  # type: ignore[valid-type, misc]  # made for this test
        def on_start(self, scheduler: Any) -> None:
            started.release()

    programs: dict[str, Any] = {str(n): "trap '' TERM; sleep 600; sleep 600" for n in range(100)}
    ended = run_all(programs, job=Counted, job_timeout=1.0)

    walls = [job.proc_handle.usage.wall for job in ended.values()]  # type: ignore[union-attr]
    assert len(walls) == 100
    # One after another it would be 50 seconds.
    assert max(walls) < 20


@BOTH
def test_B04_a_stopped_tree_is_continued_so_that_it_can_end_politely(
    where: dict[str, Any], tmp_path: Path
) -> None:
    said = tmp_path / "said"
    program = f"trap 'echo bye > {said}; exit 3' TERM; kill -STOP $$; sleep 600"
    job = run_one(program, job=job_class(grace=PATIENCE), job_timeout=0.5, **where)

    assert job.outcome is Outcome.TIMED_OUT
    assert said.read_text() == "bye\n"


@pytest.mark.proof
@pytest.mark.parametrize("session", ["", "os.setsid();"], ids=["same session", "new sessions"])
def test_B05_a_chain_that_forks_as_fast_as_it_is_killed_is_ended(
    session: str, tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    storm = (
        "import os, time\n"
        "while True:\n"
        "    time.sleep(0.005)\n"
        f"    if os.fork(): os._exit(0)\n"
        f"    {session}\n"
        f"    f = open({str(pids)!r}, 'a'); f.write(f'{{os.getpid()}}\\n'); f.close()\n"
    )
    script = tmp_path / "storm.py"
    script.write_text(storm)
    run_one(f"{sys.executable} {script} & sleep 600", job_timeout=1.0)
    last = numbers(pids)[-1]

    assert gone(last)
    seen = len(numbers(pids))
    assert seen > 20
    assert len(numbers(pids)) == seen


@BOTH
def test_B06_a_grandchild_that_holds_the_output_open_does_not_delay_the_end(
    where: dict[str, Any], tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    job = run_one(
        f"sleep 600 & echo $! > {pids}; echo said",
        job=job_class(output=subprocess.PIPE),
        **where,
    )

    assert job.proc_handle is not None
    assert job.proc_handle.out == "said\n"
    assert all(gone(pid) for pid in numbers(pids))


def test_B09_a_system_that_is_short_of_processes_is_asked_again_while_others_run(
    tmp_path: Path,
) -> None:
    if not shutil.which("strace"):
        pytest.skip("there is no strace")
    here = Path(__file__).parents[2]
    script = (
        "import sys; sys.path[:0] = sys.argv[1].split(':')\n"
        "from programs import run_all\n"
        "ended = run_all({str(n): ['true'] for n in range(12)}, tokens=3)\n"
        "print(*[str(job.status.name) for job in ended.values()])\n"
    )
    # The warden's second spawn and the four after it fail.
    fault = "inject=clone3:error=EAGAIN:when=2..6"
    told = subprocess.run(
        [
            *("strace", "-f", "-qq", "-o", str(tmp_path / "trace"), "-e", fault),
            *("-e", "trace=clone3", sys.executable, "-c", script),
            f"{here}/src:{here}/tests/support",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout

    assert told.split() == ["success"] * 12
    assert (tmp_path / "trace").read_text().count("INJECTED") == 5


@pytest.mark.proof
def test_B10_what_cannot_be_killed_is_named_and_keeps_its_slot(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    group = Path("/sys/fs/cgroup/freezer") / f"treadle-test-{os.getpid()}"
    if os.geteuid() or not group.parent.is_dir():
        pytest.skip("needs root and a freezer control group of version 1")
    monkeypatch.setattr(WardenExecutor, "kill_grace", 0.3)
    monkeypatch.setattr(pair, "_CLOSES_WITHIN", 0.2)
    group.mkdir()
    frozen, helping = tmp_path / "frozen", dict[str, int]()
    program = f"echo $$ > {group}/cgroup.procs; echo FROZEN > {group}/freezer.state; sleep 600"
    try:
        job = run_all(
            {"one": f"echo $$ > {frozen}; {program}"},
            lambda _: helping.update(helpers()),
            job_timeout=0.5,
        )["one"]

        assert job.outcome is Outcome.STUCK
        assert job.status is not ReturnValue.success
        assert not gone(*numbers(frozen))
    finally:
        (group / "freezer.state").write_text("THAWED")
        until(lambda: not (group / "cgroup.procs").read_text(), "the end of what was frozen")
        group.rmdir()
    # The warden stays until it has reaped it.
    until(lambda: all(gone(pid) for pid in helping.values()), "the end of the warden")
    # The next run takes note of that.
    run_one(["true"])


@BOTH
@pytest.mark.parametrize(
    ("program", "why"),
    [
        (["/nowhere/to/be/found"], "No such file"),
        (["not-a-program-anywhere"], "No such file"),
        (["/etc/passwd"], "Permission denied"),
        (["/"], "Permission denied"),
        (["/bin/echo", "x" * 3_000_000], "Argument list too long"),
    ],
    ids=["missing", "not on the path", "not executable", "a folder", "too long"],
)
def test_B08_a_program_that_cannot_be_started_says_which_and_why(
    program: list[str], why: str, where: dict[str, Any]
) -> None:
    job = run_one(program, **where)

    assert job.outcome is Outcome.SPAWN_FAILED
    assert job.status is ReturnValue.failure
    assert isinstance(job.spawn_error, ProcessError)
    assert why in str(job.spawn_error)
    assert program[0] in str(job.spawn_error)


@BOTH
def test_B08_a_file_of_no_known_format_cannot_be_started(
    where: dict[str, Any], tmp_path: Path
) -> None:
    program = tmp_path / "program"
    program.write_text("no first line that says what reads this\n")
    program.chmod(0o755)
    job = run_one([str(program)], **where)

    assert "Exec format error" in str(job.spawn_error)


@BOTH
def test_B08_a_folder_that_is_not_there_is_named_and_tokens_come_back(
    where: dict[str, Any],
) -> None:
    lost = job_class(cwd="/nowhere/at/all")
    ended = run_all({str(n): ["true"] for n in range(5)}, job=lost, tokens=1, **where)

    assert len(ended) == 5
    assert all("/nowhere/at/all" in str(job.spawn_error) for job in ended.values())


def test_B11_a_job_that_the_kernel_killed_for_want_of_memory_is_marked(tmp_path: Path) -> None:
    group = Path("/sys/fs/cgroup/memory") / f"treadle-test-{os.getpid()}"
    if os.geteuid() or not Path("/sys/fs/cgroup/memory/memory.limit_in_bytes").exists():
        pytest.skip("needs root and a memory control group of version 1")
    group.mkdir()
    hungry = [sys.executable, "-c", "x = bytearray(200 << 20)"]
    script = (
        "import sys; sys.path[:0] = sys.argv[1].split(':')\n"
        "from programs import run_one\n"
        f"job = run_one({hungry!r})\n"
        "print(job.outcome, job.proc_handle.status, job.proc_handle.oom)\n"
    )
    here = Path(__file__).parents[2]
    try:
        (group / "memory.limit_in_bytes").write_text(str(100 << 20))
        told = subprocess.run(
            [
                *("/bin/sh", "-c", f'echo $$ > {group}/cgroup.procs; exec "$@"', "sh"),
                *(sys.executable, "-c", script, f"{here}/src:{here}/tests/support"),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
    finally:
        until(lambda: not (group / "cgroup.procs").read_text(), "an empty control group")
        group.rmdir()

    assert told.split() == ["signalled", "-9", "True"]


@pytest.mark.parametrize(
    "trick",
    [
        "import os; os.setpgid(0, os.getppid())",
        "import os; os.fork() and os._exit(0); os.setsid()",
        "import ctypes; ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)",
    ],
    ids=["another group", "another session", "a subreaper itself"],
)
def test_B12_a_job_that_changes_what_it_is_known_by_is_still_emptied(
    trick: str, tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    inner = f"(sleep 600 & echo $! >> {pids}) & until [ -s {pids} ]; do :; done"
    program = (
        "import os, subprocess\n"
        "try:\n"
        f"    {trick}\n"
        "except OSError:\n"
        "    pass\n"
        f"subprocess.run(['/bin/sh', '-c', {inner!r}])\n"
    )
    run_one([sys.executable, "-c", program])
    until(lambda: numbers(pids))

    assert all(gone(pid) for pid in numbers(pids))


@pytest.mark.proof
def test_B12_a_job_that_becomes_another_user_is_killed_by_root(tmp_path: Path) -> None:
    if os.geteuid() or not shutil.which("setpriv"):
        pytest.skip("needs root and setpriv")
    pids = tmp_path / "pids"
    pids.touch()
    pids.chmod(0o666)
    tmp_path.chmod(0o777)
    for folder in tmp_path.parents[:2]:
        folder.chmod(0o755)
    program = (
        f"setpriv --reuid 65534 --clear-groups sh -c 'sleep 600 & echo $! > {pids}; sleep 600'"
    )
    run_one(program, job_timeout=1.0)

    assert numbers(pids)
    assert all(gone(pid) for pid in numbers(pids))


def test_B13_zombies_that_a_job_never_waits_for_are_reaped(tmp_path: Path) -> None:
    zombies = "import os, time\nfor _ in range(50):\n    if not os.fork(): os._exit(0)\n"
    seen: list[int] = []

    def look(job: Any) -> None:
        warden = helpers()["warden"]
        children = Path(f"/proc/{warden}/task/{warden}/children")
        seen.append(len(children.read_text().split()))

    run_all({"one": [sys.executable, "-c", zombies]}, look)

    assert seen == [0]


def test_B14_the_end_is_not_told_before_the_last_thread_is_over(tmp_path: Path) -> None:
    done = tmp_path / "done"
    program = (
        "import ctypes, threading, time\n"
        "def work():\n"
        f"    time.sleep(0.3); open({str(done)!r}, 'w').close()\n"
        "threading.Thread(target=work).start()\n"
        # Only the main thread: the process stays, its leader a zombie.
        "ctypes.CDLL(None).syscall(60, 0)\n"
    )
    if os.uname().machine != "x86_64":
        pytest.skip("the number of the system call is that of x86-64")
    job = run_one([sys.executable, "-c", program])

    assert job.status is ReturnValue.success
    assert done.exists()


@pytest.mark.proof
def test_B15_two_hundred_jobs_that_end_at_the_same_moment_are_all_collected(
    tmp_path: Path,
) -> None:
    ready, go = tmp_path / "ready", tmp_path / "go"
    ready.mkdir()
    program = f"touch {ready}/$TREADLE_N; until [ -e {go} ]; do sleep 0.05; done"

    class Numbered(job_class()):  # type: ignore[misc]  # made for this test
        @property
        def cmd_options(self) -> dict[str, Any]:
            env = {"TREADLE_N": str(self.uid), "PATH": os.environ["PATH"]}
            return {"output": os.devnull, "env": env}

    def open_gate() -> None:
        until(lambda: len(list(ready.iterdir())) == 200, "the start of all jobs")
        go.touch()

    gate = threading.Thread(target=open_gate)
    gate.start()
    ended = run_all({str(n): program for n in range(200)}, job=Numbered)
    gate.join()

    assert len(ended) == 200
    assert {job.status for job in ended.values()} == {ReturnValue.success}


def test_B16_the_host_keeps_its_children_its_handlers_and_its_mask() -> None:
    told: list[int] = []
    before = signal.signal(signal.SIGCHLD, lambda *_: told.append(1))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    mine = subprocess.Popen([sys.executable, "-c", "import sys; sys.exit(7)"])
    try:
        run_all({str(n): ["true"] for n in range(20)})

        assert mine.wait(PATIENCE) == 7
        assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == mask
        # One for the host's own child, one for the guard: none for any job.
        assert 1 <= len(told) <= 2
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_B16_the_host_does_not_become_a_subreaper(tmp_path: Path) -> None:
    import ctypes

    run_one(["true"])
    flag = ctypes.c_int(7)
    ctypes.CDLL(None).prctl(37, ctypes.byref(flag), 0, 0, 0)

    assert flag.value == 0


def test_B17_statuses_are_right_where_the_parent_ignores_SIGCHLD() -> None:
    here = Path(__file__).parents[2]
    script = (
        "import sys; sys.path[:0] = sys.argv[1].split(':')\n"
        "from programs import run_all\n"
        "ended = run_all({'a': 'exit 3', 'b': 'exit 0', 'c': 'kill -9 $$'})\n"
        "print(*[ended[name].proc_handle.status for name in 'abc'])\n"
    )
    ignoring = (
        "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); "
        "os.execv(sys.executable, sys.argv[1:])"
    )
    told = subprocess.run(
        [
            *(sys.executable, "-c", ignoring),
            *(sys.executable, "-c", script, f"{here}/src:{here}/tests/support"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout

    assert told.split() == ["3", "0", "-9"]
