"""Attempts of real programs: again, in time, with scripts, stopped by several signals."""

from __future__ import annotations

import os
import signal
import stat
import threading
from pathlib import Path

import pytest

from plans import job, played
from treadle.errors import ProcessError
from treadle.process.available import available
from treadle.report import JobEnded, JobRetried
from treadle.runner import JobResult, scripts
from treadle.runner.scripts import interpreter, write_script
from treadle.runner.stopping import Escalation
from treadle.status import ReturnValue
from treadle.workflow.plan import Retry

# -- again -----------------------------------------------------------------------------------


def test_a_failure_is_tried_again_as_often_as_it_says(folder: Path) -> None:
    result, facts = played(
        job("a", "echo $TREADLE_ATTEMPT >> seen; exit 1", retry=Retry(retries=2)), job("b", "true")
    )
    assert (folder / "seen").read_text() == "1\n2\n3\n"
    assert (result.failed, result.good) == (("a",), ("b",))
    assert [told.attempt for told in facts.of(JobRetried)] == [1, 2]
    assert result.statuses["a"].attempts == 3


def test_other_jobs_run_while_one_waits_for_its_next_attempt(folder: Path) -> None:
    again = Retry(retries=1, delay=0.2)
    result, _ = played(
        job("a", "test -e done", retry=again, priority=1.0), job("b", "touch done")
    )  # fmt: skip
    assert (result.flaky, result.good) == (("a",), ("b", "a"))


def test_only_the_failures_that_are_named_are_tried_again() -> None:
    retry = Retry(retries=5, causes=(75, "SIGUSR1"), patterns=("connection re(set|fused)",))
    result, facts = played(
        job("code", "test $TREADLE_ATTEMPT = 2 || exit 75", retry=retry),
        job("signal", "test $TREADLE_ATTEMPT = 2 || kill -USR1 $$", retry=retry),
        job("text", "test $TREADLE_ATTEMPT = 2 || { echo connection reset; exit 1; }", retry=retry),
        job("other", "echo connection lost; exit 1", retry=retry),
    )
    assert result.flaky == ("code", "signal", "text")
    assert result.failed == ("other",)
    assert result.statuses["other"].attempts == 1
    assert len(facts.of(JobRetried)) == 3


@pytest.mark.proof
def test_all_attempts_together_have_so_much_time(folder: Path) -> None:
    result, facts = played(
        job(
            "a",
            "test -e one && exec sleep 600; touch one; exit 1",
            retry=Retry(retries=9),
            total_timeout=1.5,
            timeout=500.0,
        )
    )
    assert (result.failed, result.statuses["a"].attempts) == (("a",), 2)
    (told,) = facts.of(JobEnded)
    assert told.outcome == "timed_out"
    assert told.detail == "timed out: all attempts together had 1.50s (total_timeout)"


def test_the_first_attempt_may_take_all_the_time_there_is() -> None:
    result, _ = played(job("a", "exec sleep 600", total_timeout=0.1, retry=Retry(retries=9)))
    assert result.statuses["a"].attempts == 1
    assert "(total_timeout)" in result.statuses["a"].detail


def test_a_timeout_of_its_own_is_told_as_that() -> None:
    result, _ = played(job("a", "exec sleep 600", timeout=0.1, total_timeout=500.0))
    assert result.statuses["a"].detail == "timed out after 0.10s"


def test_the_result_says_what_came_of_each_job() -> None:
    result, _ = played(
        job("a", "exit 3"), job("b", "true", needs=("a",)), job("c", "true"), job("all")
    )  # fmt: skip
    statuses = result.statuses
    assert sorted(statuses) == ["a", "all", "b", "c"]
    assert len(statuses) == 4
    a, b = statuses["a"], statuses["b"]
    assert (a.status, a.outcome, a.attempts, a.code) == (ReturnValue.failure, "exited", 1, 3)
    assert (a.detail, a.log) == ("exit 3", result.logs / "a.1.log")
    assert (b.status, b.detail, b.attempts) == (ReturnValue.skip, "'a' failed", 0)
    assert statuses["c"].status is ReturnValue.success
    assert (statuses["c"].usage is not None) is available()
    assert set(result.timings) == {"a", "c"}
    assert result.timings["a"] == a.duration > 0


# -- scripts -----------------------------------------------------------------------------------


def test_a_script_is_run_by_what_its_first_line_says(folder: Path) -> None:
    result, _ = played(
        job("sh", script='set -e\ntest -n "$TREADLE_JOB"\necho one > one\n'),
        job("awk", script='#!/usr/bin/awk -f\nBEGIN { print "two" > "two" }\n'),
        job("bad", script="exit 5\n"),
    )  # fmt: skip
    assert (folder / "one").read_text() == "one\n"
    assert (folder / "two").read_text() == "two\n"
    assert (result.good, result.statuses["bad"].detail) == (("sh", "awk"), "exit 5")


