"""A run that is awaited: on the loop that is there, and stopped with the task that awaits it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from typing import Any

import pytest

from treadle.errors import WorkflowError
from treadle.runner.desk import Desk
from treadle.runner.workflow import Workflow


def test_coroutine_functions_run_on_the_loop_of_the_caller_and_functions_in_threads() -> None:
    workflow = Workflow()

    @workflow.job
    def thread() -> int:
        return threading.get_ident()

    @workflow.job(needs=thread)
    async def loop(thread: int) -> tuple[int, int, Any]:
        return thread, threading.get_ident(), asyncio.get_running_loop()

    async def main() -> None:
        result = await workflow.run_async(tokens=2)
        worker, here, running = result.value(loop)
        assert here == threading.get_ident() != worker
        assert running is asyncio.get_running_loop()

    asyncio.run(main())


def test_others_go_on_meanwhile() -> None:
    workflow = Workflow()
    ready = threading.Event()
    workflow.job(name="wait")(lambda: ready.wait(30))

    async def main() -> bool:
        task = asyncio.create_task(workflow.run_async())
        await asyncio.sleep(0)
        ready.set()
        return bool((await task).value("wait"))

    assert asyncio.run(main())


def test_mistakes_and_failures_are_the_same_as_without_a_loop() -> None:
    workflow = Workflow()
    workflow.job(name="bad")(lambda: 1 // 0)
    assert asyncio.run(workflow.run_async()).failed == ("bad",)
    with pytest.raises(WorkflowError, match="no job 'x'"):
        asyncio.run(workflow.run_async(targets=["x"]))


@pytest.mark.parametrize("with_coroutine", [False, True])
def test_cancelling_stops_the_run_waits_for_it_and_goes_on(
    with_coroutine: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow = Workflow()
    begun, waiting, told = threading.Event(), threading.Event(), threading.Event()
    seen: list[str] = []
    halt = Desk.halt

    def halted(desk: Desk, reason: str) -> None:
        halt(desk, reason)
        told.set()

    monkeypatch.setattr(Desk, "halt", halted)

    @workflow.job
    def works() -> None:
        begun.set()
        assert told.wait(30)
        seen.append("works")

    if with_coroutine:

        @workflow.job
        async def waits() -> None:
            waiting.set()
            try:
                await asyncio.Event().wait()
            finally:
                seen.append("waits")
                told.set()

    workflow.job(name="after", needs="works")(lambda: seen.append("after"))
    workflow.job(name="sweep", needs="after", always=True)(lambda: seen.append("sweep"))

    async def main() -> None:
        task = asyncio.create_task(workflow.run_async(tokens=2))
        await asyncio.to_thread(begun.wait, 30)
        if with_coroutine:
            await asyncio.to_thread(waiting.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert seen[-1] == "sweep"
    assert "after" not in seen
    assert set(seen) == {"works", "sweep"} | ({"waits"} if with_coroutine else set())


def test_treadle_loads_asyncio_for_nobody_else() -> None:
    program = (
        "import sys, treadle\n"
        "assert not {'asyncio', 'multiprocessing'} & set(sys.modules)\n"
        "workflow = treadle.Workflow()\n"
        "workflow.job(name='one')(lambda: 1)\n"
        "assert workflow.run().success\n"
        "assert not {'asyncio', 'multiprocessing'} & set(sys.modules), 'loaded'\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
