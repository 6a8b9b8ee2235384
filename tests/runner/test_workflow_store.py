"""A workflow in Python with a store: nothing is done twice, and a run goes on."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from treadle import ReturnValue, Store, Workflow
from treadle.errors import StoreBusyError, WorkflowError

WITNESS = Path("witness")


def _note(what: str) -> None:
    with WITNESS.open("a") as file:
        file.write(f"{what}\n")


def _noted() -> list[str]:
    """What was done since this was last asked."""
    noted = WITNESS.read_text().split() if WITNESS.exists() else []
    WITNESS.unlink(missing_ok=True)
    return noted


def count(path: str = "words") -> dict[str, int]:
    _note("count")
    return {word: len(word) for word in Path(path).read_text().split()}


async def read_later(path: str = "words") -> str:
    _note("later")
    return await asyncio.to_thread(Path(path).read_text)


def total(count: dict[str, int], unit: str = "m") -> str:
    _note("total")
    return f"{sum(count.values())} {unit}"


def _workflow(process: bool = False) -> Workflow:
    """A function with an input, a coroutine function with one, a command, and what takes all."""
    workflow = Workflow("words")
    workflow.job(inputs=["words"], process=process)(count)
    workflow.job(name="later", inputs=["words"])(read_later)
    workflow.job(needs=[count], inputs=["words"])(total)
    workflow.command(
        "copy", ["sh", "-c", "echo copy >> witness; cp words copied"], needs=total,
        inputs=["words"], outputs=["copied"],
    )  # fmt: skip
    return workflow


@pytest.fixture(autouse=True)
def words() -> None:
    Path("words").write_text("one three")


@pytest.mark.parametrize("process", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_what_is_unchanged_does_not_run_and_has_its_value(process: bool) -> None:
    first = _workflow(process).run(store=True)
    assert sorted(_noted()) == ["copy", "count", "later", "total"]
    again = _workflow(process).run(store=True)

    assert _noted() == []
    assert again.success
    assert sorted(again.unchanged) == ["copy", "count", "later", "total"]
    assert again.values == first.values
    assert again.value(count) == {"one": 3, "three": 5}
    assert (again.value("later"), again.value(total)) == ("one three", "8 m")
    assert again.statuses["copy"].status is ReturnValue.unchanged
    assert again.statuses["copy"].attempts == 0
    assert again.timings == {}


def test_only_what_depends_on_a_change_runs() -> None:
    workflow = Workflow()
    workflow.job(inputs=["words"])(count)
    workflow.job(name="late", inputs=["other"])(read_later)
    Path("other").write_text("x")
    workflow.run(store=True)
    _noted()
    Path("words").write_text("one three four")
    result = workflow.run(store=True)

    assert (_noted(), result.good, result.unchanged) == (["count"], ("count",), ("late",))
    assert result.value(count) == {"one": 3, "three": 5, "four": 4}


def test_always_runs_all() -> None:
    workflow = _workflow()
    workflow.run(store=True)
    _noted()
    result = workflow.run(store=True, always=True)

    assert sorted(_noted()) == ["copy", "count", "later", "total"]
    assert result.unchanged == ()


def test_a_function_that_declares_nothing_always_runs() -> None:
    workflow = Workflow()
    workflow.job(name="run")(lambda: _note("run"))
    workflow.run(store=True)
    workflow.run(store=True)
    assert _noted() == ["run", "run"]


def test_what_json_does_not_hold_exactly_has_no_value_later() -> None:
    workflow = Workflow()

    @workflow.job(inputs=["words"])
    def pair() -> tuple[int, int]:
        _note("pair")
        return 1, 2

    assert workflow.run(store=True).value(pair) == (1, 2)
    result = workflow.run(store=True)

    assert (_noted(), result.unchanged) == (["pair"], ("pair",))
    with pytest.raises(KeyError, match="it is unchanged, and what it returned then was not kept"):
        result.value(pair)


def test_a_value_that_is_used_and_was_not_kept_is_made_again() -> None:
    workflow = Workflow()

    @workflow.job(inputs=["words"])
    def pair() -> tuple[int, int]:
        _note("pair")
        return 1, 2

    @workflow.job(needs=[pair])
    def both(pair: tuple[int, int]) -> int:
        return sum(pair)

    workflow.run(store=True)
    assert workflow.run(store=True).value(both) == 3
    assert _noted() == ["pair", "pair"]


def test_a_run_in_an_event_loop_has_its_store_too() -> None:
    async def twice() -> Any:
        await _workflow().run_async(store=True)
        return await _workflow().run_async(store=True)

    result = asyncio.run(twice())

    assert sorted(result.unchanged) == ["copy", "count", "later", "total"]
    assert result.value("later") == "one three"


@pytest.mark.parametrize("said", ["kept/runs.db", Path("kept/runs.db"), Store("kept/runs.db")])
def test_a_store_may_be_anywhere(said: Any) -> None:
    workflow = Workflow()
    workflow.job(inputs=["words"])(count)
    workflow.run(store=said)

    assert workflow.run(store="kept/runs.db").unchanged == ("count",)
    assert not Path(".treadle/state.db").exists()


def test_without_a_store_nothing_is_kept() -> None:
    for said in (None, False):
        assert _workflow().run(store=said).unchanged == ()
    assert not Path(".treadle/state.db").exists()


# -- going on ------------------------------------------------------------------------------

PROGRAM = """
import os
from pathlib import Path
from treadle import Store, Workflow

