"""What is at a limit fits; one more is refused, and the message names the limit."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from treadle.errors import WorkflowError
from treadle.workflow import limits, load_plan
from treadle.workflow.source import read_text

SOURCE = Path(limits.__file__).parent
NAMES = [name for name in vars(limits) if name.startswith("MAX_")]
JOB = "[job.a]\nrun = 'x'\n"


def jobs(number: int, words: str = "") -> str:
    return "".join(f"[job.j{i}]\nrun = 'x'\n{words}\n" for i in range(number))


def values(number: int) -> str:
    return f"[job.a]\nmatrix.x = ['12345']\nrun = '{'${{ matrix.x }}' * number}'\n"


def include(number: int) -> str:
    return f"{JOB}matrix.x = [1, 2]\nmatrix.include = [{'{ x = 1, y = 2 },' * number}]\n"


def patterns(number: int) -> str:
    return f"{jobs(9)}{JOB}needs = {['j*', 'j?', '??'][:number]}\n"


# The name of the limit, the module that holds to it, a value for the test, a text for a
# number, the numbers that fit and do not, and what is said.
TABLE: list[tuple[str, str, int, Callable[[int], str], int, int, str]] = [
    ("DEPTH", "", 32, lambda n: f"{JOB}needs = {'[' * n}{']' * n}", 32, 33, "the limit is 32 lev"),
    ("DEPTH", "", 32, lambda n: f"{'.'.join('a' * n)} = 1", 32, 33, "the limit is 32 levels"),
    ("DEPTH", "", 32, lambda n: f"[{'.'.join('a' * n)}]", 32, 33, "the limit is 32 levels"),
    ("TOKEN", "", 2000, lambda n: f"x = {'1' * n}", 2000, 2001, "2001 characters; the limit is 2"),
    ("JOBS", "expand", 6, jobs, 6, 7, "job 'j6' makes 7 jobs; the limit is 6"),
    ("JOBS", "expand", 6, lambda n: f"{JOB}matrix.x = {list(range(n))}", 6, 7, "makes 7 jobs"),
    ("EDGES", "links", 9, lambda n: f"{jobs(n)}{JOB}needs = ['j*']", 9, 10, "have over 9 needs"),
    ("COMPARED", "expand", 6, include, 1, 2, "takes 8 comparisons for 'include' and 'exclude'"),
    ("COMPARED", "links", 9, patterns, 2, 3, "over 9 comparisons of names with patterns; that"),
    ("VARIABLES", "expand", 9, lambda n: jobs(n, "env = {A = 1, B = 2, C = 3}"), 3, 4, "over 9"),
    ("NAME", "checks", 1000, lambda n: f"[job.{'a' * n}]\nrun = 'x'", 1000, 1001, "limit is 1000"),
    ("NAME", "links", 9, lambda n: f"{jobs(9)}{JOB}needs = ['j{'*' * n}']", 8, 9, "10 characters"),
    ("EXPANSION", "family", 20, values, 4, 5, "over 20 characters to put in for '${{ … }}'"),
]  # fmt: skip


def mistakes(path: Path) -> list[str]:
    try:
        load_plan(path)
    except WorkflowError as error:
        return error.messages
    return []


@pytest.mark.parametrize(
    ("name", "module", "most", "make", "good", "bad", "message"),
    TABLE,
    ids=[f"{row[0]}-{number}" for number, row in enumerate(TABLE)],
)
def test_what_is_at_a_limit_fits_and_one_more_does_not(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    module: str,
    most: int,
    make: Callable[[int], str],
    good: int,
    bad: int,
    message: str,
) -> None:
    if module:
        monkeypatch.setattr(f"treadle.workflow.{module}.MAX_{name}", most)
    else:
        assert vars(limits)[f"MAX_{name}"] == most
    path = tmp_path / "w.toml"
    path.write_text(make(good))
    assert not [text for text in mistakes(path) if " limit" in text]
    path.write_text(make(bad))
    (found,) = [text for text in mistakes(path) if " limit" in text]

    assert message in found


def test_a_file_may_have_so_many_bytes_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "w.toml"
    path.write_bytes(b"#" * (1 << 20))
    assert len(read_text(path, "w.toml", 1 << 20)) == 1 << 20
    path.write_bytes(b"#" * ((1 << 20) + 1))
    with pytest.raises(WorkflowError, match=r"^w.toml: is larger than 1 MiB, which is the limit$"):
        read_text(path, "w.toml", 1 << 20)


def test_a_file_of_variables_has_a_limit_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "vars.env").write_bytes(b"#" * (limits.MAX_ENV_FILE + 1))
    (tmp_path / "w.toml").write_text(f"{JOB}env_file = 'vars.env'\n")
    (found,) = mistakes(tmp_path / "w.toml")

    assert found.endswith("vars.env: is larger than 1 MiB, which is the limit")
    assert "w.toml:3:1: " in found


def test_a_mistake_as_long_as_the_file_is_cut(tmp_path: Path) -> None:
    circle = "".join(f"[job.j{i}]\nneeds = ['j{(i + 1) % 500}']\n" for i in range(500))
    (tmp_path / "w.toml").write_text(circle)
    (found,) = mistakes(tmp_path / "w.toml")

    assert "'j0' -> 'j1' -> 'j2'" in found
    assert found.endswith("-> 'j499' -> 'j0'")
    assert len(found) < limits.MAX_MESSAGE + 200


def test_jobs_that_add_nothing_share_their_environment(tmp_path: Path) -> None:
    (tmp_path / "w.toml").write_text(f"[env]\nA = 1\n{jobs(2)}{JOB}env.B = 2\n")
    one, two, other = load_plan(tmp_path / "w.toml").jobs.values()

    assert one.env is two.env
    assert (one.env, other.env) == ({"A": "1"}, {"A": "1", "B": "2"})


@pytest.mark.parametrize("name", NAMES)
def test_each_limit_is_held_to_and_says_why_it_is_there(name: str) -> None:
    body = ast.parse((SOURCE / "limits.py").read_text()).body
    at = next(i for i, node in enumerate(body) if ast.unparse(node).startswith(f"{name} ="))
    reason = body[at + 1]
    users = [file for file in SOURCE.glob("*.py") if name in file.read_text()]

    assert isinstance(reason, ast.Expr)
    assert isinstance(reason.value, ast.Constant)
    assert len(users) > 1
