"""What the words of a job come to in the plan."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from treadle.errors import WorkflowError
from treadle.workflow import Plan, queues
from treadle.workflow.conditions import Condition
from treadle.workflow.plan import Retry, RunSettings
from treadle.workflow.queues import queue_sizes

Load = Callable[..., Plan]
Mistakes = Callable[..., list[str]]


def test_needs_say_what_a_job_must_have_come_to(load: Load) -> None:
    plan = load("""
[job.a]
run = "x"
tags = ["t"]
[job.b]
run = "x"
tags = ["t"]
[job.c]
run = "x"
needs = ["a", { job = "b", on = "failure" }]
[job.d]
run = "x"
needs = { job = "t", on = "end" }
[job.e]
run = "x"
needs = "c"
""")

    assert (plan.jobs["c"].needs, plan.jobs["c"].on) == (("a", "b"), {"b": "failure"})
    assert (plan.jobs["d"].needs, plan.jobs["d"].on) == (("a", "b"), {"a": "end", "b": "end"})
    assert (plan.jobs["e"].needs, plan.jobs["e"].on) == (("c",), {})


def test_a_job_that_has_the_tag_it_needs_does_not_need_itself(load: Load) -> None:
    plan = load("[job.a]\nrun='x'\ntags=['t']\n[job.b]\nrun='x'\ntags=['t']\nneeds=['t']\n")

    assert plan.jobs["b"].needs == ("a",)


def test_one_job_cannot_be_needed_in_two_ways(mistakes: Mistakes) -> None:
    (found,) = mistakes(
        "[job.a]\nrun = 'x'\n[job.b]\nrun = 'x'\nneeds = ['a', { job = 'a', on = 'end' }]\n"
    )

    assert found.startswith("5:15: job 'b' needs 'a' on 'success' and on 'end'; say it once")


def test_retries_take_pauses_and_causes(load: Load) -> None:
    plan = load("""
[defaults]
retries = 1
[job.a]
run = "x"
retries = 4
backoff = { delay = 2, factor = 3, most = 60 }
jitter = 0.5
retry_on = [75, "timeout", "SIGSEGV", "KILL", { output = "re.*et" }]
[job.b]
run = "x"
backoff = 1.5
[job.c]
run = "x"
retries = 0
""")

    assert plan.jobs["a"].retry == Retry(
        retries=4,
        delay=2,
        factor=3,
        most=60,
        jitter=0.5,
        causes=(75, "timeout", "SIGSEGV", "KILL"),
        patterns=("re.*et",),
    )
    assert plan.jobs["b"].retry == Retry(retries=1, delay=1.5)
    assert plan.jobs["c"].retry == Retry()


def test_several_queues_are_held_at_once_and_one_of_its_own_replaces_those_by_default(
    load: Load,
) -> None:
    plan = load("""
[queues]
gpu = 2
net = 1
[defaults]
queues = { gpu = 2, net = 1 }
[job.a]
run = "x"
[job.b]
run = "x"
queue = "net"
[job.c]
run = "x"
queues = { default = 3 }
""")

    held = {name: {j.queue: j.tokens, **j.further} for name, j in plan.jobs.items()}
    assert held == {"a": {"gpu": 2, "net": 1}, "b": {"net": 1}, "c": {"default": 3}}


def test_queues_may_be_as_large_as_the_machine(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "usable_cpus", lambda: 6)
    monkeypatch.setattr(queues, "usable_memory", lambda: 4 << 30)
    text = """
[queues]
cpu = "cpus"
mem = "memory"
cache = "2G"
[job.a]
run = "x"
queues = {{ cpu = 8, mem = "{}", cache = 10 }}
"""
    plan = load(text.format("3G"))
    assert queue_sizes(plan, ["a"], None) == {
        "cpu": 6,
        "mem": 4096,
        "cache": 2048,
        "default": 6,
    }
    assert plan.jobs["a"].further["mem"] == 3072

    with pytest.raises(WorkflowError, match="'a' asks for 5120 MiB of queue 'mem'; this machine"):
        queue_sizes(load(text.format("5G")), ["a"], None)


def test_the_other_words(load: Load) -> None:
    plan = load("""
