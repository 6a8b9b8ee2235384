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
    Remark,
    RunEnded,
    RunStarted,
)
from treadle.report.console import Console, because
from treadle.report.live import Live
from treadle.report.logs import make_run_folder
from treadle.report.output import tail, whole
from treadle.report.terminal import Output
from treadle.status import ReturnValue

if TYPE_CHECKING:
    from pathlib import Path

    from treadle.report import Fact

OK, BAD = ReturnValue.success, ReturnValue.failure


@pytest.fixture(autouse=True)
def _there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def shown(
    folder: Path, *facts: Fact, jobs: int = 3, verbose: bool = False, quiet: bool = False
) -> str:
    stream = io.StringIO()
    console = Console(Output(stream), Live(Output(None), "none"), verbose=verbose, quiet=quiet)
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
        RunEnded(4.5),
    )
    assert text.splitlines() == [
        "[1/3] ok       1.50s  a",
        "[2/3] ok       1m15s  b",
        "[3/3] ok       0.00s  c",
        "done: 3 jobs in 4.50s; logs in logs",
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


def test_a_skipped_job_says_where_the_trouble_began() -> None:
    assert because(JobSkipped("c", "b", "b")) == "needs 'b', which failed"
    assert (
        because(JobSkipped("c", "", "", "not on this branch")) == "not wanted: not on this branch"
    )
    assert because(JobSkipped("c", "b", "a")) == ("needs 'b', which was skipped because 'a' failed")


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"a" * 10_000_000 + b"\n" + b"".join(b"%d\n" % i for i in range(30)))
    lines, more = tail(log)
    assert lines == [str(i) for i in range(10, 30)]
    assert more
    log.write_bytes(b"x\ny")
    assert tail(log) == (["x", "y"], False)
    assert list(whole(log)) == ["x", "y"]
    log.write_bytes(b"10%\r20%\r")
    assert tail(log) == (["10%", "20%"], False)
    log.write_bytes(b"x" * 10_000_000 + b"\nend\n")
    assert [len(line) for line in whole(log)] == [2000 + len("… (+9998000)"), 3]
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


def test_a_failure_that_is_allowed_is_a_warning_and_no_failure(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("why\n")
    text = shown(
        tmp_path,
        JobEnded("a", 1, BAD, "exited", 1, "exit 1", str(log), allowed=True),
        JobEnded("b", 1, OK, "exited", 1),
        RunEnded(2),
        jobs=2,
    )
    assert text.splitlines() == [
        "[1/2] failed   1.00s  a: exit 1, allowed",
        "    | why",
        "[2/2] ok       1.00s  b",
        "done: 1 failed and was allowed to, 1 ok of 2 jobs in 2.00s; logs in logs",
    ]


def test_what_is_not_wanted_and_what_is_remarked_are_lines_and_no_failures(tmp_path: Path) -> None:
    text = shown(
        tmp_path,
        Remark("the history is new"),
        JobSkipped("a", "", "", "only on Sundays"),
        RunEnded(2),
        jobs=1,
    )
    assert text.splitlines() == [
        "note: the history is new",
        "[1/1] skipped         a: not wanted: only on Sundays",
        "done: 1 not wanted, 0 ok of 1 job in 2.00s; logs in logs",
    ]


def test_a_run_that_ended_early_says_why(tmp_path: Path) -> None:
    late = RunEnded(10, left=2, cause="deadline", detail="the run may take 10.0s")
    lines = shown(tmp_path, JobEnded("a", 1, OK, "exited", 1), late).splitlines()
    assert lines[-2:] == [
        "the run may take 10.0s",
        "stopped at its deadline: 2 not started, 1 ok of 3 jobs in 10.0s; logs in logs",
    ]
    stalled = RunEnded(1, left=2, cause="stalled", detail="'b' waits for 2 tokens of 'net'")
    assert shown(tmp_path, stalled).splitlines()[-1].startswith("stalled: 2 not started")


def test_a_pause_before_the_next_attempt_is_told(tmp_path: Path) -> None:
    again = JobRetried("a", 1, 0.5, "exit 1", "exited", delay=30.0)
    assert shown(tmp_path, again) == "[0/3] again    0.50s  a: exit 1; again in 30.0s\n"


def test_a_quiet_run_shows_only_what_failed(tmp_path: Path) -> None:
    ends = [JobEnded(f"j{i}", 1, OK, "exited", 9) for i in range(20)]
    facts = (Remark("x"), JobRetried("a", 1, 1, "exit 1", "exited"), JobSkipped("s", "", "", "w"))
    assert shown(tmp_path, *ends, *facts, RunEnded(90), quiet=True) == ""
    bad = JobEnded("a", 1, BAD, "exited", 1, "exit 1")
    assert len(shown(tmp_path, *ends, bad, RunEnded(90), quiet=True).splitlines()) == 2
    assert len(shown(tmp_path, RunEnded(9, cause="stalled"), quiet=True).splitlines()) == 1
