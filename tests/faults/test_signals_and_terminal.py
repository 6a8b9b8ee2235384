"""Matrix C: keys, signals and terminals, as a person uses them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from programs import gone, job_class, numbers, run_one, until
from screens import Screen
from treadle.process import Conditions

SOURCE = Path(__file__).parents[2] / "src"


def _workflow(folder: Path, **jobs: str) -> None:
    text = "".join(f"[job.{name}]\n{words}\n" for name, words in jobs.items())
    (folder / "treadle.toml").write_text(text)


def _treadle(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "treadle", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(SOURCE)},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def test_C05_ctrl_c_in_a_terminal_reaches_a_job_once_and_as_a_ctrl_c(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    program = f'trap "echo INT >> {seen}" INT; trap "echo TERM >> {seen}" TERM; echo > ready; '
    _workflow(tmp_path, a=f"grace = 0.5\nrun = '{program} while :; do sleep 0.02; done'")
    with Screen(tmp_path, "run") as screen:
        until((tmp_path / "ready").exists, "the start")
        screen.press(b"\x03")

        assert screen.code() == 130
    assert seen.read_text() == "INT\n"


@pytest.mark.proof
@pytest.mark.parametrize("key", [b"\x1a"], ids=["Ctrl-Z"])
def test_C09_ctrl_z_stops_the_jobs_too_and_fg_continues_them(tmp_path: Path, key: bytes) -> None:
    beats, pids = tmp_path / "beats", tmp_path / "pids"
    beat = f"while [ ! -e go ]; do echo >> {beats}; sleep 0.02; done"
    escaped = f"(setsid sh -c 'echo $$ >> {pids}; {beat}' &)"
    # A timeout that passes while everything stands still.
    _workflow(tmp_path, a=f'timeout = 1.5\nrun = """{escaped}; echo $$ >> {pids}; {beat}"""')
    with Screen(tmp_path, "run", shell=True) as screen:
        until(lambda: len(numbers(pids)) == 2 and beats.exists(), "the start")
        screen.press(key)
        screen.shows(b"[stopped]")
        until(lambda: all(_state(pid) == "T" for pid in numbers(pids)), "the stop of the jobs")
        before = beats.stat().st_size
        # Longer than the timeout: no event marks that nothing happens.
        time.sleep(1.7)
        assert beats.stat().st_size == before
        screen.press(b"\n")
        until(lambda: beats.stat().st_size > before, "the jobs going on")
        (tmp_path / "go").touch()

        assert screen.code() == 0
    assert all(gone(pid) for pid in numbers(pids))


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_C10_a_job_that_reads_or_sets_the_terminal_is_not_stopped_by_it(tmp_path: Path) -> None:
    _workflow(
        tmp_path,
        reads="run = 'cat; echo read $?'",
        sets="run = 'stty sane < /dev/tty; echo set $?'",
        asks="run = 'read x < /dev/tty; echo asked $?'",
    )
    with Screen(tmp_path, "run", "-v") as screen:
        assert screen.code() == 0
    assert b"read 0" in screen.text
    assert b"set 0" not in screen.text
    assert b"asked 0" not in screen.text


def test_C11_a_terminal_that_goes_away_ends_the_run_and_its_jobs(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    _workflow(tmp_path, a=f"run = 'echo $$ > {pids}; sleep 600; exit 0'")
    with Screen(tmp_path, "run") as screen:
        until(lambda: numbers(pids), "the start")
        screen.hang_up()

        assert screen.code() == 129
    assert all(gone(pid) for pid in numbers(pids))


def test_C12_a_job_may_write_anything_and_its_log_has_the_very_bytes(tmp_path: Path) -> None:
    nasty = b"\x1b]0;title\x07\x1b[2J\0" + bytes(range(128, 256)) + b"x" * (10 << 20) + b"\n"
    (tmp_path / "nasty").write_bytes(nasty)
    _workflow(tmp_path, a="run = ['cat', 'nasty']")
    run = _treadle(tmp_path, "run", "-v", "--color=always")
    out, err = run.communicate(timeout=60)
    (log,) = (tmp_path / ".treadle" / "logs").glob("*/a.1.log")

    assert run.returncode == 0
    assert log.read_bytes() == nasty
    assert "\x1b]0" not in out + err
    assert "\x1b[2J" not in out + err


def test_C13_a_program_that_writes_to_a_closed_pipe_is_ended_by_it() -> None:
    job = run_one("yes | head -n 1 > /dev/null; exit 0", job_timeout=20)
    asked = run_one([sys.executable, "-c", "import signal; exit(int(signal.getsignal(13)))"])

    assert job.proc_handle is not None
    assert job.proc_handle.status == 0
    # Python itself ignores it, whatever it was started with: only a shell tells.
    assert asked.proc_handle is not None
    told = run_one(
        "sh -c 'kill -PIPE $$'; test $? = 141", job=job_class(Conditions(), set_sigpipe=True)
    )
    assert told.proc_handle is not None
    assert told.proc_handle.status == 0
    ignored = run_one("kill -PIPE $$; exit 7", job=job_class(set_sigpipe=False))
    assert ignored.proc_handle is not None
    assert ignored.proc_handle.status == 7


@pytest.mark.parametrize(
    ("signum", "code"), [(signal.SIGUSR1, 0), (signal.SIGQUIT, 131)], ids=["USR1", "QUIT"]
)
def test_C04_a_signal_asks_how_the_run_is(signum: int, code: int, tmp_path: Path) -> None:
    _workflow(
        tmp_path,
        a="queue = 'net'\nrun = 'echo > ready; until [ -e go ]; do sleep 0.02; done'",
        b="needs = ['a']\nrun = 'true'",
    )
    with (tmp_path / "treadle.toml").open("a") as file:
        file.write("[queues]\nnet = 2\n")
    with _treadle(tmp_path, "run") as run:
        until((tmp_path / "ready").exists, "the start")
        run.send_signal(signum)
        assert run.stderr is not None
        head, line = run.stderr.readline(), run.stderr.readline()
        (tmp_path / "go").touch()
        run.communicate(timeout=60)

    assert "1 active, 0 queued, 0 ended" in head
    assert "  a: " in line
    assert "queue net" in line
    assert run.returncode == code


def test_a_job_that_asks_for_it_alone_holds_the_terminal(tmp_path: Path) -> None:
    asking = 'stty -echo; printf "name? "; read name; echo "hello $name" > said; stty echo'
    _workflow(tmp_path, a=f"terminal = true\nrun = '{asking}'", b="needs = ['a']\nrun = 'true'")
    with Screen(tmp_path, "run", shell=True) as screen:
        screen.shows(b"name? ")
        screen.press(b"weaver\n")

        assert screen.code() == 0
    assert (tmp_path / "said").read_text() == "hello weaver\n"


def test_ctrl_c_in_a_job_that_holds_the_terminal_is_that_jobs_own(tmp_path: Path) -> None:
    program = 'trap "echo caught > said; exit 0" INT; printf "now "; while :; do sleep 0.02; done'
    _workflow(tmp_path, a=f"terminal = true\nrun = '{program}'", b="needs = ['a']\nrun = 'true'")
    with Screen(tmp_path, "run", shell=True) as screen:
        screen.shows(b"now ")
        screen.press(b"\x03")

        assert screen.code() == 0
    assert (tmp_path / "said").read_text() == "caught\n"


def test_ctrl_z_in_a_job_that_holds_the_terminal_stops_treadle_with_it(tmp_path: Path) -> None:
    program = 'printf "now "; read answer; echo "$answer" > said'
    _workflow(tmp_path, a=f"terminal = true\nrun = '{program}'")
    with Screen(tmp_path, "run", shell=True) as screen:
        screen.shows(b"now ")
        screen.press(b"\x1a")
        screen.shows(b"[stopped]")
        screen.press(b"\n")
        until(lambda: screen.text.count(b"[stopped]") == 1)
        screen.press(b"again\n")

        assert screen.code() == 0
    assert (tmp_path / "said").read_text() == "again\n"


def test_without_a_terminal_a_job_that_asks_for_it_cannot_start(tmp_path: Path) -> None:
    _workflow(tmp_path, a="terminal = true\nrun = 'true'")
    with _treadle(tmp_path, "run") as run:
        out, err = run.communicate(timeout=60)

    assert run.returncode == 1
    assert "terminal" in out
    assert "Traceback" not in out + err