def note(what):
    with open("witness", "a") as file:
        file.write(what + "\\n")

def is_recorded():
    with Store(".treadle/state.db").read() as store:
        return "second" in [start.job for start in store.starts(store.runs(1)[0].name)]

workflow = Workflow()

@workflow.job
def first() -> list[int]:
    note("first")
    return [1, 2]

@workflow.job(needs=[first])
def second(first: list[int]) -> int:
    note("second")
    if not Path("twice").exists():
        Path("twice").touch()
        while not is_recorded():
            pass
        os.kill(os.getpid(), 9)
    return sum(first)

@workflow.job
def other() -> int:
    return 0

if __name__ == "__main__":
    targets = [second] if not Path("twice").exists() else []
    result = workflow.run(targets=targets, store=True, resume=True, tokens=1)
    print(result.good, result.values["second"], result.statuses["second"].attempts)
"""


@pytest.mark.slow
def test_A03_a_program_that_was_killed_goes_on(capfd: pytest.CaptureFixture[str]) -> None:
    Path("program.py").write_text(PROGRAM)
    codes = [os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "program.py"]) for _ in "12"]

    assert codes == [-signal.SIGKILL, 0]
    assert _noted() == ["first", "second", "second"]
    assert capfd.readouterr().out == "('first', 'second') 3 2\n"
    with Store(".treadle/state.db").read() as reader:
        assert [len(run.sessions) for run in reader.runs()] == [2]


def test_a_run_that_ended_is_not_gone_on_with() -> None:
    workflow = Workflow()
    workflow.job(name="run")(lambda: _note("run"))
    first = workflow.run(store=True, resume=True)
    second = workflow.run(store=True, resume=True)

    assert first.run != second.run
    assert _noted() == ["run", "run"]


def test_a_run_may_be_named() -> None:
    workflow = Workflow()
    workflow.job(name="good")(lambda: _note("good"))
    workflow.job(name="bad")(lambda: 1 // 0)
    first = workflow.run(store=True)
    workflow.run(store=True)
    again = workflow.run(store=True, resume=first.run, failed_again=True)

    assert again.run == first.run
    assert _noted() == ["good", "good"]
    assert again.statuses["bad"].attempts == 2


# -- mistakes ------------------------------------------------------------------------------


def _refused(message: str, **options: Any) -> None:
    workflow = _workflow()
    with pytest.raises(WorkflowError, match=re.escape(message)):
        workflow.run(**options)
    assert _noted() == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"resume": True}, "resume=True needs the store that the run is in: store=True"),
        ({"resume": "x", "store": False}, "resume='x' needs the store"),
        ({"resume": "x", "store": True}, "no run is recorded here yet"),
        ({"store": 3}, "store is 3; it must be True, the path of a store"),
        ({"store": ""}, "store is ''; it must be True"),
        ({"store": "."}, "store is '.', which is a folder; say the file: 'state.db'"),
        (
            {"store": {"keep_runs": 3}},
            "treadle.Store; what is kept is said to Workflow(store=…)",
        ),
    ],
)
def test_mistakes_say_what_to_do(options: dict[str, Any], message: str) -> None:
    _refused(message, **options)


def test_an_unknown_run_is_told_with_those_that_are_there() -> None:
    name = _workflow().run(store=True).run
    _noted()
    _refused(f"no run '{name}x' is recorded; did you mean '{name}'?", store=True, resume=f"{name}x")


def test_what_is_kept_and_where_are_said_in_two_places() -> None:
    with pytest.raises(WorkflowError, match=r"where that is, is said to run\(store=…\)"):
        Workflow(store=True)  # type: ignore[arg-type]  # the mistake


def test_A10_a_run_within_a_run_does_not_share_its_store() -> None:
    workflow = Workflow()
    workflow.job(name="again")(lambda: _workflow().run(store=True))
    result = workflow.run(store=True)

    error = result.statuses["again"].error
    assert isinstance(error, StoreBusyError)
    assert f"pid {os.getpid()} " in str(error)
