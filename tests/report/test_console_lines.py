"""What a run looks like, fact by fact."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest

from treadle.report import (
    JobEnded,
    JobRetried,
    JobSkipped,
    JobStarted,
    RunEnded,
    RunStarted,
)
from treadle.report.console import Console, because
from treadle.report.live import Live
from treadle.report.logs import make_run_folder, tail, whole
from treadle.report.terminal import Output, Progress
from treadle.status import ReturnValue

if TYPE_CHECKING:
    from pathlib import Path

    from treadle.report import Fact

OK, BAD = ReturnValue.success, ReturnValue.failure


@pytest.fixture(autouse=True)
def _there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def shown(folder: Path, *facts: Fact, jobs: int = 3, verbose: bool = False) -> str:
    stream = io.StringIO()
    console = Console(Output(stream), Live(Output(None), "none"), verbose=verbose)
    console.take(RunStarted("r", "treadle.toml", jobs, {"default": 1}, folder / "logs"))
    for fact in facts:
        console.take(fact)
    return stream.getvalue()


def test_each_end_is_one_line_with_a_count(tmp_path: Path) -> None:
    text = shown(
        tmp_path,
        JobStarted("a", 1, 0.0),
        JobEnded("a", 1, OK, "exited", 1.5),
        JobEnded("b", 1, OK, "exited", 75),
        JobEnded("c", 0, OK, "exited", 0),
        RunEnded(80),
    )
    assert text.splitlines() == [
        "[1/3] ok       1.50s  a",
        "[2/3] ok       1m15s  b",
        "[3/3] ok       0.00s  c",
        "done: 3 jobs in 1m20s; logs in logs",
    ]


def test_a_single_failure_at_the_end_is_not_repeated(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("why\n")
    bad = JobEnded("a", 1, BAD, "exited", 1, "exit 1", str(log))
    after = JobEnded("b", 1, OK, "exited", 1)
    assert shown(tmp_path, bad, RunEnded(1), jobs=1).count("| why") == 1
    assert shown(tmp_path, bad, after, RunEnded(1), jobs=2).count("| why") == 2


def test_stopped_jobs_are_not_called_failures(tmp_path: Path) -> None:
    text = shown(
        tmp_path,
        JobEnded("a", 1, BAD, "interrupted", 1, "interrupted"),
        RunEnded(1, left=2, signum=2),
    )
    assert text.splitlines()[0] == "[1/3] stopped  1.00s  a: interrupted"
    assert text.splitlines()[-1].startswith(
        "interrupted by SIGINT: 1 stopped, 2 not started, 0 ok of 3 jobs in 1.00s"
    )


def test_many_failures_are_repeated_up_to_a_limit(tmp_path: Path) -> None:
    facts = [JobEnded(f"j{i}", 1, BAD, "exited", 0, "exit 1") for i in range(30)]
    text = shown(tmp_path, *facts, RunEnded(1), jobs=30)
    assert "30 jobs failed:" in text
    assert "… and 10 more" in text


def test_verbose_shows_starts_and_all_output(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("".join(f"{i}\n" for i in range(50)))
    text = shown(
        tmp_path,
        JobStarted("a", 1, 0),
        JobEnded("a", 1, OK, "exited", 0, "", str(log)),
        verbose=True,
    )
    assert text.splitlines()[0] == "[0/3] start           a"
    assert len(re.findall(r"^    \| \d+$", text, re.MULTILINE)) == 50


def test_processes_that_were_left_behind_are_told_with_a_success(tmp_path: Path) -> None:
    text = shown(
        tmp_path,
        JobEnded("a", 1, OK, "exited", 0.31, leaked=2),
        JobEnded("b", 1, OK, "exited", 0.31, leaked=1),
        JobEnded("c", 1, BAD, "exited", 0.31, "exit 1", leaked=3),
    )
    assert text.splitlines() == [
        "[1/3] ok       0.31s  a  (killed 2 processes it left behind)",
        "[2/3] ok       0.31s  b  (killed 1 process it left behind)",
        "[3/3] FAILED   0.31s  c: exit 1",
    ]


def test_a_job_that_is_run_again_is_told_and_not_counted(tmp_path: Path) -> None:
    text = shown(
        tmp_path,
        JobStarted("a", 1, 0.0),
        JobRetried("a", 1, 0.5, "lost: the warden ended"),
        JobStarted("a", 2, 0.0),
        JobEnded("a", 2, OK, "exited", 1),
    )
    assert text.splitlines() == [
        "[0/3] again    0.50s  a: lost: the warden ended",
        "[1/3] ok       1.00s  a",
    ]


def test_while_a_job_holds_the_terminal_nothing_is_written(tmp_path: Path) -> None:
    stream = io.StringIO()
    console = Console(Output(stream), Live(Output(stream), "none"), verbose=True)
    console.take(RunStarted("r", "treadle.toml", 3, {"default": 1}, tmp_path))
    console.take(JobStarted("edit", 1, 0.0, terminal=True))
    before = stream.getvalue()
    console.take(JobStarted("b", 1, 0.0))
    console.take(JobEnded("b", 1, BAD, "exited", 1, "exit 1"))
    console.take(JobSkipped("c", "b", "b"))
    assert stream.getvalue() == before == "[0/3] start           edit\n"
    console.take(JobEnded("edit", 1, OK, "exited", 9))
    assert stream.getvalue().splitlines()[1:] == [
        "[0/3] start           b",
        "[1/3] FAILED   1.00s  b: exit 1",
        "[2/3] skipped         c: needs 'b', which failed",
        "[3/3] ok       9.00s  edit",
    ]


@pytest.mark.parametrize(
    "fact", [RunEnded(1.0, 1, 2), JobRetried("edit", 1, 1.0, "lost: the warden ended")]
)
def test_whatever_ends_the_job_gives_the_terminal_back(tmp_path: Path, fact: Fact) -> None:
    kept = JobEnded("b", 1, OK, "exited", 1)
    text = shown(tmp_path, JobStarted("edit", 1, 0.0, terminal=True), kept, fact)
    assert len(text.splitlines()) == 2
    again = JobStarted("edit", 2, 0.0, terminal=True)
    assert shown(tmp_path, again, kept, JobEnded("a", 1, OK, "exited", 1)) == ""


@pytest.mark.parametrize("mode", ["tty", "plain"])
def test_the_live_line_is_away_while_a_job_holds_the_terminal(mode: Progress) -> None:
    stream = io.StringIO()
    live = Live(Output(stream), mode)
    live.take(JobStarted("a", 1, 0.0))
    live._renew()
    live.hold()
    held = stream.getvalue()
    assert held.endswith("\r\x1b[2K" if mode == "tty" else "\n")
    live._renew()
    with live.aside():
        pass
    live._renew()
    assert stream.getvalue() == held
    live.release()
    live._renew()
    assert stream.getvalue() != held


def test_a_skipped_job_says_where_the_trouble_began() -> None:
    assert because(JobSkipped("c", "b", "b")) == "needs 'b', which failed"
    assert because(JobSkipped("c", "b", "a")) == ("needs 'b', which was skipped because 'a' failed")


def test_the_live_line_names_what_runs_and_how_much_more() -> None:
    live = Live(Output(None), "none")
    live.take(RunStarted("r", "f", 9, {}, None))  # type: ignore[arg-type]  # not looked at
    assert live.text(80) == "0/9, 9 jobs waiting"
    for i in range(5):
        live.take(JobStarted(f"job-{i}", 1, 0.0))
    live.take(JobEnded("job-0", 1, BAD, "exited", 1))
    text = live.text(60)
    assert re.match(r"1/9, 1 failed: job-1 \S+, job-2 \S+.* \+\d more$", text)
    assert len(text) <= 60
    assert len(live.text(20)) <= 20


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"a" * 10_000_000 + b"\n" + b"".join(b"%d\n" % i for i in range(30)))
    lines, more = tail(log)
    assert lines == [str(i) for i in range(10, 30)]
    assert more
    log.write_bytes(b"x\ny")
    assert tail(log) == (["x", "y"], False)
    assert list(whole(log)) == ["x", "y"]
    for read in (tail, lambda log: list(whole(log))):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "missing")


def test_each_run_has_a_folder_of_its_own(tmp_path: Path) -> None:
    runs = {make_run_folder(tmp_path)[0] for _ in range(5)}
    assert len(runs) == 5
    assert all((tmp_path / ".treadle" / "logs" / run).stat().st_mode & 0o077 == 0 for run in runs)


def test_i02_a_link_of_somebody_else_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    (tmp_path / "trap").mkdir()
    (tmp_path / ".treadle").symlink_to("trap")
    make_run_folder(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(PermissionError, match="is a link made by another user"):
        make_run_folder(tmp_path)
