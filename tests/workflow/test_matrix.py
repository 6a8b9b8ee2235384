"""The rows of a matrix: products, what is left out and added, values from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.workflow import Plan
from treadle.workflow.matrix import Rows

Load = Callable[..., Plan]
Mistakes = Callable[..., list[str]]


def names(plan: Plan) -> list[str]:
    return list(plan.jobs)


def test_exclude_takes_away_every_row_that_it_describes(load: Load) -> None:
    plan = load("""
[job.t]
run = "x"
matrix = { os = ["a", "b"], n = [1, 2], exclude = [{ os = "a", n = 2 }, { os = "b" }] }
""")

    assert names(plan) == ["t[a,1]"]


def test_include_adds_to_the_rows_that_it_does_not_contradict_or_stands_for_itself(
    load: Load,
) -> None:
    plan = load("""
[job.t]
run = ["x", "${{ matrix.os }}", "${{ matrix.flag }}"]
matrix.os = ["a", "b"]
matrix.include = [{ flag = "-" }, { os = "b", flag = "+" }, { os = "c", flag = "!" }]
""")

    assert {name: job.argv for name, job in plan.jobs.items()} == {
        "t[a]": ("x", "a", "-"),
        "t[b]": ("x", "b", "+"),
        "t[c,!]": ("x", "c", "!"),
    }


def test_a_matrix_of_rows_only(load: Load) -> None:
    plan = load('[job.t]\nrun = "x"\nmatrix.include = [{ a = 1, b = 2 }, { a = 3, b = 4 }]\n')

    assert names(plan) == ["t[1,2]", "t[3,4]"]


def test_values_may_be_the_files_that_match_or_the_lines_of_one(load: Load, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    for name in ("b.c", "a.c", "a.h"):
        (tmp_path / "src" / name).touch()
    (tmp_path / "words").write_text("# comment\nfirst\n\n  second  \nfirst\n")
    plan = load("""
[job.c]
run = "cc ${{ matrix.file }}"
matrix.file = { glob = "src/*.c" }
[job.w]
run = "x"
matrix.word = { lines = "words" }
[job.here]
run = "x"
cwd = "src"
matrix.file = { glob = ["*.h", "*.c"] }
""")

    assert names(plan) == [
        *("c[src/a.c]", "c[src/b.c]", "w[first]", "w[second]"),
        *("here[a.h]", "here[a.c]", "here[b.c]"),
    ]


@pytest.mark.parametrize(
    ("matrix", "mistake"),
    [
        ("{ f = { glob = '*.none' } }", "job 't': no file matches '*.none'"),
        ("{ f = { lines = 'gone' } }", "values of job 't': "),
        ("{ f = { lines = 'empty.toml' } }", "job 't': 'empty.toml' has no lines"),
        ("{ f = {} }", "'f' of job 't' needs 'glob' or 'lines', one of them"),
        ("{ f = { glob = 'x', lines = 'y' } }", "'f' of job 't' needs 'glob' or 'lines'"),
        ("{ f = [] }", "job 't' has no values for 'f'"),
        ("{ f = [1, { a = 1 }] }", "job 't' has a table among the values of 'f'"),
        ("{ f = [1], include = [1] }", "'include' in the matrix of job 't' must be a list of"),
        ("{ fruit = [1], exclude = [{ friut = 1 }] }", "has{}; did you mean 'fruit'?"),
    ],
)
def test_what_is_wrong_with_a_matrix_is_told(mistakes: Mistakes, matrix: str, mistake: str) -> None:
    found = mistakes(f"[job.t]\nrun = 'x'\nmatrix = {matrix}\n", empty="\n# nothing\n")

    assert mistake.replace("has{}", "matrix does not have") in "\n".join(found)


values = st.lists(st.sampled_from("xyz"), min_size=1, max_size=3, unique=True)
rows = st.lists(st.dictionaries(st.sampled_from("abcd"), st.sampled_from("xyzw"), min_size=1))


@given(st.dictionaries(st.sampled_from("abc"), values, min_size=1), rows, rows)
def test_the_rows_are_those_of_the_rule_said_plainly(
    lists: dict[str, list[str]], exclude: list[dict[str, str]], include: list[dict[str, str]]
) -> None:
    told: list[str] = []
    matrix = {**lists, "exclude": exclude, "include": include}
    found = Rows(matrix, Path(), "job 't'", lambda _, what: told.append(what))  # type: ignore[arg-type]  # checked tables
    made = [row for _, row in found.named("t")]

    kept = [dict(zip(lists, values, strict=True)) for values in product(*lists.values())]
    kept = [row for row in kept if not any(more.items() <= row.items() for more in exclude)]
    whole = [dict(row) for row in kept]
    alone = []
    for more in include:
        at = [i for i, row in enumerate(kept) if all(row.get(k, v) == v for k, v in more.items())]
        for index in at:
            whole[index] |= more
        alone += [] if at else [more]
    assert made == [*whole, *alone]
    assert len(made) <= found.size()
