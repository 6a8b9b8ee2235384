"""Ctrl-C, SIGTERM, closed pipes, terminals."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


COMMAND = [sys.executable, "-m", "treadle"]


STARTED: list[subprocess.Popen[str]] = []


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    """A test that fails half-way leaves no run behind; told twice, it ends its jobs at once."""
    yield
    while STARTED:
        run = STARTED.pop()
        with run:
            run.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                run.wait(1)
            run.terminate()


def start(folder: Path, env: dict[str, str], *arguments: str, **options: Any) -> Any:
    run = subprocess.Popen(
        [*COMMAND, "run", *arguments],
        cwd=folder,
        env=env,
        text=True,
        start_new_session=True,
        **({"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options),
    )
    STARTED.append(run)
    return run


def alive(pid: int) -> bool:
    """Whether a process is there and has not ended; who should reap it may be slow."""
    try:
        os.kill(pid, 0)
        state = subprocess.run(
            ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, check=False
        )
    except ProcessLookupError:
        return False
    return not state.stdout.startswith((b"Z", b"X")) and bool(state.stdout)


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "ready")
    return tmp_path / "ready"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("signum", "code"),
    [
        (signal.SIGINT, 130),
        (signal.SIGTERM, 143),
        (signal.SIGHUP, 129),
        (signal.SIGQUIT, 131),
    ],
)
def test_C04_a_signal_stops_all_jobs_politely_and_leaves_nothing(
    tmp_path: Path, environment: dict[str, str], ready: Path, signum: int, code: int
) -> None:
    (tmp_path / "treadle.toml").write_text(
        """[job.a]
run = 'trap "touch polite; exit 1" INT TERM HUP; sleep 1000 & echo $$ $! > ready; wait'
[job.b]
needs = ['a']
run = 'touch b'
"""
    )
    run = start(tmp_path, environment)
    pids = [int(pid) for pid in ready.read_text().split()]
    assert all(alive(pid) for pid in pids)
    os.kill(run.pid, signum)
    out, err = run.communicate(timeout=30)
    assert run.returncode == code
    assert not any(alive(pid) for pid in pids)
    assert (tmp_path / "polite").exists()
    assert not (tmp_path / "b").exists()
    assert "stopped" in out
    assert f"interrupted by {signal.Signals(signum).name}: 1 stopped, 1 not started" in out
    assert "Traceback" not in err


@pytest.mark.slow
def test_a_second_ctrl_c_does_not_wait_for_the_grace(
    tmp_path: Path, environment: dict[str, str], ready: Path
) -> None:
    (tmp_path / "treadle.toml").write_text(
        """[job.a]
grace = 1000
run = 'trap "echo again > ready" INT; echo $$ > ready; while :; do sleep 0.05; done'
"""
    )
    run = start(tmp_path, environment)
    pid = int(ready.read_text())
    os.kill(run.pid, signal.SIGINT)
    assert ready.read_text() == "again\n"
    os.kill(run.pid, signal.SIGINT)
    run.communicate(timeout=30)
    assert run.returncode == 130
    assert not alive(pid)


@pytest.mark.parametrize("code", [0, 1])
def test_c11_a_closed_pipe_neither_ends_the_run_nor_changes_its_code(
    tmp_path: Path, environment: dict[str, str], ready: Path, code: int
) -> None:
    (tmp_path / "treadle.toml").write_text(
        f"[job.a]\nrun = 'echo > ready; cat ready'\n[job.b]\nneeds = ['a']\nrun = 'exit {code}'\n"
        "[job.c]\nneeds = ['a']\nrun = 'touch c'\npriority = 1\n"
    )
    reader, writer = os.pipe()
    run = start(tmp_path, environment, "-v", stdout=writer)
    os.close(writer)
    ready.read_text()
    os.close(reader)
    ready.write_text("go\n")
    _, err = run.communicate(timeout=30)
    assert (run.returncode, err) == (code, "")
    assert (tmp_path / "c").exists()


@pytest.mark.parametrize("command", ["list", "check", "graph", "--help"])
def test_c11_a_closed_pipe_is_no_error_of_any_command(
    tmp_path: Path, environment: dict[str, str], command: str
) -> None:
    (tmp_path / "treadle.toml").write_text("[job.a]\nrun = 'true'\n")
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*COMMAND, command],
        cwd=tmp_path,
        env=environment,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert done.stderr == ""


def test_closed_streams_are_no_error(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "treadle.toml").write_text("[job.a]\nrun = 'touch a'\n")
    line = " ".join([*COMMAND, "run", ">&-", "2>&-", "<&-"])
    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, env=environment, check=False)
    assert done.returncode == 0
    assert (tmp_path / "a").exists()


@pytest.mark.timeout(30)
def test_a_terminal_has_an_area_that_is_taken_away_again(
    tmp_path: Path, environment: dict[str, str], ready: Path
) -> None:
    (tmp_path / "treadle.toml").write_text('[job."the\\tjob"]\nrun = "cat ready"\n')
    ours, theirs = pty.openpty()
    run = start(tmp_path, environment, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = ""
    while not re.search(r"0/1.*the    job", seen, re.DOTALL):
        seen += os.read(ours, 4096).decode()
    ready.write_text("go\n")
    with contextlib.suppress(OSError):  # how a terminal says that nobody is there any more
        while piece := os.read(ours, 4096):
            seen += piece.decode()
    os.close(ours)
    assert run.wait(timeout=30) == 0
    shown = re.sub(r"\x1b\[\?7l.*?\r\x1b\[J", "", seen.replace("\r\n", "\n"), flags=re.DOTALL)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert re.fullmatch(
        r"\[1/1\] ok  +[\d.]+s  the    job\ndone: 1 job in [\d.]+s; logs in \S+\n", shown
    )


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"CI": "true"}])
def test_a_terminal_that_cannot_redraw_is_left_alone(
    tmp_path: Path, environment: dict[str, str], env: dict[str, str]
) -> None:
    (tmp_path / "treadle.toml").write_text("[job.a]\nrun = 'sleep 0.3'\n")
    ours, theirs = pty.openpty()
    run = start(tmp_path, environment | env, "--color=never", stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b""
    with contextlib.suppress(OSError):
        while piece := os.read(ours, 4096):
            seen += piece
    os.close(ours)
    assert run.wait(timeout=30) == 0
    assert b"\x1b" not in seen
