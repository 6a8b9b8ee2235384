"""Functions in processes: they are called again in the same one, and nothing escapes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from treadle.process.available import available
from treadle.runner import worker
from treadle.runner.pickles import SendError, request
from treadle.runner.workflow import Workflow

needs_warden = pytest.mark.skipif(not available(), reason="only a warden can do that")


def pid() -> int:
    return os.getpid()


def add(one: int, two: int = 1) -> int:
    return one + two


def one() -> int:
    return 1


def one_value(n: int) -> int:
    return n


class Odd(Exception):
    def __init__(self, left: int, right: int) -> None:
        super().__init__(f"{left} and {right}")


def raise_odd() -> None:
    raise Odd(1, 2)


def raise_key() -> None:
    raise KeyError("k")


def leave_abruptly() -> None:
    os._exit(3)


def kill_itself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def return_a_lock() -> Any:
    import threading

    return threading.Lock()


def take_anything(lock: object) -> None:
    pass


def talk() -> None:
    sys.stdout.write("said\n")
    sys.stderr.write("complained\n")
    subprocess.run(["echo", "of a child"], check=True)


def look_around() -> tuple[str | None, int, str]:
    return os.environ.get("COLOUR"), os.nice(0), str(Path.cwd())


def sleep_long_with_a_child(pids: str) -> None:
    child = subprocess.Popen(["sleep", "600"])
    Path(pids).write_text(f"{os.getpid()} {child.pid}")
    time.sleep(600)


def is_alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def run_alone(function: Any, **words: Any) -> Any:
    workflow = Workflow()
    workflow.job(name="job", process=True, **words)(function)
    return workflow.run()


def run_warm(function: Any, **words: Any) -> Any:
    """In a worker that is there already: its timeout is all for the function."""
    workflow = Workflow()
    workflow.job(process=True)(pid)
    workflow.job(name="job", process=True, needs=pid, **words)(function)
    return workflow.run(tokens=1)


def test_a_function_runs_in_another_process_with_the_values_it_needs() -> None:
    workflow = Workflow()
    workflow.job(one)
    workflow.job(process=True, needs=one)(add)
    workflow.job(name="again", process=True, constants={"one": 5, "two": 6})(add)
    workflow.job(process=True)(pid)
    result = workflow.run()
    assert (result.value(add), result.value("again")) == (2, 11)
    assert result.value(pid) != os.getpid()


def test_one_process_serves_many_jobs_and_is_gone_after_the_run() -> None:
    workflow = Workflow()
    for i in range(5):
        workflow.job(name=f"j{i}", process=True)(pid)
    pids = set(workflow.run(tokens=1).values.values())
    assert len(pids) == 1
    assert not is_alive(pids.pop())


def test_jobs_under_other_conditions_have_processes_of_their_own(folder: Path) -> None:
    workflow = Workflow(env={"COLOUR": "red"})
    (folder / "sub").mkdir()
    workflow.job(name="plain", process=True)(look_around)
    workflow.job(name="own", process=True, env={"COLOUR": "blue"}, nice=5, cwd="sub")(look_around)
    result = workflow.run(tokens=1)
    assert result.value("plain") == ("red", 0, str(folder))
    assert result.value("own") == ("blue", 5, str(folder / "sub"))


def test_what_it_writes_goes_to_its_log(folder: Path) -> None:
    result = run_alone(talk)
    log = result.statuses["job"].log
    assert log is not None
    assert sorted(log.read_text().split("\n")) == ["", "complained", "of a child", "said"]


def test_an_exception_comes_back_with_its_traceback() -> None:
    status = run_alone(raise_key).statuses["job"]
    assert isinstance(status.error, KeyError)
    assert status.detail == "KeyError: 'k'"
    assert "in raise_key\n" in status.traceback


def test_an_exception_that_cannot_be_sent_is_told_in_words() -> None:
    status = run_alone(raise_odd).statuses["job"]
    assert status.detail.endswith("Odd: 1 and 2")
    assert "in raise_odd\n" in status.traceback


@pytest.mark.parametrize(
    ("function", "outcome", "detail"),
    [
        (leave_abruptly, "exited", "exit 3"),
        (kill_itself, "signalled", "killed by SIGKILL"),
    ],
)
def test_a_process_that_dies_fails_its_job_and_no_other(
    function: Any, outcome: str, detail: str
) -> None:
    workflow = Workflow()
    workflow.job(name="job", process=True, priority=1)(function)
    workflow.job(process=True)(pid)
    result = workflow.run(tokens=1)
    status = result.statuses["job"]
    assert (status.outcome, status.detail) == (outcome, detail)
    assert (result.failed, result.good) == (("job",), ("pid",))


def test_a_job_whose_process_died_is_called_again_in_another(folder: Path) -> None:
    workflow = Workflow()
    workflow.job(name="job", process=True, retries=1, constants={"mark": "mark"})(die_first)
    assert workflow.run().value("job") == "second"


def die_first(mark: str) -> str:
    if Path(mark).exists():
        return "second"
    Path(mark).touch()
    os._exit(1)


@pytest.mark.proof
def test_at_its_timeout_it_is_killed_with_all_that_it_started(folder: Path) -> None:
    result = run_warm(
        sleep_long_with_a_child, timeout=1, grace=0, constants={"pids": str(folder / "pids")}
    )
    assert result.statuses["job"].outcome == "timed_out"
    assert result.stuck == ()
    if available():
        assert [is_alive(int(p)) for p in (folder / "pids").read_text().split()] == [False] * 2


@pytest.mark.proof
def test_it_is_asked_with_the_signals_that_its_job_names(folder: Path) -> None:
    result = run_warm(
        wait_for_a_signal, timeout=1, signals=["USR1", "TERM"], constants={"mark": "mark"}
    )
    assert result.statuses["job"].outcome == "timed_out"
    assert (folder / "mark").read_text() == "USR1"


def wait_for_a_signal(mark: str) -> None:
    def told(signum: int, _: object) -> None:
        Path(mark).write_text("USR1")
        os._exit(0)

    signal.signal(signal.SIGUSR1, told)
    signal.pause()


@needs_warden
def test_a_limit_on_its_memory_holds_for_a_function() -> None:
    status = run_alone(allocate, limits={"memory": "256M"}).statuses["job"]
    assert status.detail == "MemoryError"


def allocate() -> int:
    return len(bytearray(1 << 30))


def test_it_is_told_what_a_call_used() -> None:
    usage = run_alone(pid).statuses["job"].usage
    assert usage is not None
    assert usage.max_rss > 1 << 20
    assert usage.wall > 0


# -- what cannot be sent ---------------------------------------------------------------------


def test_what_cannot_be_sent_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    workflow = Workflow()
    workflow.job(name="lock")(return_a_lock)
    workflow.job(name="argument", process=True, needs="lock")(take_anything)
    workflow.job(name="result", process=True)(return_a_lock)
    workflow.job(name="function", process=True)(lambda: 1)
    details = {name: status.detail for name, status in workflow.run().statuses.items()}

    assert "its argument 'lock' (lock) cannot be sent to another process" in details["argument"]
    assert "what it returned cannot be sent back from its process (lock" in details["result"]
    assert "define it at the top level of a module, or install cloudpickle" in details["function"]


def test_a_function_without_a_name_is_sent_if_cloudpickle_is_there() -> None:
    pytest.importorskip("cloudpickle")
    assert run_alone(lambda: 41 + 1).value("job") == 42


def test_only_what_cannot_be_found_by_name_needs_cloudpickle() -> None:
    assert isinstance(request("log", pid, {}), bytes)
    with pytest.raises(SendError, match="'bad' \\(generator\\)"):
        request("log", pid, {"good": 1, "bad": (n for n in [1])})


# -- the main file ---------------------------------------------------------------------------

PROGRAM = """\
    from dataclasses import dataclass
    from treadle import Workflow

    workflow = Workflow()

    @dataclass
    class Point:
        x: int

    @workflow.job(process=True)
    def make() -> Point:
        return Point(3)

    @workflow.job(process=True, needs=make)
    def double(make: Point) -> Point:
        return Point(make.x * 2)
