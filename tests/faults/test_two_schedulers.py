"""A11, A12, A16, A18: who may work in a folder, and what becomes of what a dead one has left."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from stores import scratch

from .arena import count
from .crashcommand import LONG, Command, alive, children, cleared, gone, said, warden_of

RACES = count("TREADLE_SCHEDULERS", 200)
pytestmark = pytest.mark.skipif(
    not os.path.isdir("/proc/self/task"), reason="processes are found in /proc"
)

WAITS = """[job]
first.run = 'echo "$TREADLE_ATTEMPT" >> begun; read go < go; echo first >> done'
then = { run = 'echo then >> done', needs = ["first"] }
"""


@contextmanager
def _folder(text: str = WAITS) -> Iterator[Path]:
    """A folder with a workflow; its first job waits until somebody writes to `go`."""
    with scratch() as folder:
        (folder / "treadle.toml").write_text(text)
        os.mkfifo(folder / "go")
        try:
            yield folder
        finally:
            cleared(folder)


@contextmanager
def _gate(folder: Path) -> Iterator[int]:
    gate = os.open(folder / "go", os.O_RDWR)  # nobody waits for the other end
    try:
        yield gate
    finally:
        os.close(gate)


def _await(path: Path, lines: int = 1) -> None:
    end = time.monotonic() + LONG
    while not path.exists() or path.read_text().count("\n") < lines:
        assert time.monotonic() < end, f"{path} does not come"
        time.sleep(0.002)


def _race(_: int) -> None:
    with _folder() as folder, _gate(folder) as gate:
        both = [Command(folder, "run", "-q"), Command(folder, "run", "-q")]
        while not (over := [one for one in both if one.process.poll() is not None]):
            time.sleep(0.002)
        (loser,) = over
        (winner,) = set(both) - {loser}
        refused = loser.end()
        os.write(gate, b"go\n")
        done = winner.end()

        host = re.escape(os.uname().nodename)
        said = rf"pid {winner.process.pid} on host {host}, since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d"
        assert (refused.code, done.code) == (4, 0), (refused, done)
        assert re.search(said, refused.err), refused
        assert ((folder / "begun").read_text(), (folder / "done").read_text()) == (
            "1\n", "first\nthen\n",
        )  # fmt: skip


@pytest.mark.slow
def test_A11_of_two_schedulers_exactly_one_runs() -> None:
    _race(0)


@pytest.mark.proof
@pytest.mark.timeout(60 + 2 * RACES)
def test_A11_of_two_schedulers_exactly_one_runs_200_times() -> None:
    with ThreadPoolExecutor(2) as pool:
        assert len(list(pool.map(_race, range(RACES)))) == RACES


@pytest.mark.proof
@pytest.mark.parametrize("word", ["run", "resume"])
def test_A12_after_kill_9_the_next_command_works_at_once(word: str) -> None:
    for _ in range(5):
        with _folder() as folder, _gate(folder) as gate:
            killed = Command(folder, "run", "-q")
            _await(folder / "begun")
            killed.process.kill()
            after = Command(folder, word, "-q")
            killed.end()
            _await(folder / "begun", 2)
            os.write(gate, b"go\n")
            ended = after.end()

            assert ended.code == 0, ended
            attempts = (folder / "begun").read_text()
            assert attempts == ("1\n2\n" if word == "resume" else "1\n1\n")
            assert (folder / "done").read_text() == "first\nthen\n"
            assert gone(folder)


LIVES = """[job]
lives.run = 'setsid sh -c "echo >> begun; read go < go" & wait; echo lives >> done'
"""


@pytest.mark.proof
def test_A16_while_jobs_of_a_killed_run_live_they_are_waited_for_and_named() -> None:
    with _folder(LIVES) as folder, _gate(folder):
        killed = Command(folder, "run", "-q")
        _await(folder / "begun")
        scheduler = killed.process.pid
        (guard,), warden = children(scheduler), warden_of(scheduler)
        for pid in (guard, warden):  # neither sees the other die
            os.kill(pid, signal.SIGSTOP)
        for pid in (guard, warden, scheduler):
            os.kill(pid, signal.SIGKILL)
        killed.end()
        left = set(alive(folder)) - {guard, warden}
        assert left

        begin = time.monotonic()
        refused = said(folder, "resume", "-q")
        assert (refused.code, time.monotonic() - begin > 4) == (4, True), refused
        assert set(map(int, re.findall(r"\d+", refused.err.rpartition("kill ")[2]))) == left

        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        (folder / "treadle.toml").write_text("[job]\nlives.run = 'echo lives >> done'\n")
        after = said(folder, "resume", "-q")
        assert after.code == 0, after
        assert (folder / "done").read_text() == "lives\n"


STOPPED = """[job]
ends = { run = 'echo >> begun; read go < go; echo >> done', timeout = 1 }
then = { run = 'echo >> then', needs = ["ends"] }
"""


@pytest.mark.proof
def test_A18_what_ended_while_the_scheduler_was_stopped_is_collected_and_not_late() -> None:
    with _folder(STOPPED) as folder, _gate(folder) as gate:
        command = Command(folder, "run", "-q")
        _await(folder / "begun")
        command.process.send_signal(signal.SIGSTOP)
        os.write(gate, b"go\n")
        _await(folder / "done")
        time.sleep(1.5)  # longer than its timeout
        command.process.send_signal(signal.SIGCONT)
        ended = command.end()

        assert ended.code == 0, ended
        assert (folder / "then").exists()
        assert gone(folder)
