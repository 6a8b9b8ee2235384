"""Matrix E: what jobs write, the descriptors they have, and disks that are full or gone."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from programs import helpers, job_class, run_all, run_one, until
from treadle.dag import DAG
from treadle.engine import Outcome
from treadle.executors import ProcessExecutor
from treadle.job.scheduler import Scheduler
from treadle.process import Conditions
from treadle.status import ReturnValue

HERE = Path(__file__).parents[2]
PATHS = f"{HERE}/src:{HERE}/tests/support"


def _memory(pid: int, what: str) -> int:
    """In KiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition(f"{what}:")[2].split()[0])


def _script(text: str, *arguments: str) -> str:
    """What a program says that may use the tests' own modules."""
    begin = "import sys; sys.path[:0] = sys.argv[1].split(':')\n"
    command = [sys.executable, "-c", begin + text, PATHS, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_E01_output_goes_to_its_file_and_not_through_anybodys_memory(tmp_path: Path) -> None:
    log = tmp_path / "log"
    highest: list[int] = []

    def look(job: Any) -> None:
        highest.append(_memory(helpers()["warden"], "VmHWM"))

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ended = run_all({"one": f"head -c {1 << 29} /dev/zero"}, look, job=job_class(output=str(log)))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert ended["one"].status is ReturnValue.success
    assert log.stat().st_size == 1 << 29
    assert max(highest) < 32 * 1024
    assert after - before < 16 * 1024


def test_E01_a_job_that_writes_more_than_its_limit_is_stopped_and_its_log_cut(
    tmp_path: Path,
) -> None:
    log = tmp_path / "log"
    limited = job_class(Conditions(output_limit=1_000_000), grace=5, output=str(log))
    job = run_one("yes", job=limited)

    assert job.outcome is Outcome.OVER_LIMIT
    assert job.proc_handle is not None
    assert getattr(job.proc_handle, "over_limit", None) == "output"
    assert log.stat().st_size == 1_000_000


def test_E01_what_a_file_held_before_is_neither_counted_nor_cut(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"kept\n" * 100_000)
    appending = job_class(Conditions(output_limit=1_000), output=f"+{log}")
    good = run_one("echo more", job=appending)
    over = run_one("yes", job=appending)

    assert good.status is ReturnValue.success
    assert over.outcome is Outcome.OVER_LIMIT
    assert log.read_bytes() == b"kept\n" * 100_000 + b"more\n" + b"y\n" * 500


def test_a_job_that_says_nothing_for_too_long_is_stopped(tmp_path: Path) -> None:
    quiet = job_class(Conditions(idle_timeout=0.4), grace=5, output=str(tmp_path / "log"))
    jobs = run_all(
        {
            "silent": "sleep 600",
            "talking": "for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.1; done",
        },
        job=type("Apart", (quiet,), {"cmd_options": _own_log(tmp_path)}),
    )

    assert jobs["silent"].outcome is Outcome.TIMED_OUT
    assert jobs["talking"].outcome is Outcome.EXITED


@pytest.mark.parametrize("where", [{}, {"executor": ProcessExecutor()}], ids=["warden", "here"])
def test_the_end_of_the_output_can_be_read_while_the_job_runs(
    where: dict[str, Any], tmp_path: Path
) -> None:
    seen: list[bytes] = []

    class Talks(job_class(output=str(tmp_path / "log"))):  # type: ignore[misc]  # for this test
        def on_start(self, scheduler: Any) -> None:
            if self.uid == "looks":
                (other,) = (job for job in scheduler.active_jobs if job.uid == "talks")
                until(lambda: other.proc_handle and other.proc_handle.tail().endswith(b"end\n"))
                seen.append(other.proc_handle.tail(6))
                (tmp_path / "go").touch()

    talk = f"seq 5000; echo the end; until [ -e {tmp_path}/go ]; do sleep 0.01; done"
    quiet = type("Quiet", (Talks,), {"cmd_options": {"output": os.devnull}})
    dag = DAG()
    dag.add_vertex("talks", talk)
    dag.add_vertex("looks", "true")

    def provider(uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Any:
        return (Talks if uid == "talks" else quiet)(uid, data, notify_end)

    Scheduler(provider, tokens=2, **where).run(dag)

    assert seen == [b"e end\n"]


@pytest.mark.parametrize(
    "conditions", [Conditions(idle_timeout=5), Conditions(output_limit=5)], ids=["idle", "output"]
)
@pytest.mark.parametrize("output", [subprocess.PIPE, "/dev/null"], ids=["pipe", "device"])
def test_a_limit_on_an_output_that_is_no_file_is_refused(
    conditions: Conditions, output: int | str
) -> None:
    job = run_one(["true"], job=job_class(conditions, output=output))

    assert job.outcome is Outcome.SPAWN_FAILED
    assert "need an output that is a file" in str(job.spawn_error)


def _own_log(folder: Path) -> property:
    return property(lambda self: {"output": str(folder / f"{self.uid}.log")})


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KiB."""
    if os.geteuid() or not shutil.which("mount"):
        pytest.skip("needs root to mount a small file system")
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("may not mount a file system here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_E02_a_full_disk_for_logs_is_the_jobs_misfortune_and_nobody_elses(
    tiny_disk: Path,
) -> None:
    jobs = run_all(
        {"writes": "head -c 1000000 /dev/zero", "quiet": "exit 0", "fails": "exit 4"},
        job=type("Logged", (job_class(),), {"cmd_options": _own_log(tiny_disk)}),
    )

    codes = {name: job.proc_handle.status for name, job in jobs.items() if job.proc_handle}
    assert codes["writes"] not in (0, None)
    assert (codes["quiet"], codes["fails"]) == (0, 4)


def test_E02_a_full_disk_behind_a_pseudo_terminal_is_no_trouble_either(tiny_disk: Path) -> None:
    logged = job_class(Conditions(tty=True), output=str(tiny_disk / "log"))
    jobs = run_all({"writes": "head -c 1000000 /dev/zero; exit 0"}, job=logged)

    assert jobs["writes"].status is ReturnValue.success


def test_E03_without_their_folder_new_jobs_cannot_start_and_running_ones_go_on(
    tmp_path: Path,
) -> None:
    logs, go = tmp_path / "logs", tmp_path / "go"
    logs.mkdir()

    def pull_away(job: Any) -> None:
        if job.uid == "first":
            shutil.rmtree(logs)
            go.touch()

    programs: dict[str, Any] = {
        "running": f"until [ -e {go} ]; do sleep 0.01; done; echo more",
        "first": "exit 0",
        "late": "exit 0",
    }
    logged = type("Logged", (job_class(),), {"cmd_options": _own_log(logs)})
    jobs = run_all(programs, pull_away, job=logged, tokens=2)

    assert jobs["running"].status is ReturnValue.success
    assert jobs["late"].outcome is Outcome.SPAWN_FAILED
    assert f"{logs}/late.log" in str(jobs["late"].spawn_error)


def test_E04_a_log_that_is_gone_when_it_is_to_be_shown_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "treadle.toml").write_text("[job.a]\nrun = 'rm .treadle/logs/*/a.1.log; exit 4'\n")
    done = subprocess.run(
        [sys.executable, "-m", "treadle", "run"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{HERE}/src"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert "exit 4" in done.stdout
    assert "not readable: .treadle/logs/" in done.stdout
    assert "no such file" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_E05_jobs_have_three_descriptors_and_no_more() -> None:
    job = run_one(["ls", "/proc/self/fd"], job=job_class(output=subprocess.PIPE))

    assert job.proc_handle is not None
    # The fourth is the listing itself.
    assert job.proc_handle.out == "0\n1\n2\n3\n"


@pytest.mark.proof
def test_E05_ten_thousand_jobs_leave_everything_as_it_was() -> None:
    # Two of the jobs wait for all before them: while such a one is collected the warden has
    # nothing in hand. Beside other jobs it holds, for moments, a log or a directory open.
    told = _script(
        "import os, threading, pathlib\n"
        "from programs import helpers, job_class\n"
        "from treadle.dag import DAG\n"
        "from treadle.job.scheduler import Scheduler\n"
        "def fds(pid): return len(os.listdir(f'/proc/{pid}/fd'))\n"
        "def rss(pid): return int(pathlib.Path(f'/proc/{pid}/status').read_text()"
        ".partition('VmRSS:')[2].split()[0])\n"
        "seen = {}\n"
        "count = 0\n"
        "def look(job):\n"
        "    global count\n"
        "    count += 1\n"
        "    assert job.proc_handle.status == 0\n"
        "    if job.uid in ('first', 'last'):\n"
        "        warden = helpers()['warden']\n"
        "        threads = threading.active_count()\n"
        "        seen[job.uid] = (fds(warden), rss(warden), fds('self'), threads)\n"
        "early = [str(n) for n in range(999)]\n"
        "late = [str(n) for n in range(999, 9_998)]\n"
        "dag = DAG()\n"
        "for name in early: dag.add_vertex(name, ['/bin/true'])\n"
        "dag.add_vertex('first', ['/bin/true'], predecessors=early)\n"
        "for name in late: dag.add_vertex(name, ['/bin/true'], predecessors=['first'])\n"
        "dag.add_vertex('last', ['/bin/true'], predecessors=late)\n"
        "before = fds('self')\n"
        "Scheduler(Scheduler.simple_provider(job_class()), look, tokens=2).run(dag)\n"
        "a, b = seen['first'], seen['last']\n"
        "children = pathlib.Path(f'/proc/self/task/{os.getpid()}/children').read_text().split()\n"
        "print(b[0] - a[0], b[1] - a[1], b[2] - a[2], b[3] - a[3], fds('self') - before,"
        " len(children), count)\n"
    )
    fds, memory, ours, threads, after, children, count = map(int, told.split())

    assert (fds, ours, threads, after, children, count) == (0, 0, 0, 0, 0, 10_000)
    assert memory < 1024  # KiB; the warden keeps nothing of a job that is over


@pytest.mark.proof
def test_E06_with_few_descriptors_starts_are_put_off_and_no_end_is_lost(tmp_path: Path) -> None:
    told = _script(
        "import resource\n"
        "from programs import job_class, run_all\n"
        "from treadle.process import Conditions\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))\n"
        "job = job_class(Conditions(output_limit=1_000_000))\n"
        f"log = property(lambda self: {{'output': {str(tmp_path)!r} + f'/{{self.uid}}.log'}})\n"
        "logged = type('Logged', (job,), {'cmd_options': log})\n"
        "ended = run_all({str(n): 'sleep 0.2; echo done' for n in range(80)}, job=logged)\n"
        "print(*[job.status.name for job in ended.values()])\n"
    )

    assert told.split() == ["success"] * 80
    assert {log.read_text() for log in tmp_path.glob("*.log")} == {"done\n"}


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)], ids=str)
def test_E07_with_standard_streams_closed_output_lands_where_it_should(
    closed: tuple[int, ...], tmp_path: Path
) -> None:
    (tmp_path / "treadle.toml").write_text(
        '[job.one]\nrun = \'echo said; ls /proc/self/fd | tr "\\\\n" " "\'\n'
    )
    redirections = " ".join(f"{number}>&-" for number in closed)
    done = subprocess.run(
        [
            "/bin/sh",
            "-c",
            f'exec "$@" {redirections}',
            "sh",
            sys.executable,
            "-m",
            "treadle",
            "run",
        ],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{HERE}/src"},
        timeout=60,
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    (log,) = (tmp_path / ".treadle" / "logs").glob("*/one.1.log")

    assert done.returncode == 0
    assert log.read_text() == "said\n0 1 2 3 "


def test_the_output_of_a_job_without_one_goes_where_the_hosts_goes_now(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    ours = os.dup(1)

    def turn(job: Any) -> None:
        if job.uid == "a":
            with elsewhere.open("wb") as file:
                os.dup2(file.fileno(), 1)

    try:
        run_all({"a": "echo before", "b": "echo after"}, turn, job=job_class(output=None), tokens=1)
    finally:
        os.dup2(ours, 1)
        os.close(ours)

    assert capfd.readouterr().out == "before\n"
    assert elsewhere.read_text() == "after\n"


def test_input_and_output_through_pipes_hold_more_than_a_pipe(tmp_path: Path) -> None:
    text = "x" * 300_000
    job = run_one(["cat"], job=job_class(output=subprocess.PIPE, input=f"|{text}"))

    assert job.proc_handle is not None
    assert job.proc_handle.out == text


def test_E05_the_host_may_fork_while_a_run_is_under_way(tmp_path: Path) -> None:
    seen: list[int] = []

    def fork(job: Any) -> None:
        pid = os.fork()
        if not pid:
            with contextlib.suppress(BaseException):
                # The link to the warden is not ours here.
                os._exit(len([n for n in threading.enumerate() if n.is_alive()]) - 1)
            os._exit(99)
        seen.append(os.waitpid(pid, 0)[1])

    ended = run_all({str(n): ["true"] for n in range(5)}, fork, tokens=1)

    assert seen == [0] * 5
    assert {job.status for job in ended.values()} == {ReturnValue.success}
