"""``${{ … }}``: what it stands for, where it may stand, and that it stays one word."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.workflow import Plan
from treadle.workflow.expressions import MissingValueError, Reference, complete, fill

Load = Callable[..., Plan]
Mistakes = Callable[..., list[str]]


def test_variables_come_from_the_job_the_file_and_the_environment(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTSIDE", "there")
    plan = load("""
[env]
COMMON = "all"
[job.a]
env = { OWN = "mine", MORE = "${{ env.OUTSIDE }}/x" }
run = ["${{ env.OWN }}", "${{ env.COMMON }}", "${{ env.OUTSIDE }}", "${{ env.MORE }}"]
""")

    assert plan.jobs["a"].argv == ("mine", "all", "there", "there/x")


def test_a_value_of_another_job_waits_until_that_has_run(load: Load) -> None:
    job = load("""
[job.fetch]
run = "x"
[job.line]
needs = ["fetch"]
run = "tar xf ${{ fetch.file }} && ls"
env = { FROM = "<${{ fetch.file }}>" }
[job.elements]
needs = ["line"]
run = ["x", "a${{ fetch.file }}b"]
""").jobs

    late = job["line"].late
    assert late is not None
    assert late.line == ("tar xf ", Reference("fetch", "file"), " && ls")
    assert late.env == {"FROM": ("<", Reference("fetch", "file"), ">")}
    assert job["line"].argv == ()
    assert job["elements"].late is not None
    assert job["elements"].late.elements == (("x",), ("a", Reference("fetch", "file"), "b"))


@pytest.mark.parametrize(
    ("job", "mistake"),
    [
        ("run = '${{ fetch.x }}'", "a value of 'fetch', but does not need 'fetch'; add it to"),
        ("run = '${{ fetsh.x }}'", "but 'fetsh' is no job; did you mean 'fetch'?"),
        ("run = '${{ many.x }}'\nneeds = ['many']", "but 'many' names 2 jobs"),
        ("run = '${{ env.NOT_THERE }}'", "but there is no variable 'NOT_THERE'"),
        ("run = '${{ x }}'", "which has no meaning; there is matrix.NAME, env.NAME, JOB.NAME"),
        ("run = 'x'\ncwd = '${{ fetch.x }}'\nneeds = ['fetch']", "only 'run', 'script' and 'env'"),
        ("script = '''#!/usr/bin/env python3\nprint('${{ env.HOME }}')'''", "not for a shell"),
    ],
)
def test_what_can_never_be_known_is_refused(mistakes: Mistakes, job: str, mistake: str) -> None:
    text = f"[job.fetch]\nrun = 'x'\n[job.many]\nrun = 'x'\nmatrix.n = [1, 2]\n[job.a]\n{job}\n"
    (found,) = mistakes(text)

    assert mistake in found
    assert found.split(":")[0].isdigit()


def test_a_script_for_a_shell_has_its_values_quoted(load: Load) -> None:
    plan = load("""
[job.a]
matrix.v = ["it's $HOME"]
script = '''
#!/bin/bash -e
echo ${{ matrix.v }}
'''
""")

    (job,) = plan.jobs.values()
    assert job.script == "#!/bin/bash -e\necho 'it'\"'\"'s $HOME'\n"


def test_what_is_put_in_is_not_looked_at_again(load: Load) -> None:
    plan = load(
        "[job.a]\nrun = ['${{ matrix.v }}']\nmatrix.v = ['${{ matrix.v }} ${{ env.HOME }}']\n"
    )

    (job,) = plan.jobs.values()
    assert job.argv == ("${{ matrix.v }} ${{ env.HOME }}",)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_I03_whatever_the_value_it_is_one_word_for_the_shell(value: str) -> None:
    text = fill("printf %s x${{ job.v }}x", Reference, quoted=True)
    line = complete(text, {"job": {"v": value}}, quoted=True)

    assert shlex.split(line) == ["printf", "%s", f"x{value}x"]


def test_I03_a_real_shell_agrees() -> None:
    value = "a'b\"c$(touch /nowhere)`x`\\ \n;&|*?~#{}[]<>!"
    text = fill("printf %s ${{ matrix.v }}", lambda _kind, _name: value, quoted=True)
    done = subprocess.run(
        ["/bin/sh", "-c", str(text[0])], capture_output=True, text=True, check=True
    )

    assert done.stdout == value


def test_a_value_that_was_not_written_is_named() -> None:
    with pytest.raises(MissingValueError) as caught:
        complete(("x", Reference("fetch", "file"), ""), {"fetch": {"other": "1"}})

    assert caught.value.reference == Reference("fetch", "file")


def test_variables_of_a_file_are_read_as_they_stand(load: Load, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "# comment\nexport A=1\nB = two words  # aside\nC='$A # no'\n"
        'D="x\\n\\"y\\""\nE=\nF=a#b\n\n'
    )
    (tmp_path / "more.env").write_text("A=2\n")
    plan = load("""
[defaults]
env_file = ".env"
env = { B = "default" }
[job.a]
run = "cat ${{ env.A }}"
[job.b]
run = "x"
env_file = ["more.env"]
env = { E = "own" }
""")

    assert plan.jobs["a"].env == {
        "A": "1",
        "B": "default",
        "C": "$A # no",
        "D": 'x\n"y"',
        "E": "",
        "F": "a#b",
    }
    assert plan.jobs["a"].argv == ("cat", "1")
    assert (plan.jobs["b"].env["A"], plan.jobs["b"].env["E"]) == ("2", "own")


@pytest.mark.parametrize("line", ["A", "=x", "A='x", 'A="x', "1A=x", "A B=x", "A='x' y"])
def test_a_line_that_is_no_variable_is_told(mistakes: Mistakes, tmp_path: Path, line: str) -> None:
    (tmp_path / "e").write_text(f"OK=1\n{line}\n")
    (found,) = mistakes("[job.a]\nrun = 'x'\nenv_file = 'e'\n")

    assert "'env_file' of job 'a': " in found
    assert found.endswith("e:2: is not a line such as NAME=value")


def test_a_secret_may_not_stand_in_a_command(mistakes: Mistakes) -> None:
    text = "[job.a]\nrun = 'x ${{ env.T }}'\nenv = { T = 'canary' }\nsecret = ['T']\n"
    (found,) = mistakes(text)

    assert "puts the secret 'T' into 'run'" in found
    assert "canary" not in found
