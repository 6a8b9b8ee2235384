"""Which output is shown, and when; lines of two jobs are never mixed."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.report import Fact, JobEnded, JobRetried, JobStarted, RunEnded, RunStarted
from treadle.report.console import Console
from treadle.report.follow import Follower
from treadle.report.live import Live
from treadle.report.terminal import Output
from treadle.status import ReturnValue

OK, BAD = ReturnValue.success, ReturnValue.failure


class Run:
    """A run whose live thread does a step when it is told to."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, output: Any) -> None:
        monkeypatch.chdir(folder)
        monkeypatch.setattr(threading.Thread, "start", lambda self: None)
        monkeypatch.setattr(threading.Thread, "join", lambda self: None)
        self.folder = folder
        self.stream = io.StringIO()
        self.live = Live(Output(None), "none")
        self.console = Console(Output(self.stream), self.live, output=output)
        self.take(RunStarted("r", "treadle.toml", 9, {"default": 1}, folder / "logs"))

    def take(self, *facts: Fact) -> None:
        for fact in facts:
            self.console.take(fact)

    def start(self, name: str, attempt: int = 1) -> Path:
        log = self.folder / f"{name}.{attempt}.log"
        self.take(JobStarted(name, attempt, 0.0, log=str(log)))
        return log

    def end(self, name: str, attempt: int = 1, status: ReturnValue = OK) -> None:
        log = str(self.folder / f"{name}.{attempt}.log")
        self.take(JobEnded(name, attempt, status, "exited", 1.0, "", log))

    def lines(self) -> list[str]:
        """What is new."""
        self.live.renew()
        text = self.stream.getvalue()
        self.stream.truncate(0)
        self.stream.seek(0)
        return text.splitlines()


def test_stream_shows_whole_lines_as_they_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(tmp_path, monkeypatch, "stream")
    a, b = run.start("a"), run.start("b")
    assert run.lines() == []
    with a.open("w", buffering=1) as one, b.open("w", buffering=1) as other:
        one.write("a1\na2 begi")
        one.flush()
        other.write("b1\n")
        assert run.lines() == ["a1", "b1"]
        other.write("b2\n")
        one.write("ns\n")
        assert run.lines() == ["a2 begins", "b2"]
        one.write("no end")
    assert run.lines() == []
    run.end("a")
    assert run.lines() == ["no end", "[1/9] ok       1.00s  a"]
    run.end("b", status=BAD)
    assert run.lines() == ["[2/9] FAILED   1.00s  b"]


def test_prefix_says_of_each_line_whose_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(tmp_path, monkeypatch, "prefix")
    run.start("a\x1b").write_text("x\n\x1b[2Jy")
    run.end("a\x1b")
    assert run.lines() == ["a\\x1b | x", "a\\x1b | \\x1b[2Jy", "[1/9] ok       1.00s  a\\x1b"]


def test_an_attempt_that_is_run_again_shows_its_output_before_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(tmp_path, monkeypatch, "stream")
    run.start("a").write_text("first")
    run.take(JobRetried("a", 1, 1.0, "exit 1", "exited"))
    run.start("a", 2).write_text("second\n")
    assert run.lines() == ["first", "[0/9] again    1.00s  a: exit 1", "second"]
    run.end("a", 2)
    run.take(RunEnded(2.0))
    assert run.lines()[:4] == [
        "[1/9] ok       1.00s  a",
        "",
        "flaky          a (2 attempts)",
        "done: 1 retried, 1 ok of 9 jobs in 2.00s; logs in logs",
    ]


def test_a_log_that_is_told_only_at_the_end_is_shown_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(tmp_path, monkeypatch, "stream")
    (tmp_path / "a.1.log").write_text("x\n")
    run.take(JobStarted("a", 1, 0.0))
    run.end("a")
    assert run.lines() == ["x", "[1/9] ok       1.00s  a"]


def test_group_shows_the_whole_output_of_each_job_at_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(tmp_path, monkeypatch, "group")
    run.start("a").write_text("".join(f"{i}\n" for i in range(30)))
    run.start("b").write_text("")
    assert run.lines() == []
    run.end("a")
    run.end("b")
    assert run.lines() == [
        "[1/9] ok       1.00s  a",
        *(f"    | {i}" for i in range(30)),
        "[2/9] ok       1.00s  b",
    ]
    run.start("c").write_text("x\n")
    run.take(JobRetried("c", 1, 1.0, "exit 1", log=str(tmp_path / "c.1.log")))
    assert run.lines() == ["[2/9] again    1.00s  c: exit 1", "    | x"]


def test_failed_shows_nothing_of_what_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(tmp_path, monkeypatch, "failed")
    run.start("a").write_text("x\n")
    run.start("b").write_text("y\n")
    run.end("a")
    run.end("b", status=BAD)
    assert run.lines()[1:] == ["[2/9] FAILED   1.00s  b", "    | y"]


def test_nothing_is_streamed_while_a_job_holds_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(tmp_path, monkeypatch, "stream")
    run.start("a").write_text("x\n")
    run.take(JobStarted("edit", 1, 0.0, terminal=True))
    assert run.lines() == []
    run.take(JobEnded("edit", 1, OK, "exited", 1.0))
    assert run.lines() == ["[1/9] ok       1.00s  edit", "x"]


def test_the_thread_follows_while_jobs_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    seen = threading.Event()

    class Watched(io.StringIO):
        def write(self, text: str) -> int:
            if "hello" in text:
                seen.set()
            return super().write(text)

    stream = Watched()
    console = Console(Output(stream), Live(Output(None), "none"), output="stream")
    console.take(RunStarted("r", "f", 1, {}, tmp_path))
    (tmp_path / "a.log").write_text("hello\n")
    console.take(JobStarted("a", 1, 0.0, log=str(tmp_path / "a.log")))
    assert seen.wait(20)
    console.take(RunEnded(1.0))


def test_a_log_that_cannot_be_read_ends_nothing(tmp_path: Path) -> None:
    follower = Follower(lambda name, line: pytest.fail("there is nothing to show"))
    follower.start("a", str(tmp_path / "none"))
    follower.poll()
    assert follower.finish("a")
    assert not follower.finish("a")


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.binary(min_size=1, max_size=9)), max_size=20),
    st.sets(st.integers(0, 19)),
)
def test_I05_however_output_comes_each_line_is_of_one_job_whole_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[tuple[int, bytes]], polls: set[int]
) -> None:
    folder = tmp_path_factory.mktemp("logs")
    shown: list[tuple[str, str]] = []
    follower = Follower(lambda name, line: shown.append((name, line)))
    for job in range(3):
        (folder / str(job)).touch()
        follower.start(str(job), str(folder / str(job)))
    for step, (job, piece) in enumerate(pieces):
        with (folder / str(job)).open("ab") as file:
            file.write(piece)
        if step in polls:
            follower.poll()
    for job in range(3):
        follower.finish(str(job))
        from treadle.report.output import whole

        lines = [line for name, line in shown if name == str(job)]
        assert lines == list(whole(folder / str(job)))
        assert all(line.isprintable() for line in lines)