name = "etl"
[run]
deadline = 60
keep_going = true
jobs = 3
[job.a]
script = "echo"
signals = ["INT", "TERM"]
total_timeout = 9
allow_failure = [1, 2]
always = true
secret = ["T"]
inputs = ["*.c"]
outputs = ["${{ matrix.n }}.o"]
matrix.n = [1]
when = { os = ["linux", "macos"], env = { CI = true, WHO = ["me", "you"] }, exists = "x" }
""")

    (job,) = plan.jobs.values()
    assert job.script == "echo"
    assert job.signals == (signal.SIGINT, signal.SIGTERM)
    assert (job.total_timeout, job.allow_failure, job.always) == (9, (1, 2), True)
    assert (job.secret, job.inputs, job.outputs) == (("T",), ("*.c",), ("1.o",))
    assert job.when == Condition(
        os=("linux", "macos"), env={"CI": True, "WHO": ("me", "you")}, exists=("x",)
    )
    assert (plan.name, plan.settings) == ("etl", RunSettings(deadline=60, keep_going=0, jobs=3))


@pytest.mark.parametrize(
    ("condition", "unmet"),
    [
        (Condition(), ""),
        (Condition(os=("linux",)), ""),
        (Condition(os=("macos", "windows")), "only on macos or windows"),
        (Condition(env={"A": True}), ""),
        (Condition(env={"A": False}), "only when A is not set"),
        (Condition(env={"B": True}), "only when B is set"),
        (Condition(env={"EMPTY": True}), "only when EMPTY is set"),
        (Condition(env={"A": ("1", "2")}), ""),
        (Condition(env={"A": ("2", "3")}), "only when A is 2 or 3"),
        (Condition(exists=("here",)), ""),
        (Condition(exists=("here", "gone")), "only when 'gone' exists"),
        (Condition(missing=("gone",)), ""),
        (Condition(missing=("here",)), "only when 'here' does not exist"),
    ],
)
def test_a_condition_says_what_does_not_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, condition: Condition, unmet: str
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    (tmp_path / "here").touch()

    assert condition.unmet({"A": "1", "EMPTY": ""}, tmp_path) == unmet


@pytest.mark.parametrize(
    ("words", "mistake"),
    [
        ("run = 'x'\nscript = 'y'", "4:1: job 'a' has 'run' and 'script'; leave one of them out"),
        ("script = ' '", "3:1: 'script' of job 'a' is empty"),
        ("run = 'x'\nretry_on = [1]", "4:1: job 'a' has 'retry_on' without 'retries'"),
        ("run = 'x'\nretries = 1\nretry_on = ['tiemout']", "did you mean 'timeout'?"),
        ("run = 'x'\nretries = 1\nretry_on = [{ output = '(' }]", "'(' is no regular expression"),
        ("run = 'x'\nretries = 1\nretry_on = [0]", "5:"),
        ("run = 'x'\nsignals = ['HUP', 'NOPE']", "4:19: 'signals' of job 'a' has 'NOPE', which"),
        ("run = 'x'\nqueues = { q = 2, nq = 1 }", "which is not in [queues]; did you mean 'q'?"),
        ("run = 'x'\nqueues = { q = 4 }", "job 'a' asks for 4 tokens of queue 'q', which has 3"),
        ("run = 'x'\nqueues = { q = 1 }\nqueue = 'q'", "has 'queues' and 'queue'; use 'queues'"),
        ("run = 'x'\ntags = ['a*']", "has tag 'a*'; a tag is a short name without * and ?"),
        ("run = 'x'\nneeds = [{ jop = 'b' }]", "item 1 of 'needs' of job 'a' has no 'job'"),
        ("run = 'x'\nneeds = [{ job = 'a', on = 'x' }]", "must be 'success', 'failure' or 'end'"),
        ("run = 'x'\nwhen = { os = 'beos' }", "must be 'linux', 'macos' or 'windows', or a list"),
        ("run = 'x'\nallow_failure = [0]", "it must be true, false, or a list of exit codes"),
        ("run = 'x'\nbackoff = { dealy = 1 }\nretries = 1", "'dealy'; did you mean 'delay'?"),
    ],
)
def test_what_does_not_fit_is_told(mistakes: Mistakes, words: str, mistake: str) -> None:
    found = mistakes(f"queues = {{ q = 3 }}\n[job.a]\n{words}\n")

    assert mistake in "\n".join(found)


def test_one_file_is_made_by_one_job(mistakes: Mistakes) -> None:
    (found,) = mistakes("""
[job.a]
run = "x"
outputs = ["out/x", "y"]
[job.b]
run = "x"
cwd = "out"
outputs = ["../y", "z"]
""")

    assert found.startswith("8:1: jobs 'a' and 'b' both make '")
    assert found.endswith("y'; one file has one job")


def test_every_word_is_in_the_reference_and_in_the_schema() -> None:
    from treadle.workflow.model import Document, JobSpec
    from treadle.workflow.schema import workflow_schema
    from treadle.workflow.words import known_words

    schema = workflow_schema()["$defs"]
    assert schema["JobSpec"]["properties"].keys() == known_words(JobSpec).keys()
    assert schema["Document"]["properties"].keys() == known_words(Document).keys()
