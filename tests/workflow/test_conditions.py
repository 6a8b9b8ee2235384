"""Shell, limits, priority, terminal, output: what a file says of them reaches the job."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.errors import WorkflowError
from treadle.job import EmptyJob, Job
from treadle.runner import run
from treadle.runner.job import WorkflowJob
from treadle.runner.scheduled import Scheduled
from treadle.runner.settings import Settings
from treadle.status import ReturnValue
from treadle.workflow import Declaration, Plan, load_plan
from treadle.workflow.sizes import bytes_of

SAID = """\
limits = { memory = "2G", cpu = 60, files = 64, processes = 9 }
nice = 5
umask = "027"
tty = true
idle_timeout = 30
output_limit = "64M"
leak = "fail"
"""
MEANT = {
    "limits": {"memory": 2 << 30, "cpu": 60, "files": 64, "processes": 9},
    "nice": 5,
    "umask": 0o27,
    "tty": True,
    "terminal": False,
    "idle_timeout": 30.0,
    "output_limit": 64 << 20,
    "leak": "fail",
}


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], Plan]:
    def load(text: str) -> Plan:
        (tmp_path / "treadle.toml").write_text(text)
        return load_plan(tmp_path / "treadle.toml")

    return load


Load = Callable[[str], Plan]


def conditions(of: object) -> dict[str, object]:
    return {name: getattr(of, name) for name in MEANT}


def test_each_word_may_be_said_in_the_job_or_in_the_defaults(load: Load) -> None:
    own = load(f"[job.a]\nrun = 'x'\n{SAID}").jobs["a"]
    common = load(f"[defaults]\n{SAID}[job.a]\nrun = 'x'\n").jobs["a"]

    assert conditions(own) == conditions(common) == MEANT


class Seen(Scheduled):
    """Keeps the jobs that the scheduler would get, and runs none."""

    def provide(self, uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
        job = super().provide(uid, data, predecessors, notify_end)
        assert isinstance(job, WorkflowJob)
        self.seen = [*getattr(self, "seen", []), job]
        return EmptyJob(uid, "not run", notify_end, ReturnValue.skip)


def provided(plan: Plan, folder: Path) -> list[WorkflowJob]:
    """The jobs as the scheduler gets them."""
    execution = Seen(plan, list(plan.jobs), (), Settings(tokens=1))
    execution.execute("r", folder)
    return execution.seen


def test_each_word_reaches_the_job_that_is_run(load: Load, tmp_path: Path) -> None:
    plan = load(f"[job.a]\nrun = 'x'\n{SAID}[job.b]\nrun = 'x'\nleak = 'leave'\n")
    job, other = provided(plan, tmp_path)

    assert conditions(job.conditions) == MEANT
    assert (other.conditions.leak, other.conditions.limits) == ("leave", None)


def test_without_a_warden_there_is_no_limit_that_nobody_asked_for(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = load("[job.a]\nrun = 'x'\n[job.b]\nrun = 'x'\noutput_limit = '2G'\n")
    monkeypatch.setenv("TREADLE_WARDEN", "0")
    silent, asked = provided(plan, tmp_path)

    assert silent.conditions.output_limit is None
    assert asked.conditions.output_limit == 2 << 30


def test_what_nobody_says_is_a_gibibyte_of_output_and_no_other_limit(load: Load) -> None:
    assert conditions(load("[job.a]\nrun = 'x'\n").jobs["a"]) == {
        "limits": {},
        "nice": None,
        "umask": None,
        "tty": False,
        "terminal": False,
        "idle_timeout": None,
        "output_limit": 1 << 30,
        "leak": "kill",
    }


def test_a_job_overrides_single_limits_of_the_defaults(load: Load) -> None:
    plan = load(
        "[defaults]\nlimits = { memory = '1G', cpu = 5 }\nidle_timeout = 9\noutput_limit = 99\n"
        "tty = true\nnice = 5\n"
        "[job.a]\nrun = 'x'\nlimits = { cpu = 7, files = 8 }\nidle_timeout = inf\n"
        "output_limit = 'none'\ntty = false\nnice = 0\n"
    )
    job = plan.jobs["a"]

    assert job.limits == {"memory": 1 << 30, "cpu": 7, "files": 8}
    assert (job.idle_timeout, job.output_limit, job.tty, job.nice) == (None, None, False, 0)


@pytest.mark.parametrize(
    ("size", "count"),
    [(1, 1), ("1K", 1024), ("512M", 512 << 20), ("2GiB", 2 << 30), ("99999T", 99999 << 40)],
)
def test_a_size_is_a_number_or_a_text_with_powers_of_1024(size: int | str, count: int) -> None:
    assert bytes_of(size) == count


@given(st.from_regex(r"[0-9]{0,16}[KMGTkmB]?(iB)?\n?", fullmatch=True), st.booleans())
def test_a_size_is_refused_or_within_what_a_system_can_count(text: str, memory: bool) -> None:
    word = {"limits": {"memory": text}} if memory else {"output_limit": text}
    try:
        Declaration().add("a", run="x", **word)
    except WorkflowError:
        return
    assert 1 << 10 <= bytes_of(text) < math.pow(2, 60)
    assert not memory or bytes_of(text) >= 1 << 20


def test_a_command_line_is_run_directly_or_by_the_shell_that_is_said(load: Load) -> None:
    plan = load(
        "[defaults]\nshell = 'bash'\n[job.a]\nrun = 'cp a b'\n[job.b]\nrun = 'cp a b'\n"
        "shell = 'sh'\n[job.c]\nrun = 'cp a *'\nshell = 'sh'\n[job.d]\nrun = ['cp', 'a']\n"
    )

    assert [job.argv for job in plan.jobs.values()] == [
        ("bash", "-c", "cp a b"),
        ("cp", "a", "b"),
        ("/bin/sh", "-c", "cp a *"),
        ("cp", "a"),
    ]


def test_values_of_a_matrix_need_no_shell(load: Load) -> None:
    plan = load("[job.a]\nrun = 'cp ${{ matrix.f }} x'\nmatrix.f = ['a.c', \"it's $x\"]\n")

    assert plan.jobs["a[it's $x]"].argv == ("cp", "it's $x", "x")
    assert plan.jobs["a[a.c]"].argv == ("cp", "a.c", "x")


def test_a_command_line_from_python_holds_no_nul() -> None:
    workflow = Declaration()
    workflow.add("a", run="p \0")
    with pytest.raises(WorkflowError, match="a text holds a NUL character"):
        run(workflow)


def test_jobs_that_hold_the_terminal_wait_for_it_and_not_for_a_queue(load: Load) -> None:
    plan = load(
        "[queues]\nq = 3\n[defaults]\nqueue = 'q'\ntokens = 2\ntty = true\nidle_timeout = 3\n"
        "output_limit = 5\n[job.edit]\nrun = 'vi notes'\nterminal = true\n[job.b]\nrun = 'x'\n"
    )
    edit, other = plan.jobs["edit"], plan.jobs["b"]

    assert (edit.terminal, edit.queue, edit.tokens) == (True, "terminal", 1)
    assert (edit.tty, edit.idle_timeout, edit.output_limit) == (False, None, None)
    assert (other.terminal, other.queue, other.tokens) == (False, "q", 2)


def test_all_jobs_may_hold_the_terminal_in_turn(load: Load) -> None:
    plan = load(
        "[defaults]\nterminal = true\n[job.a]\nrun = 'x'\n"
        "[job.b]\nrun = 'x'\nterminal = false\nqueue = 'default'\n"
    )

    assert [job.queue for job in plan.jobs.values()] == ["terminal", "default"]
