"""Which parts of a fingerprint are known before a job runs, and what changes them."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from plans import job
from treadle import Workflow
from treadle.runner.incremental.definition import Definitions, definition_of, incomparable
from treadle.workflow import PlannedJob
from treadle.workflow.expressions import Reference
from treadle.workflow.plan import Late

CANARY = "hunter2-canary"


def changed(one: PlannedJob, **words: Any) -> list[str]:
    """Return the parts that are different when a job has other words."""
    before, after = definition_of(one, one.cwd), definition_of(replace(one, **words), one.cwd)
    return sorted(name for name in before | after if before.get(name) != after.get(name))


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ({"argv": ("cc", "b.c")}, ["command"]),
        ({"argv": ("cc a.c",)}, ["command"]),
        ({"argv": ("cc", "a.c", "")}, ["command"]),
        ({"argv": (), "script": "cc\0a.c"}, ["command"]),
        ({"argv": (), "late": Late(line=("cc ", Reference("a", "b")))}, ["command"]),
        ({"inputs": ("a.c", "b.c")}, ["declared"]),
        ({"inputs": (), "outputs": ("a.c", "a.o")}, ["declared"]),
        ({"version": "2"}, ["version"]),
        ({"cwd": Path.cwd() / "sub"}, ["cwd"]),
        ({"umask": 0o22}, ["umask"]),
        ({"env": {"CC": "clang"}}, ["env CC"]),
        ({"env": {"CC": "gcc", "X": ""}}, ["env X"]),
        ({"late": Late(env={"X": ("", Reference("a", "b"))})}, ["command", "env X"]),
    ],
)
def test_what_changes_the_result_is_a_part(words: dict[str, Any], parts: list[str]) -> None:
    one = job("a", ("cc", "a.c"), inputs=("a.c",), outputs=("a.o",), env={"CC": "gcc"})

    before = definition_of(one, Path.cwd())
    after = definition_of(replace(one, **words), Path.cwd())

    assert [n for n in {**before, **after} if before.get(n) != after.get(n)] == parts


def test_what_does_not_change_the_result_is_none() -> None:
    one = job("a", ("cc", "a.c"), inputs=("a.c",), env={"CC": "gcc"})

    assert not changed(
        one, name="b", family="f", needs=("x",), queue="q", tokens=3, priority=2.0, timeout=1.0,
        grace=1.0, description="text", tags=("t",), allow_failure=True, nice=3, tty=True,
        partial_outputs="keep", limits={"cpu": 3}, output_limit=9, on={"x": "end"},
    )  # fmt: skip


def test_a_value_of_another_job_is_not_the_text_that_looks_like_it() -> None:
    text = Late(line=("cc ", Reference("a", "b")))
    other = Late(line=("cc ${{ a.b }}", Reference("a", "b")))

    assert changed(job("a", late=text), late=other) == ["command"]
    assert changed(job("a", late=text), shell="bash") == ["command"]


def test_a_project_may_move(tmp_path: Path) -> None:
    here = job("a", ("x",), cwd=tmp_path / "one/lib", env={"A": "1"})
    there = replace(here, cwd=tmp_path / "two/lib")

    assert definition_of(here, tmp_path / "one") == definition_of(there, tmp_path / "two")


@pytest.mark.parametrize("seed", range(20))
def test_a_secret_is_in_no_part_whatever_holds_it(seed: int) -> None:
    texts = ["{}", "x{}y", "plain", "{0}{0}"]

    def definition(canary: str) -> dict[str, str]:
        text = [one.format(canary) for one in random.Random(seed).choices(texts, k=4)]
        return definition_of(
            job(
                "a", ("x", text[0]), secret=("T",), env={"T": canary, "U": text[1]},
                inputs=(text[2],), version=text[3],
            ),
            Path.cwd(),
        )  # fmt: skip

    first = definition(CANARY)

    assert definition("another-canary") == first
    assert CANARY not in repr(first)
    assert first["env T"] == "=secret"


def test_a_secret_that_treadle_was_started_with_counts_by_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = job("a", ("x", CANARY), secret=("T",))
    monkeypatch.setenv("T", CANARY)
    before = definition_of(one, Path.cwd())
    monkeypatch.setenv("T", "another")
    after = definition_of(replace(one, argv=("x", "another")), Path.cwd())

    assert before == after


def test_constants_count_as_they_are_and_what_cannot_be_compared_is_told() -> None:
    class Odd:
        pass

    workflow = Workflow()

    def add(constant: object, version: str = "") -> dict[str, str]:
        name = f"job {len(workflow.jobs)}"
        more: Any = {"version": version} if version else {}

        @workflow.job(name=name, constants={"value": constant}, **more)
        def work(value: object) -> None: ...

        return definition_of(workflow.plan().jobs[name], Path.cwd())

    same = [add(value) for value in ({"a": [1, (2.5, None)]}, {"a": [1, (2.5, None)]})]
    assert same[0] == same[1]
    assert len({add(value)["argument value"] for value in (1, "1", True, [1], (1,), 1.0)}) == 6
    kind = f"{__name__}.test_constants_count_as_they_are_and_what_cannot_be_compared_is_told"
    assert incomparable(add(Odd())) == {"argument value": f"{kind}.<locals>.Odd"}
    assert not incomparable(add(Odd(), version="1"))


def test_a_version_stands_for_the_code_and_the_name_of_the_function_goes_on_counting() -> None:
    workflow = Workflow()

    @workflow.job(name="a", version="1")
    def first() -> int:
        return 1

    @workflow.job(name="b", version="1")
    def second() -> int:
        return 1

    definitions = Definitions(Path.cwd())
    one, two = (definitions.of(planned) for planned in workflow.plan().jobs.values())
    assert {name for name in one if one[name] != two[name]} == {"code"}
    assert one["version"] == "=1"


def test_the_environment_counts_only_for_functions_in_processes_of_their_own() -> None:
    workflow = Workflow(env={"A": "1"})

    @workflow.job
    def inside() -> None: ...

    @workflow.job(process=True)
    def outside() -> None: ...

    jobs = workflow.plan().jobs
    assert "env A" not in definition_of(jobs["inside"], Path.cwd())
    assert "env A" in definition_of(jobs["outside"], Path.cwd())


def test_texts_that_no_encoding_has_are_texts_all_the_same() -> None:
    one = job("a", ("x", "\udcff"), env={"A": "\udcff"}, inputs=("\udcff",), version="\udcff")

    assert changed(one, argv=("x", "\udcfe")) == ["command"]
