"""Functions among programs and coroutines: a scheduler runs them, with the same promises."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from treadle.report import Fact, JobEnded
from treadle.runner.workflow import Workflow

DAY = 86_400.0


class Facts:
    def __init__(self) -> None:
        self.seen: list[Fact] = []

    def take(self, fact: Fact) -> None:
        self.seen.append(fact)


@pytest.fixture
def workflow() -> Workflow:
    """With a command, so that a scheduler is needed."""
    workflow = Workflow()
    workflow.command("echo", ["sh", "-c", "echo made > made"])
    return workflow


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def fails() -> None:
    raise ValueError("as it should")


def test_values_go_from_function_to_function_past_commands(
    workflow: Workflow, folder: Path
) -> None:
    workflow.job(name="one")(lambda: 1)
    copy = workflow.command("copy", ["cp", "made", "copied"], needs=["echo", "one"])

    @workflow.job(needs=[copy, "one"])
    def both(one: int) -> tuple[int, str]:
        return one, (folder / "copied").read_text()

    result = workflow.run(tokens=2)
    assert result.value(both) == (1, "made\n")
    assert set(result.good) == {"echo", "one", "copy", "both"}


def test_a_function_that_raises_fails_its_job_and_its_traceback_is_kept(
    workflow: Workflow, capfd: pytest.CaptureFixture[str]
) -> None:
    workflow.job(fails)
    workflow.job(name="after", needs="fails")(lambda: 1)
    facts = Facts()
    result = workflow.run(views=[facts])

    assert (result.failed, result.skipped) == (("fails",), ("after",))
    status = result.statuses["fails"]
    assert (status.detail, type(status.error)) == ("ValueError: as it should", ValueError)
    (ended,) = (f for f in facts.seen if isinstance(f, JobEnded) and f.name == "fails")
    assert ended.log is not None
    assert "in fails\n" in Path(ended.log).read_text()
    assert capfd.readouterr().err == ""


def test_retries_count_each_attempt_anew(workflow: Workflow) -> None:
    calls: list[int] = []

    @workflow.job(retries=3, retry_on=[KeyError])
    def third() -> int:
        calls.append(1)
        if len(calls) < 3:
            raise KeyError(len(calls))
        return len(calls)

    result = workflow.run()
    assert (result.value(third), result.flaky) == (3, ("third",))
    assert result.statuses["third"].error is None


@pytest.mark.proof
def test_a_function_that_does_not_return_is_given_up_and_named(
    workflow: Workflow, gate: threading.Event
) -> None:
    workflow.job(name="slow", timeout=0.05, grace=0)(gate.wait)
    result = workflow.run(tokens=2)
    gate.set()
    assert (result.failed, result.stuck, result.good) == (("slow",), ("slow",), ("echo",))
    assert "its thread goes on (process=True can be stopped)" in result.statuses["slow"].detail


# -- coroutines ------------------------------------------------------------------------------


def test_coroutine_functions_run_on_one_loop_of_their_own() -> None:
    workflow = Workflow()
    loops: list[Any] = []

    @workflow.job
    async def first() -> int:
        loops.append((asyncio.get_running_loop(), threading.get_ident()))
        await asyncio.sleep(0)
        return 1

    @workflow.job(needs=first)
    async def second(first: int) -> int:
        loops.append((asyncio.get_running_loop(), threading.get_ident()))
        return first + 1

    before = threading.active_count()
    assert workflow.run().value(second) == 2
    assert loops[0] == loops[1]
    assert loops[0][1] != threading.get_ident()
    assert loops[0][0].is_closed()
    assert threading.active_count() == before


def test_coroutines_wait_together_within_the_tokens_of_their_queue() -> None:
    workflow = Workflow(queues={"net": 3})
    active, most = [0], [0]
    full = asyncio.Event()

    async def call() -> None:
        active[0] += 1
        most[0] = max(most[0], active[0])
        if active[0] == 3:
            full.set()
        await full.wait()
        active[0] -= 1

    for i in range(9):
        workflow.job(name=f"j{i}", queue="net")(call)
    assert workflow.run().success
    assert most == [3]


@pytest.mark.proof
def test_a_coroutine_is_cancelled_at_its_timeout_and_given_up_after_its_grace() -> None:
    workflow = Workflow()
    seen: list[str] = []

    async def ends() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            seen.append("cancelled")

    async def goes_on() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                seen.append("refused")

    workflow.job(name="ends", timeout=0.05)(ends)
    workflow.job(name="goes_on", timeout=0.05, grace=0.05)(goes_on)
    result = workflow.run(tokens=2)
    outcomes = {name: status.outcome for name, status in result.statuses.items()}
    assert outcomes == {"ends": "timed_out", "goes_on": "stuck"}
    assert {"cancelled", "refused"} <= set(seen)
    assert result.stuck == ("goes_on",)


def test_a_coroutine_that_raises_or_cancels_itself_has_failed() -> None:
    workflow = Workflow()

    @workflow.job
    async def bad() -> None:
        raise ValueError("as it should")

    @workflow.job
    async def cancels() -> None:
        raise asyncio.CancelledError

    result = workflow.run()
    details = {name: status.detail for name, status in result.statuses.items()}
    assert details["bad"] == "ValueError: as it should"
    assert details["cancels"].endswith("the coroutine was cancelled, and not by treadle")
