"""The order of the callbacks, and what each of them sees (contract, c01)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from treadle.dag import DAG
from treadle.job import EmptyJob, Job, ReturnValue
from treadle.job.scheduler import Scheduler

if TYPE_CHECKING:
    from collections.abc import Callable


class Trace(list[str]):
    """What was called; calls from job threads are kept apart, since they come when they come."""

    def __init__(self) -> None:
        self.in_jobs: list[str] = []

    def note(self, *words: object) -> None:
        text = " ".join(map(str, words)) + (" LOCK" if Job.lock._is_owned() else "")
        name = threading.current_thread().name
        if threading.current_thread() is threading.main_thread():
            self.append(text)
        else:
            self.in_jobs.append(f"{text} in {name}")


def _state(s: Scheduler) -> str:
    active = ",".join(str(job.uid) for job in s.active_jobs)
    return f"active [{active}] tokens {s.tokens['default']} slots {s.slots} queued {s.queued_jobs}"


trace = Trace()


@pytest.fixture(autouse=True)
def _new_trace() -> None:
    trace.clear()
    trace.in_jobs.clear()


class Traced(Job):
    attempts = 0

    @property
    def priority(self) -> float:
        trace.note("priority", self.uid)
        return 0

    def on_start(self, scheduler: Scheduler) -> None:
        trace.note("on_start", self.uid, "old slot", self.slot, _state(scheduler))

    def record_start_time(self) -> None:
        trace.note("record_start_time", self.uid)
        super().record_start_time()

    def record_stop_time(self) -> None:
        trace.note("record_stop_time", self.uid)
        super().record_stop_time()

    def run(self) -> None:
        self.attempts += 1
        trace.note("run", self.uid, "slot", self.slot)

    def on_finish(self, scheduler: Scheduler) -> None:
        trace.note("on_finish", self.uid, _state(scheduler))


class TracedScheduler(Scheduler):
    def enqueue(self) -> None:
        trace.note("- enqueue")
        super().enqueue()

    def launch(self) -> None:
        trace.note("- launch")
        super().launch()

    def wait(self) -> None:
        trace.note("- wait")
        super().wait()

    def log_state(self) -> None:
        trace.note("- log_state")

    def push(self, job: Job) -> None:
        trace.note("push", job.uid)
        super().push(job)


def traced() -> tuple[Scheduler, DAG]:
    """A scheduler for the graph skip -> a -> b: skip is skipped, a is requeued once."""

    def provider(uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
        trace.note("provider", uid, data, type(predecessors).__name__, sorted(predecessors))
        job = Traced(uid, data, notify_end)
        job.should_skip = uid == "skip"
        return job

    def collect(job: Traced) -> bool:
        times = [instant is not None for instant in job.timing_info[:2]]
        trace.note("collect", job.uid, "times", times, _state(scheduler))
        return job.uid == "a" and job.attempts == 1

    dag = DAG()
    dag.add_vertex("skip", 1)
    dag.add_vertex("a", 2, ["skip"])
    dag.add_vertex("b", 3, ["a"])
    scheduler = TracedScheduler(provider, collect)  # type: ignore[arg-type]  # Traced are Jobs
    return scheduler, dag


def test_callbacks_come_in_the_seeds_order_from_the_run_thread_and_see_its_state() -> None:
    scheduler, dag = traced()

    scheduler.run(dag)

    assert trace == [
        "- enqueue",
        "provider skip 1 frozenset [] LOCK",
        "collect skip times [False, False] active [] tokens 1 slots [0] queued 0 LOCK",
        "on_finish skip active [] tokens 1 slots [0] queued 0",
        "provider a 2 frozenset ['skip'] LOCK",
        "push a",
        "priority a",
        "- launch",
        "on_start a old slot 1 active [] tokens 1 slots [0] queued 0",
        "- log_state",
        "- wait",
        "collect a times [True, True] active [a] tokens 1 slots [0] queued 0 LOCK",
        "on_finish a active [a] tokens 1 slots [0] queued 0",
        # The seed pushes a requeued job before this line; nothing can come between.
        "- enqueue",
        "push a",
        "priority a",
        "- launch",
        "on_start a old slot 0 active [] tokens 1 slots [0] queued 0",
        "- log_state",
        "- wait",
        "collect a times [True, True] active [a] tokens 1 slots [0] queued 0 LOCK",
        "on_finish a active [a] tokens 1 slots [0] queued 0",
        "- enqueue",
        "provider b 3 frozenset ['a'] LOCK",
        "push b",
        "priority b",
        "- launch",
        "on_start b old slot 1 active [] tokens 1 slots [0] queued 0",
        "- log_state",
        "- wait",
        "collect b times [True, True] active [b] tokens 1 slots [0] queued 0 LOCK",
        "on_finish b active [b] tokens 1 slots [0] queued 0",
    ]


def test_a_job_records_its_times_and_runs_in_a_thread_named_after_it() -> None:
    scheduler, dag = traced()

    scheduler.run(dag)

    def attempt(uid: str) -> list[str]:
        lines = [f"record_start_time {uid}", f"run {uid} slot 0", f"record_stop_time {uid}"]
        return [f"{line} in {uid}" for line in lines]

    assert trace.in_jobs == attempt("a") * 2 + attempt("b")


def test_on_start_comes_before_start_and_start_before_the_job_is_active(
    run: Callable[..., Scheduler],
) -> None:
    seen: list[str] = []

    class Starts(Job):
        def on_start(self, scheduler: Scheduler) -> None:
            seen.append("on_start " + _state(scheduler))
            self.scheduler = scheduler

        def start(self, slot: int) -> None:
            seen.append(f"start {slot} " + _state(self.scheduler))
            super().start(slot)

        def run(self) -> None:
            pass

    run("a b", Starts, tokens=2)

    first = "active [] tokens 2 slots [0, 1] queued 1"
    second = "active [a] tokens 1 slots [0] queued 0"
    assert seen == [
        f"on_start {first}",
        f"start 1 {first}",
        f"on_start {second}",
        f"start 0 {second}",
    ]


def test_a_skipped_job_is_collected_and_finished_and_its_dependents_asked_for_at_once(
    dag: Callable[[str], DAG],
) -> None:
    seen: list[str] = []

    class Skipped(EmptyJob):
        def on_start(self, scheduler: Scheduler) -> None:
            seen.append(f"on_start {self.uid}")

        def on_finish(self, scheduler: Scheduler) -> None:
            seen.append(f"on_finish {self.uid}")

    class OneTurn(Scheduler):
        def enqueue(self) -> None:
            seen.append("enqueue")
            super().enqueue()

    def provider(uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
        seen.append(f"provider {uid}")
        return Skipped(uid, data, notify_end, ReturnValue.skip)

    def collect(job: Job) -> bool:
        seen.append(f"collect {job.uid} {job.status.name} {job.slot} {job.handle}")
        return True  # ignored: what is skipped is not run again

    scheduler = OneTurn(provider, collect)
    scheduler.run(dag("a b:a"))

    assert seen == [
        "enqueue",
        "provider a",
        "collect a skip 1 None",
        "on_finish a",
        "provider b",
        "collect b skip 1 None",
        "on_finish b",
    ]
    assert scheduler.max_active_jobs == 0