"""
GUARDED = """
    if __name__ == "__main__":
        print(workflow.run().value("double"))
"""


def program(folder: Path, text: str, *command: str) -> subprocess.CompletedProcess[str]:
    (folder / "program.py").write_text(textwrap.dedent(text))
    return subprocess.run(
        [sys.executable, *command], cwd=folder, check=False, capture_output=True, text=True,
        timeout=60,
    )  # fmt: skip


def test_functions_and_classes_of_the_main_file_are_found(folder: Path) -> None:
    done = program(folder, PROGRAM + GUARDED, "program.py")
    assert (done.returncode, done.stdout, done.stderr) == (0, "Point(x=6)\n", "")


def test_functions_and_classes_of_a_workflow_file_are_found(folder: Path) -> None:
    done = program(folder, PROGRAM, "-m", "treadle", "run", "-f", "program.py")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_main_file_that_runs_itself_again_is_told_so(folder: Path) -> None:
    unguarded = "\n    print(workflow.run().statuses['make'].detail)\n"
    done = program(folder, PROGRAM + unguarded, "program.py")
    assert "write `if __name__ == '__main__':` before what runs it" in done.stdout


# -- the frames ------------------------------------------------------------------------------


def test_frames_arrive_whole_and_the_end_is_told() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        worker.send(ours, b"")
        worker.send(ours, b"x" * 70_000)
        assert worker.receive(theirs) == b""
        assert worker.receive(theirs) == b"x" * 70_000
        ours.sendall(b"\x00" * 7)
        ours.close()
        with pytest.raises(worker.FrameError):
            worker.receive(theirs)


def test_a_frame_beyond_the_limit_is_refused_on_both_sides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker, "MAX_BYTES", 10)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with pytest.raises(worker.FrameError, match="11 bytes; the limit is 10"):
            worker.send(ours, b"x" * 11)
        ours.sendall((11).to_bytes(8, "big") + b"x" * 11)
        with pytest.raises(worker.FrameError, match="11 bytes"):
            worker.receive(theirs)