def test_what_ran_is_kept_beside_its_log_for_its_owner_only(folder: Path) -> None:
    text = "#!/bin/sh\nps -o args= -p $$ > seen\ntest $TREADLE_ATTEMPT = 2\n"
    result, _ = played(job("my job", script=text, retry=Retry(retries=1)))
    (kept,) = result.logs.glob("*.script")
    assert kept.read_text() == text
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    assert str(kept) in (folder / "seen").read_text()
    assert result.flaky == ("my job",)


def test_an_interpreter_that_is_missing_is_told() -> None:
    result, _ = played(job("a", script="#!/no/such/thing\n"))
    assert "no such file" in result.statuses["a"].detail


@pytest.mark.parametrize("can", [True, False])
def test_a_script_runs_where_nothing_can_be_executed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, can: bool
) -> None:
    monkeypatch.setattr(scripts, "_is_executable", lambda _: can)
    path = str(tmp_path / "a")
    assert write_script(path, "#!/usr/bin/env -S python3 -u\n") == (
        [path] if can else ["/usr/bin/env", "-S python3 -u", path]
    )
    assert write_script(path, "true\n") == ["/bin/sh", path]


@pytest.mark.parametrize(
    ("first", "words"),
    [
        ("echo", []),
        ("#! /bin/bash", ["/bin/bash"]),
        ("#!/usr/bin/env python3", ["/usr/bin/env", "python3"]),
        ("#!/usr/bin/env -S awk -f", ["/usr/bin/env", "-S awk -f"]),
        ("#!", []),
    ],
)
def test_the_first_line_is_read_as_the_kernel_reads_it(first: str, words: list[str]) -> None:
    assert interpreter(f"{first}\nmore words\n") == words


def test_a_script_is_not_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    with pytest.raises(ProcessError, match="cannot write"):
        write_script(str(tmp_path / "a"), "true\n")
    assert not (tmp_path / "b").exists()


# -- several signals ---------------------------------------------------------------------------

DEAF = """
trap 'echo INT >> seen' INT
trap 'echo TERM >> seen; {0}' TERM
touch ready
while :; do sleep 0.01; done
"""


def stopped_when_ready(last: str, grace: float) -> JobResult:
    """Run a job that hears no INT, press Ctrl-C when it is ready, and return what came of it."""
    press = f"while ! test -e ready; do sleep 0.01; done; kill -INT {os.getpid()}; exec sleep 600"
    signals = (signal.SIGINT, signal.SIGTERM)
    result, _ = played(
        job("a", DEAF.format(last), grace=grace, signals=signals), job("press", press), tokens=2
    )
    return result.statuses["a"]


@pytest.mark.slow
def test_a_job_is_stopped_with_the_signals_that_it_names(folder: Path) -> None:
    status = stopped_when_ready("exit 9", grace=0.3)
    assert (status.outcome, status.code) == ("interrupted", 9)
    assert (folder / "seen").read_text() == "INT\nTERM\n"


def test_what_hears_no_signal_is_killed_after_the_last() -> None:
    assert stopped_when_ready("", grace=0.05).code == -signal.SIGKILL


class Process:
    """Notes what it is sent."""

    def __init__(self, ends_at: int) -> None:
        self.sent: list[int] = []
        self.ends_at = ends_at
        self.heard = threading.Event()

    def terminate(self, signum: int) -> None:
        self.sent.append(signum)
        if len(self.sent) == 2:
            self.heard.set()

    def is_running(self) -> bool:
        return self.ends_at not in self.sent


def test_the_next_signal_is_sent_after_the_grace() -> None:
    process = Process(ends_at=99)
    Escalation(process, [2, 15], 0.01).step()
    assert process.heard.wait(10)
    assert process.sent == [2, 15]


def test_what_has_ended_is_sent_nothing_more() -> None:
    process = Process(ends_at=2)
    steps = Escalation(process, [2, 15], 1000)
    steps.step()
    steps.step()
    steps.cancel()
    steps.step()
    assert process.sent == [2]


def test_nobody_waits_for_a_signal_that_is_not_sent() -> None:
    process = Process(ends_at=99)
    steps = Escalation(process, [2, 15], 1000)
    steps.step()
    steps.cancel()
    assert process.sent == [2]
    assert steps._timer is not None
    steps._timer.join(10)
    assert not steps._timer.is_alive()
