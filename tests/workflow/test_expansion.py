"""What a workflow means: names, needs, defaults, values of a matrix."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from treadle.errors import WorkflowError
from treadle.workflow import Plan, load_plan

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], Plan]:
    def load(text: str) -> Plan:
        (tmp_path / "treadle.toml").write_text(text)
        return load_plan(tmp_path / "treadle.toml")

    return load


def test_a_matrix_makes_each_combination_in_the_order_of_the_file(
    load: Callable[[str], Plan],
) -> None:
    plan = load("[job.t]\nrun = 'x'\nmatrix = { py = [3.11, 3.12], fast = [true, 'no'] }\n")
    assert list(plan.jobs) == ["t[3.11,true]", "t[3.11,no]", "t[3.12,true]", "t[3.12,no]"]


def test_values_stay_one_argument_in_lists_and_one_word_in_command_lines(
    load: Callable[[str], Plan],
) -> None:
    value = "a b; rm -rf $HOME 'x'"
    plan = load(
        f'[job.l]\nrun = ["p", "-x=${{{{ matrix.v }}}}"]\nmatrix.v = ["{value}"]\n'
        f'[job.s]\nrun = "p -x=${{{{matrix.v}}}} | q"\nmatrix.v = ["{value}"]\n'
    )
    assert plan.jobs[f"l[{value}]"].argv == ("p", f"-x={value}")
    quoted = "'a b; rm -rf $HOME '\"'\"'x'\"'\"''"
    assert plan.jobs[f"s[{value}]"].argv == ("/bin/sh", "-c", f"p -x={quoted} | q")


def test_needs_may_name_a_job_of_a_matrix_all_of_it_or_a_pattern(
    load: Callable[[str], Plan],
) -> None:
    plan = load(
        "[job.c]\nrun = 'x'\nmatrix.p = ['a', 'b']\n"
        "[job.one]\nrun = 'x'\nmatrix.p = ['a', 'b']\nneeds = ['c[${{ matrix.p }}]']\n"
        "[job.family]\nneeds = ['c', 'c[b]']\n"
        "[job.glob]\nneeds = ['c[*]', 'on?[a]']\n"
        "[job.all]\nneeds = ['*']\n"
    )
    assert plan.jobs["one[b]"].needs == ("c[b]",)
    assert plan.jobs["family"].needs == ("c[a]", "c[b]")
    assert plan.jobs["glob"].needs == ("c[a]", "c[b]", "one[a]")
    assert set(plan.jobs["all"].needs) == set(plan.jobs) - {"all"}


def test_a_job_overrides_the_defaults_and_adds_to_the_environment(
    load: Callable[[str], Plan], tmp_path: Path
) -> None:
    plan = load(
        "[queues]\nq = 3\n[env]\nA = 'env'\nB = 'env'\nC = 'env'\n"
        "[defaults]\nqueue = 'q'\ntokens = 2\npriority = 1\ntimeout = 9\ngrace = 0\ncwd = 'sub'\n"
        "env = { B = 'defaults', C = 'defaults' }\n"
        "[job.plain]\nrun = 'x'\n"
        "[job.own]\nrun = 'x'\nqueue = 'default'\ntokens = 1\npriority = -1.5\ntimeout = 3\n"
        "grace = 7\ncwd = '/abs'\nenv = { C = 8 }\n"
    )
    plain, own = plan.jobs["plain"], plan.jobs["own"]
    assert (plain.queue, plain.tokens, plain.priority, plain.timeout) == ("q", 2, 1, 9)
    assert (plain.grace, plain.cwd) == (0, tmp_path / "sub")
    assert plain.env == {"A": "env", "B": "defaults", "C": "defaults"}
    assert (own.queue, own.tokens, own.priority, own.timeout) == ("default", 1, -1.5, 3)
    assert (own.grace, own.cwd, own.env["C"]) == (7, Path("/abs"), "8")


def test_what_nobody_says_is_one_token_of_the_default_queue_without_limit(
    load: Callable[[str], Plan], tmp_path: Path
) -> None:
    job = load("[job.a]\nrun = 'x'\n").jobs["a"]
    assert (job.queue, job.tokens, job.priority, job.timeout) == ("default", 1, 0.0, math.inf)
    assert (job.grace, job.cwd, job.env) == (5.0, tmp_path, {})


def test_a_selection_takes_all_that_is_needed_in_the_order_of_the_file(
    load: Callable[[str], Plan],
) -> None:
    plan = load(
        "[job.z]\nrun = 'x'\n[job.m]\nrun = 'x'\nneeds = ['z']\nmatrix.i = [1, 2]\n"
        "[job.a]\nrun = 'x'\nneeds = ['m[2]']\n[job.other]\nrun = 'x'\n"
    )
    assert plan.select(["a"]) == ["z", "m[2]", "a"]
    assert plan.select(["m", "oth*"]) == ["z", "m[1]", "m[2]", "other"]
    assert plan.select([]) == list(plan.jobs)
    with pytest.raises(WorkflowError) as caught:
        plan.select(["a", "othr", "zz*"])
    assert [m.split(": ")[-1] for m in caught.value.messages] == [
        "no job 'othr'; did you mean 'other'?",
        "no job 'zz*'",
    ]


def test_python_and_toml_mean_the_same(tmp_path: Path) -> None:
    (tmp_path / "w.toml").write_text(
        "[queues]\nq = 2\n[env]\nE = 1\n"
        "[job.a]\nrun = ['x', '${{ matrix.i }}']\nmatrix.i = [1, 2]\nqueue = 'q'\n"
        "[job.b]\nneeds = ['a']\n"
    )
    (tmp_path / "w.py").write_text(
        "from treadle import Workflow\n"
        "workflow = Workflow(queues={'q': 2}, env={'E': 1})\n"
        "workflow.add('a', run=['x', '${{ matrix.i }}'], matrix={'i': [1, 2]}, queue='q')\n"
        "workflow.add('b', needs=('a',))\n"
    )
    (tmp_path / "w.json").write_text(
        '{"queues": {"q": 2}, "env": {"E": 1}, "job": {"a": {"run": ["x", "${{ matrix.i }}"],'
        ' "matrix": {"i": [1, 2]}, "queue": "q"}, "b": {"needs": ["a"]}}}'
    )
    plans = [load_plan(tmp_path / f"w.{kind}") for kind in ("toml", "py", "json")]
    assert plans[0].jobs == plans[1].jobs == plans[2].jobs


def test_a_long_chain_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "w.py").write_text(
        "from treadle import Workflow\nworkflow = Workflow()\n"
        "workflow.add('0', run='x')\n"
        "for i in range(1, 20_000):\n    workflow.add(f'{i}', run='x', needs=[f'{i - 1}'])\n"
    )
    assert len(load_plan(tmp_path / "w.py").select(["19999"])) == 20_000
