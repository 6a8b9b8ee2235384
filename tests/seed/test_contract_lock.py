"""On which thread callbacks run, and what is kept out meanwhile."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from treadle.executors import ProcessExecutor
from treadle.job import Job, ProcessJob
from treadle.job.scheduler import Scheduler

if TYPE_CHECKING:
    from collections.abc import Callable

    from treadle.dag import DAG


@pytest.mark.parametrize(
    "stage",
    ["provider", "collect", "on_start", "on_finish"],
)
def test_callbacks_are_called_on_the_thread_that_called_run(
    stage: str, dag: Callable[[str], DAG]
) -> None:
    threads: dict[str, threading.Thread] = {}

    def note(name: str) -> None:
        threads[name] = threading.current_thread()

    class Noted(Job):
        def on_start(self, scheduler: Scheduler) -> None:
            note("on_start")

        def on_finish(self, scheduler: Scheduler) -> None:
            note("on_finish")

        def run(self) -> None:
            pass

    def provider(uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
        note("provider")
        return Noted(uid, data, notify_end)

    scheduler = Scheduler(provider, lambda job: note("collect"))
    runner = threading.Thread(target=scheduler.run, args=(dag("a"),))
    runner.start()
    runner.join(10)

    assert threads[stage] is runner


@pytest.mark.parametrize("callback", ["provider", "collect"])
def test_no_process_is_spawned_while_the_provider_or_collect_runs(
    callback: str, dag: Callable[[str], DAG]
) -> None:
    in_callback, about_to_spawn, spawned = (threading.Event() for _ in range(3))
    during: list[bool] = []

    class Nothing(Job):
        def run(self) -> None:
            pass

    class Spawns(ProcessJob):
        @property
        def cmd_options(self) -> dict[str, Any]:
            assert in_callback.wait(20)
            about_to_spawn.set()
            return {"output": None}

        @property
        def cmdline(self) -> list[str]:
            spawned.set()
            return ["true"]

    def look(name: str, uid: object) -> None:
        if name == callback and uid == {"provider": "c", "collect": "b"}[callback]:
            in_callback.set()
            assert about_to_spawn.wait(20)
            during.append(spawned.wait(0.05))

    def provider(uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
        look("provider", uid)
        return (Spawns if uid == "a" else Nothing)(uid, data, notify_end)

    # In the seed's way, with a thread for each process: where there is a warden, it is the
    # thread that runs the callbacks that says what to spawn.
    Scheduler(
        provider, lambda job: look("collect", job.uid), tokens=2, executor=ProcessExecutor()
    ).run(dag("a b c:b"))

    assert during == [False]
    assert spawned.is_set()
