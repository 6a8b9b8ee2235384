"""Why a job failed, as a person reads it."""

from __future__ import annotations

import errno
import math
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from treadle.errors import ProcessError
from treadle.report.reasons import Ending, reason
from treadle.workflow import PlannedJob


def job(**words: Any) -> PlannedJob:
    return PlannedJob(
        name="a", family="a", argv=("prog", "x"), needs=(), queue="default", tokens=1,
        priority=0.0, grace=5.0, env={}, description="",
        **{"timeout": math.inf, "cwd": Path("/"), **words},
    )  # fmt: skip


def failure(number: int) -> ProcessError:
    error = ProcessError("cannot start 'prog'")
    error.__cause__ = OSError(number, os.strerror(number))
    return error


@pytest.mark.parametrize(
    ("ending", "words", "text"),
    [
        (Ending("exited", 3), {}, "exit 3"),
        (Ending("signalled", -signal.SIGSEGV), {}, "killed by SIGSEGV"),
        (Ending("signalled", -99), {}, "killed by signal 99"),
        (Ending("timed_out", -9), {"timeout": 90.0}, "timed out after 1m30s"),
        (Ending("timed_out", -9, stopped_for="idle"), {"idle_timeout": 30.0},
         "no output for 30.0s"),
        (Ending("over_limit", -9, stopped_for="output"), {"output_limit": 1 << 30},
         "more than 1 GiB of output"),
        (Ending("signalled", -9, oom=True), {}, "out of memory (killed by the kernel)"),
        (Ending("exited", 137, oom=True), {}, "out of memory (killed by the kernel)"),
        (Ending("timed_out", -9, oom=True), {"timeout": 1.0}, "timed out after 1.00s"),
        (Ending("signalled", -signal.SIGXCPU), {"limits": {"cpu": 60}},
         "more than 1m00s of processor time"),
        (Ending("signalled", -signal.SIGXCPU), {}, "killed by SIGXCPU"),
        (Ending("exited", 0, leaked=2), {"leak": "fail"}, "left 2 processes behind"),
        (Ending("exited", 0, leaked=1), {"leak": "fail"}, "left 1 process behind"),
        (Ending("exited", 4, leaked=1), {"leak": "fail"}, "exit 4"),
        (Ending("lost", loss="the warden ended"), {}, "lost: the warden ended"),
        (Ending("lost"), {}, "lost: nobody knows how it ended"),
        (Ending("interrupted", -15), {}, "interrupted"),
        (Ending("stuck"), {}, "did not end when it was killed"),
        (Ending("spawn_failed"), {"cwd": Path("/no/where")},
         "its folder '/no/where' does not exist"),
        (Ending("spawn_failed", error=failure(errno.ENOENT)), {},
         "cannot start 'prog': no such file or directory"),
        (Ending("spawn_failed", error=failure(errno.ENOEXEC)), {},
         "cannot start 'prog': exec format error (a script needs a first line such as #!/bin/sh)"),
        (Ending("spawn_failed", error=ProcessError("whatever")), {}, "whatever"),
    ],
)  # fmt: skip
def test_each_ending_has_its_words(ending: Ending, words: dict[str, Any], text: str) -> None:
    assert reason(ending, job(**words)) == text


@pytest.mark.parametrize(
    ("ending", "leak", "good"),
    [
        (Ending("exited", 0), "kill", True),
        (Ending("exited", 0), "fail", True),
        (Ending("exited", 0, leaked=2), "kill", True),
        (Ending("exited", 0, leaked=2), "fail", False),
        (Ending("exited", 1), "kill", False),
        (Ending("timed_out", 0), "kill", False),
        (Ending("over_limit", 0), "kill", False),
        (Ending("lost"), "kill", False),
    ],
)
def test_a_job_is_good_if_it_exited_with_0_and_left_nothing_where_that_counts(
    ending: Ending, leak: str, good: bool
) -> None:
    assert ending.is_good(job(leak=leak)) is good
