"""A job reads what another one makes and does not need it; two make something in one place."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import pytest
from click.testing import CliRunner

from plans import job, plan
from treadle.cli.main import command
from treadle.errors import WorkflowError
from treadle.workflow import Plan
from treadle.workflow.graph import with_needs
from treadle.workflow.makers import matches
from treadle.workflow.undeclared import doubts, undeclared_needs, unordered_outputs

Load = Callable[..., Plan]


def told(load: Load, text: str) -> list[str]:
    """Return what is told of a workflow, without the name of the file."""
    return [one.partition("treadle.toml: ")[2] for one in doubts(load(text))]


def _read(inputs: str, outputs: str, more: str = "") -> str:
    return (
        f"[job.gen]\nrun = 'x'\noutputs = ['{outputs}']\n"
        f"[job.use]\nrun = 'x'\ninputs = ['{inputs}']\n{more}"
    )


def test_the_need_that_is_missing_is_named(load: Load) -> None:
    assert told(load, _read("a.o", "a.o")) == [
        "job 'use' reads 'a.o', which job 'gen' makes, and does not need it; add needs = [\"gen\"]"
    ]


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        ("a.o", "./a.o"), ("x/../a.o", "a.o"), ("out", "out/a/b.o"), ("out/a/b.o", "out"),
        ("out/", "out/a"), ("*.o", "a.o"), ("**/*.o", "x/y/a.o"), ("**/*.o", "a.o"), (".", "a.o"),
        ("out/*.o", "out"), ("a.o", "*.o"), ("out/a.o", "out/**"), ("out", "out/*.o"),
        ("*.o", "*.o"), ("o*/", "out/a/b"), ("x/**/y/*.o", "x/1/2/y/a.o"),
        (".a/*.o", ".a/b.o"), ("[.]x", "[.]x"),
    ],
)  # fmt: skip
def test_files_folders_and_patterns_are_seen_on_both_sides(
    load: Load, inputs: str, outputs: str
) -> None:
    assert len(told(load, _read(inputs, outputs))) == 1
    assert not told(load, _read(inputs, outputs, "needs = ['gen']"))
    between = "needs = ['mid']\n[job.mid]\nneeds = ['gen']\n"
    assert not told(load, _read(inputs, outputs, between))


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        ("a.o", "b.o"), ("out", "out2/a"), ("*.o", "a.c"), ("*.o", "x/a.o"), ("**/*.o", ".x/a.o"),
        ("*.o", ".a.o"), ("a.o", "*.c"), ("x/*.o", "y"), ("out.o", "out"), ("a/*/b", "a/b"),
    ],
)  # fmt: skip
def test_what_is_somewhere_else_is_no_reason(load: Load, inputs: str, outputs: str) -> None:
    assert not told(load, _read(inputs, outputs))


def test_who_makes_a_file_itself_goes_before_who_makes_the_folder(load: Load) -> None:
    text = (
        "[job.mkdir]\nrun = 'x'\noutputs = ['out']\n"
        "[job.gen]\nrun = 'x'\noutputs = ['out/a']\nneeds = ['mkdir']\n"
        "[job.use]\nrun = 'x'\ninputs = ['out/a']\n"
    )

    assert [one.split(",")[1] for one in told(load, text)] == [" which job 'gen' makes"]


def test_paths_start_from_the_folder_of_each_job(load: Load) -> None:
    text = "[job.a]\nrun = 'x'\noutputs = ['o']\n[job.b]\nrun = 'x'\ncwd = 'd'\ninputs = ['{}']\n"

    assert not told(load, text.format("o"))
    assert len(told(load, text.format("../o"))) == 1


def test_a_job_that_makes_it_later_has_an_order_already(load: Load) -> None:
    text = "[job.a]\nrun = 'x'\ninputs = ['.']\n[job.b]\nrun = 'x'\noutputs = ['o']\nneeds = ['a']"

    assert not told(load, text)


def test_a_job_may_read_what_it_makes_itself(load: Load) -> None:
    assert not told(load, "[job.a]\nrun = 'x'\ninputs = ['.', 'o']\noutputs = ['o', 'p/*']\n")


def test_a_whole_matrix_is_named_as_one(load: Load) -> None:
    text = (
        "[job.gen]\nrun = 'x'\noutputs = ['${{ matrix.n }}.o']\nmatrix.n = [1, 2, 3, 4]\n"
        "[job.use]\nrun = 'x'\ninputs = ['{}.o']\n"
    )

    (found,) = told(load, text.replace("{}", "*"))
    assert "where job 'gen[1]' makes '1.o' (and 3 more jobs), and does not need it" in found
    assert found.endswith('add needs = ["gen"]')
    assert told(load, text.replace("{}", "[12]"))[0].endswith('needs = ["gen[1]", "gen[2]"]')


def test_two_jobs_make_something_in_one_place_in_no_order(load: Load) -> None:
    text = "[job.docs]\nrun = 'x'\noutputs = ['{}']\n[job.more]\nrun = 'x'\noutputs = ['out/a.o']\n"

    for place in ("out", "out/*.o", "**/*.o"):
        (found,) = told(load, text.format(place))
        assert found.startswith(f"job 'docs' makes '{place}', where job 'more' makes 'out/a.o', ")
        assert found.endswith("and neither needs the other; say which is first")
        assert not told(load, text.format(place) + "needs = ['docs']")
    assert not told(load, text.format("out/b.o"))


def test_check_warns_and_strict_makes_mistakes_of_it(tmp_path: Path) -> None:
    file = tmp_path / "treadle.toml"
    file.write_text(_read("a.o", "a.o"))

    warned = CliRunner().invoke(command, ["check", "-f", str(file)])
    assert warned.exit_code == 0
    assert "warning: " in warned.stderr
    assert "no mistakes, 1 warning" in warned.stdout

    refused = CliRunner().invoke(command, ["check", "--strict", "-f", str(file)])
    assert isinstance(refused.exception, WorkflowError)  # which is exit code 2
    assert "reads 'a.o', which job 'gen' makes" in str(refused.exception)
    assert not refused.stdout


def test_few_of_many_are_told() -> None:
    jobs = [job(f"use{n}", ("x",), inputs=("o",)) for n in range(80)]

    found = doubts(plan(job("gen", ("x",), outputs=("o",)), *jobs))

    assert len(found) == 51
    assert found[-1] == "plan: … and more of this kind"


@pytest.mark.parametrize("seed", range(60))
def test_it_finds_what_comparing_all_with_all_finds(seed: int) -> None:
    chance = random.Random(seed)
    names = [f"j{n}" for n in range(12)]
    paths = ["a", "a/b", "a/b/c", "a/d", "e", "e/f", "a/*", "**/c", "e/*", "*"]
    jobs = [
        job(
            name,
            ("x",),
            needs=tuple(chance.sample(names[:index], min(index, chance.randint(0, 2)))),
            inputs=tuple(chance.sample(paths, chance.randint(0, 2))),
            outputs=tuple(chance.sample(paths[:6], chance.randint(0, 1))),
            cwd=Path("/w"),
        )
        for index, name in enumerate(names)
    ]
    needs = {one.name: one.needs for one in jobs}
    makes = {f"/w/{path}" for one in jobs for path in one.outputs}

    def reads(said: str, made: str) -> bool:
        path = f"/w/{said}"
        if "*" in path:
            holder = next((p for p in _up(path.partition("/*")[0]) if p in makes), "")
            return matches(path, made) or made == holder
        holder = next((p for p in _up(path) if p in makes), "")
        return made.startswith(f"{path}/") or made == holder

    wanted = {
        (one.name, said)
        for one in jobs
        for said in one.inputs
        for other in jobs
        if any(reads(said, f"/w/{made}") for made in other.outputs)
        and one.name not in with_needs(needs, [other.name])
        and other.name not in with_needs(needs, [one.name])
    }

    found = undeclared_needs(plan(*jobs))
    assert {(text.split("'")[1], text.split("'")[3]) for text in found} == wanted


def _up(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(len(parts), 0, -1)]


@pytest.mark.proof
def test_100_000_jobs_take_two_seconds() -> None:
    size = 50_000
    made = [
        job(f"c{n}", ("x",), inputs=(f"{n}.c",), outputs=(f"d{n % 99}/{n}",)) for n in range(size)
    ]
    hub = job("hub", needs=tuple(one.name for one in made))
    used = [
        job(f"l{n}", ("x",), needs=("hub",), inputs=(f"d{n % 99}/{n}", f"d{n % 99}/{n}*"))
        for n in range(size)
    ]
    whole = plan(*made, hub, *used)

    began = perf_counter()
    assert not undeclared_needs(whole)
    assert not unordered_outputs(whole)
    assert perf_counter() - began < 6
