"""A workflow in Python: what is declared, what it is checked for, what comes of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import treadle
from treadle.errors import WorkflowError
from treadle.runner.workflow import Workflow
from treadle.workflow import load_plan


def length(zone: str) -> int:
    return len(zone)


def nothing() -> None:
    pass


def here(text: str) -> str:
    """A pattern for a message that names a line of this file."""
    return rf"test_python_workflow\.py:\d+: {re.escape(text)}"


def test_the_values_of_jobs_arrive_by_the_name_of_the_parameter() -> None:
    workflow = Workflow("sums")

    @workflow.job
    def fetch() -> bytes:
        return b"1 2 3"

    @workflow.job(needs=[fetch], timeout=30)
    def parse(fetch: bytes) -> list[int]:
        return [int(word) for word in fetch.split()]

    @workflow.job(needs=[parse, fetch])
    def total(parse: list[int], unit: str = "m") -> str:
        return f"{sum(parse)} {unit}"

    result = workflow.run(tokens=2)

    assert result.success
    assert result.good == ("fetch", "parse", "total")
    assert result.values == {"fetch": b"1 2 3", "parse": [1, 2, 3], "total": "6 m"}
    assert (result.value("total"), result.value(parse)) == ("6 m", [1, 2, 3])
    assert set(result.timings) == {"fetch", "parse", "total"}


def test_a_function_stays_what_it_is() -> None:
    workflow = Workflow()

    def double(x: int = 2) -> int:
        return 2 * x

    assert workflow.job(double) is double
    assert workflow.job(name="again")(double) is double
    assert double(4) == 8
    assert workflow.run().values == {"double": 4, "again": 4}


def test_treadle_itself_has_the_name() -> None:
    assert treadle.Workflow is Workflow


def test_a_job_may_be_needed_by_name_by_function_or_by_what_command_returned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    workflow = Workflow()

    @workflow.job
    def first() -> int:
        return 1

    write = workflow.command("write", ["sh", "-c", "echo 5 > out"], needs=first, outputs=["out"])

    @workflow.job(needs=[write, "first"])
    def read(first: int) -> int:
        return int(Path("out").read_text()) + first

    assert workflow.run().value(read) == 6


def test_a_family_arrives_as_a_dictionary_by_the_names_of_its_jobs() -> None:
    workflow = Workflow()

    @workflow.job(matrix={"n": [1, 2], "letter": ["a", "b"], "flag": [True]})
    def scan(n: int, letter: str, flag: bool) -> tuple[int, str, bool]:
        return n, letter, flag

    @workflow.job(needs="scan")
    def count(scan: dict[str, tuple[int, str, bool]]) -> dict[str, tuple[int, str, bool]]:
        return scan

    @workflow.job(needs=["scan[1,*]"])
    def some(scan: dict[str, Any]) -> list[str]:
        return sorted(scan)

    result = workflow.run()

    assert result.value(count) == {
        "scan[1,a,true]": (1, "a", True),
        "scan[1,b,true]": (1, "b", True),
        "scan[2,a,true]": (2, "a", True),
        "scan[2,b,true]": (2, "b", True),
    }
    assert result.value(some) == ["scan[1,a,true]", "scan[1,b,true]"]


def test_jobs_made_in_a_loop_are_a_family_by_their_names() -> None:
    workflow = Workflow()
    for zone in ("utc", "gmt"):
        workflow.job(name=f"zone[{zone}]", constants={"zone": zone})(length)

    @workflow.job(needs=["zone[utc]", "zone[gmt]"])
    def both(zone: dict[str, int]) -> int:
        return sum(zone.values())

    assert workflow.run().value(both) == 6


def test_other_characters_of_a_name_count_as_underscores_and_the_rest_takes_the_rest() -> None:
    workflow = Workflow()
    for name in ("read-it", "b", "c"):
        workflow.job(name=name)(lambda: 1)

    @workflow.job(needs=["read-it", "b", "c"])
    def total(read_it: int, **others: int) -> list[str]:
        return sorted(others) * read_it

    assert workflow.run().value(total) == ["b", "c"]


def test_a_parameter_that_nobody_gives_is_found_when_it_is_declared() -> None:
    workflow = Workflow()

    @workflow.job
    def fetch() -> int:
        return 1

    with pytest.raises(WorkflowError, match=here("job 'use' has the parameter 'fetsh'")) as caught:

        @workflow.job(needs=[fetch])
        def use(fetsh: int) -> int:
            return fetsh

    assert "did you mean 'fetch'?" in str(caught.value)


def two_names(workflow: Workflow) -> None:
    workflow.job(name="a-b")(nothing)
    workflow.job(name="a_b")(nothing)
    workflow.job(name="c", needs=["a-b", "a_b"])(lambda a_b: a_b)


def by_position(workflow: Workflow) -> None:
    def own(x: int, /) -> int:
        return x

    workflow.job(own)


def wrong_constant(workflow: Workflow) -> None:
    workflow.job(constants={"size": 1})(nothing)


def command_value(workflow: Workflow) -> None:
    workflow.command("pack", ["true"])
    workflow.job(name="c", needs=["pack"])(lambda pack: pack)


def later_command_value(workflow: Workflow) -> None:
    workflow.job(name="c", needs=["pack"])(lambda pack: pack)
    workflow.command("pack", ["true"])


def stranger(workflow: Workflow) -> None:
    workflow.job(name="c", needs=[nothing])(lambda: 1)


def ambiguous(workflow: Workflow) -> None:
    workflow.job(name="a")(nothing)
    workflow.job(name="b")(nothing)
    workflow.job(name="c", needs=[nothing])(lambda: 1)


def no_signature(workflow: Workflow) -> None:
    workflow.job(name="c")(type)


def tty(workflow: Workflow) -> None:
    workflow.job(tty=True)(nothing)  # type: ignore[call-overload]  # the mistake


def limits(workflow: Workflow) -> None:
    workflow.job(limits={"memory": "1G"})(nothing)


def asynchronous(workflow: Workflow) -> None:
    async def late() -> None:
        pass

    workflow.job(process=True)(late)


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (two_names, "job 'c' has the parameter 'a_b', which could be 'a-b' and 'a_b'; rename one"),
        (by_position, "job 'own' has the parameter 'x', which cannot be given by name"),
        (wrong_constant, "job 'nothing' has a constant 'size', but no such parameter"),
        (command_value, "job 'c' has the parameter 'pack' for job 'pack', which is a command"),
        (later_command_value, "job 'c' has the parameter 'pack' for job 'pack', which is a com"),
        (stranger, "job 'c' needs 'nothing', which is no job of this workflow; put @workflow.job"),
        (ambiguous, "job 'c' needs 'nothing', the function of jobs 'a', 'b'; say the name"),
        (no_signature, "job 'c' has <class 'type'>, whose parameters cannot be found out"),
        (tty, "job 'nothing' is a function and cannot have 'tty', which is for commands"),
        (limits, "job 'nothing' has 'limits', but shares the process of the program"),
        (asynchronous, "job 'late' is a coroutine function and cannot have process=True"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    declare: Callable[[Workflow], None], message: str
) -> None:
    with pytest.raises(WorkflowError, match=here(message)):
        declare(Workflow())


def test_words_are_checked_as_those_of_a_file_are() -> None:
    workflow = Workflow()
    with pytest.raises(WorkflowError, match=r"test_python_workflow\.py:\d+.*'timeout' of job 'x'"):
        workflow.job(name="x", timeout=-1)(nothing)
    with pytest.raises(WorkflowError, match=r"an unknown word 'retry'; did you mean 'retry_on'\?"):
        workflow.job(name="y", retry=1)(nothing)  # type: ignore[call-overload]  # the mistake
    with pytest.raises(WorkflowError, match=r"'queu' of|unknown word 'queu'"):
        Workflow(defaults={"queu": "net"})


def test_an_unknown_need_is_told_with_the_nearest_name_and_nothing_runs() -> None:
    workflow = Workflow()
    ran = []
    workflow.job(name="fetch")(lambda: ran.append(1))
    workflow.job(name="use", needs="fetsh")(nothing)
    with pytest.raises(WorkflowError, match=r"needs 'fetsh', .*did you mean 'fetch'\?"):
        workflow.run()
    with pytest.raises(WorkflowError, match="no job 'fotch'"):
        _without("use", workflow).run(targets=["fotch"])
    assert ran == []


def _without(name: str, workflow: Workflow) -> Workflow:
    del workflow.jobs[name], workflow.calls[name]
    return workflow


def test_a_circle_of_names_is_found() -> None:
    workflow = Workflow()
    workflow.job(name="a", needs="b")(nothing)
    workflow.job(name="b", needs="a")(nothing)
    with pytest.raises(WorkflowError, match="circle"):
        workflow.run()


class Base:
    pass


class Derived(Base):
    pass


def gives(hint: Any) -> Callable[[], Any]:
    def give() -> Any:
        return None

    give.__annotations__["return"] = hint
    return give


def takes(hint: Any) -> Callable[[Any], Any]:
    def take(give: Any) -> Any:
        return give

    take.__annotations__["give"] = hint
    return take


FITS = [
    (int, int), (Derived, Base), (Base, Derived), (int, float), (dict[str, int], dict),
    (int, Any), (Any, int), (int, object), (int | None, str), (int, int | None),
    (int, "Unheard"), ("Unheard", int), (bool, int),
]  # fmt: skip


@pytest.mark.parametrize(("given", "taken"), FITS)
@pytest.mark.parametrize("giver_first", [True, False])
def test_types_that_may_fit_pass(given: Any, taken: Any, giver_first: bool) -> None:
    workflow = Workflow()
    if giver_first:
        workflow.job(name="give")(gives(given))
    workflow.job(name="take", needs="give")(takes(taken))
    if not giver_first:
        workflow.job(name="give")(gives(given))
    assert set(workflow.plan().jobs) == {"give", "take"}


@pytest.mark.parametrize(
    ("given", "taken", "message"),
    [
        (bytes, str, "takes 'give' from job 'give', but bytes is no str"),
        (None, int, "but None is no int"),
        (list[int], dict[str, int], r"but list\[int\] is no dict\[str, int\]"),
        (Base, int, "but Base is no int"),
    ],
)
@pytest.mark.parametrize("giver_first", [True, False])
def test_types_that_cannot_fit_are_told(
    given: Any, taken: Any, message: str, giver_first: bool
) -> None:
    workflow = Workflow()
    jobs: list[Callable[[], object]] = [
        lambda: workflow.job(name="give")(gives(given)),
        lambda: workflow.job(name="take", needs="give")(takes(taken)),
    ]
    first, second = jobs if giver_first else jobs[::-1]
    first()
    with pytest.raises(WorkflowError, match=rf"\.py:\d+: job 'take' .*{message}"):
        second()


FILE = """
from treadle import Workflow
workflow = Workflow("numbers", defaults={"priority": 2})
@workflow.job
def one() -> int:
    return 1
@workflow.job(needs=[one])
def two(one: int) -> int:
    return one + 1
"""


def test_a_file_that_defines_one_is_a_workflow_file(tmp_path: Path) -> None:
    path = tmp_path / "jobs.py"
    path.write_text(FILE)
    plan = load_plan(path)
    assert [(job.name, job.needs, job.priority) for job in plan.jobs.values()] == [
        ("one", (), 2),
        ("two", ("one",), 2),
    ]


def test_a_mistake_in_a_file_has_the_line_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "jobs.py"
    path.write_text(FILE.replace("(one: int)", "(on: int)"))
    with pytest.raises(WorkflowError, match=r"jobs\.py:7: job 'two' has the parameter 'on'"):
        load_plan(path)
