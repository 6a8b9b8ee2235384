"""One process and its tree."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from treadle.errors import ProcessError
from treadle.process import Conditions, Run
from treadle.process.output import PIPE

SH = "/bin/sh"


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


@pytest.mark.parametrize(("script", "status"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", -9)])
def test_the_status_is_the_exit_code_or_the_negative_signal(script: str, status: int) -> None:
    run = Run([SH, "-c", script])

    assert run.status == run.wait() == run.poll() == status
    assert not run.is_running()


def test_it_runs_in_the_background_until_it_is_waited_for() -> None:
    run = Run(["sleep", "60"], bg=True)
    assert (run.is_running(), run.poll(), run.status) == (True, None, None)
    run.kill()

    assert run.wait() == -signal.SIGKILL


def test_output_and_errors_go_to_one_file_and_a_plus_appends(tmp_path: Path) -> None:
    log = tmp_path / "log"
    Run([SH, "-c", "echo out; echo err >&2"], output=str(log))
    Run([SH, "-c", "echo more"], output=f"+{log}")

    assert _lines(log) == ["out", "err", "more"]


def test_a_pipe_is_read_while_the_process_runs() -> None:
    """More than a pipe holds: nobody waits for anybody."""
    run = Run([SH, "-c", "head -c 300000 /dev/zero; echo problem >&2"], output=PIPE, error=PIPE)

    assert run.status == 0
    assert run.out is not None
    assert len(run.out) == 300_000
    assert run.err == "problem\n"


def test_input_is_nothing_a_file_or_text(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_text("from a file")

    assert Run(["cat"], output=PIPE).out == ""
    assert Run(["cat"], input=str(source), output=PIPE).out == "from a file"
    assert Run(["cat"], input="|as text", output=PIPE).out == "as text"
    assert Run(["cat"], input=b"x" * 200_000, output=PIPE).out == "x" * 200_000
    assert Run(["true"], input=b"x" * 200_000).status == 0


def test_the_environment_is_replaced_or_added_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TREADLE_TEST_HOST", "host")
    show = [SH, "-c", 'echo "$TREADLE_TEST_HOST,$MINE"']

    assert Run(show, output=PIPE).out == "host,\n"
    assert Run(show, env={"MINE": "1"}, output=PIPE).out == ",1\n"
    assert Run(show, env={"MINE": "1"}, ignore_environ=False, output=PIPE).out == "host,1\n"


def test_the_directory_can_be_chosen(tmp_path: Path) -> None:
    assert Run(["pwd"], cwd=tmp_path, output=PIPE).out == f"{tmp_path.resolve()}\n"


def test_C13_a_closed_pipe_ends_a_program_as_a_shell_would() -> None:
    assert Run([SH, "-c", "yes | head -n 1"], output=PIPE).out == "y\n"


@pytest.mark.parametrize("bg", [False, True])
def test_a_time_limit_kills_the_tree(bg: bool) -> None:
    run = Run([SH, "-c", "sleep 600 & wait"], timeout=0.05, bg=bg)

    assert run.wait() == -signal.SIGKILL


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["/no/such/program"], "cannot start '/no/such/program': .*No such file"),
        (["/etc/passwd"], "cannot start '/etc/passwd': .*Permission denied"),
        (["/"], "cannot start '/': .*Permission denied"),
        ([], "the command is empty"),
        ("echo hello", "a command is a list of strings, not 'echo hello'"),
        (["echo", 1], r"1 in \['echo', 1\] is not one"),
        (["echo", "a\0b"], "cannot start 'echo': embedded null byte"),
        (["true", "x" * 3_000_000], "cannot start 'true': .*Argument list too long"),
    ],
)
def test_B08_what_cannot_be_started_is_named_with_the_reason(
    command: list[str], message: str
) -> None:
    with pytest.raises(ProcessError, match=message):
        Run(command)


def test_an_environment_that_is_none_is_refused() -> None:
    with pytest.raises(ProcessError, match="the environment has 'PORT' = 80; both must be strings"):
        Run(["true"], env={"PORT": 80})  # type: ignore[dict-item]  # a frequent mistake


def test_B08_a_bad_directory_or_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProcessError, match="nowhere"):
        Run(["true"], cwd=tmp_path / "nowhere")
    with pytest.raises(ProcessError, match="nowhere"):
        Run(["true"], output=str(tmp_path / "nowhere" / "log"))


def _gone(pid: int) -> bool:
    """Dead, or a zombie that its new parent has not looked after yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def test_B01_what_a_process_leaves_in_its_group_is_killed_and_counted(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    run = Run([SH, "-c", f"sleep 600 & echo $! > {pid}; exit 3"])

    assert run.status == 3
    assert _gone(int(pid.read_text()))


def test_B02_B03_a_kill_finds_what_left_the_group_and_ignores_signals(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    daemon = f"trap '' TERM INT HUP; echo $$ > {pid}; echo > {ready}; sleep 600 & wait; wait"
    run = Run([SH, "-c", f'setsid {SH} -c "{daemon}" & sleep 600'], bg=True)
    ready.read_text()
    run.kill()
    run.wait()

    assert _gone(int(pid.read_text()))
    assert run.leaked >= 1


def test_B04_a_stopped_tree_ends_when_it_is_asked_to(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    run = Run([SH, "-c", f"echo > {ready}; kill -STOP $$; sleep 600"], bg=True)
    ready.read_text()
    run.terminate()

    assert run.wait() == -signal.SIGTERM


def test_B12_the_jobs_of_a_treadle_that_is_itself_a_job_go_with_it(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    program = (
        "from treadle.process import Run\n"
        "run = Run(['sleep', '600'], bg=True)\n"
        f"open({str(ready)!r}, 'w').write(str(run.pid))\n"
        "run.wait()"
    )
    source = str(Path(__file__).parents[2] / "src")
    outer = Run([sys.executable, "-c", program], env={"PYTHONPATH": source}, bg=True)
    inner = int(ready.read_text())
    outer.kill()
    outer.wait()

    assert _gone(inner)


def test_leave_running_leaves_it_alone(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    Run([SH, "-c", f"sleep 600 & echo $! > {pid}"], conditions=Conditions(leak="leave"))
    left = int(pid.read_text())
    try:
        assert not _gone(left)
    finally:
        os.kill(left, signal.SIGKILL)


def test_B07_many_threads_may_wait_and_kill_and_the_status_is_never_lost() -> None:
    def wait(run: Run, seen: list[int | None]) -> None:
        seen.append(run.wait())

    for _ in range(30):
        run, seen = Run(["sleep", "600"], bg=True), list[int | None]()
        threads = [threading.Thread(target=wait, args=(run, seen)) for _ in range(3)]
        threads += [threading.Thread(target=run.kill) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == [-9, -9, -9]
        run.kill()  # long gone: does nothing


def test_B16_children_of_the_host_are_its_own() -> None:
    mine = subprocess.Popen([SH, "-c", "exit 5"])
    Run([SH, "-c", "sleep 600 & exit 0"])

    assert mine.wait() == 5


def test_B17_a_host_that_ignores_sigchld_gets_no_false_success() -> None:
    program = (
        "import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "from treadle.process import Run\n"
        "print(Run(['false']).status)"
    )
    source = str(Path(__file__).parents[2] / "src")
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert done.stdout == "None\n"


def test_E05_a_process_sees_only_its_three_descriptors() -> None:
    with open(os.devnull) as _:  # one more in the host
        run = Run([SH, "-c", "ls /proc/self/fd"], output=PIPE)

    assert run.out is not None
    # ls itself opens the directory that it lists.
    assert len(run.out.split()) == 4
