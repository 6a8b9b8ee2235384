"""A scheduler with a store records each attempt, before anything that follows from it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from journals import Fails, counts_of, ends_of, graph, kinds_of, last_of, run_graph
from kinds import Nothing, UntilInterrupted
from stores import scratch
from treadle import ReturnValue, Store
from treadle.clock import SYSTEM
from treadle.dag import DAG
from treadle.errors import (
    DAGError,
    JobError,
    RunInterrupted,
    SchedulerError,
    StoreBusyError,
    StoreError,
    StoreFullError,
    Terminated,
)
from treadle.job import EmptyJob, Job, ProcessJob
from treadle.job.scheduler import Scheduler
from treadle.store.writer import Writer
from treadle.testing import Behaviour, FakeExecutor, MockClock


class Shell(ProcessJob):
    @property
    def cmdline(self) -> list[str]:
        return ["sh", "-c", self.data]


@pytest.fixture
def store() -> Iterator[Store]:
    with scratch() as folder:
        yield Store(folder / "runs.db")


# -- what is recorded ----------------------------------------------------------------------


def test_each_run_is_a_run_of_the_store_with_its_attempts(store: Store) -> None:
    scheduler = Scheduler(Scheduler.simple_provider(Nothing), store=store, tokens=2)
    scheduler.run(graph("a b:a"))
    scheduler.run(graph("c"))

    with store.read() as reader:
        newest, first = reader.runs()
        starts = list(reader.starts(first.name))
    assert kinds_of(store) == [("c", 1, "good")]
    assert [(start.job, start.attempt) for start in starts] == [("a", 1), ("b", 1)]
    assert first.last.about["queues"] == {"default": 2}
    assert first.last.about["jobs"] == 2
    end = first.last.end
    assert end is not None
    assert (end.counts, end.signum, end.cause) == ({"good": 2, "left": 0}, 0, "")
    assert newest.name != first.name


def test_a_requeue_is_an_attempt_that_was_retried(store: Store) -> None:
    jobs = run_graph(store, graph("a"), Fails, lambda job: job.attempt < 3, requeue_delay=0.001)

    assert kinds_of(store) == [("a", 1, "retried"), ("a", 2, "retried"), ("a", 3, "failed")]
    assert [end.delay for end in ends_of(store)] == [0.001, 0.001, 0.0]
    assert len(jobs) == 3


def test_what_a_process_used_and_how_it_ended_is_recorded(store: Store) -> None:
    run_graph(store, graph("good bad gone", good=":", bad="exit 3", gone="kill -9 $$"), Shell)

    ends = {end.job: end for end in ends_of(store)}
    assert [(ends[n].kind, ends[n].code) for n in ("good", "bad", "gone")] == [
        ("good", 0), ("failed", 3), ("failed", -9),
    ]  # fmt: skip
    assert all(end.max_rss and end.user is not None and end.duration > 0 for end in ends.values())


def test_what_a_job_raised_is_told(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    class Raises(Nothing):
        def run(self) -> None:
            raise ValueError("no such\nthing" + "!" * 300)

    run_graph(store, graph("a"), Raises)

    assert [(end.kind, end.detail) for end in ends_of(store)] == [("failed", "ValueError: no such")]
    assert "job a raised" in caplog.text


def test_what_is_not_started_is_recorded_without_an_attempt(store: Store) -> None:
    def provide(uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
        del predecessors
        return EmptyJob(uid, data, notify_end, data)

    dag = DAG()
    for status in (ReturnValue.success, ReturnValue.skip, ReturnValue.unchanged):
        dag.add_vertex(status.name, status)
    dag.add_vertex("bad", ReturnValue.failure, ["success"])
    Scheduler(provide, store=store).run(dag)

    assert kinds_of(store) == [
        ("success", 0, "gathered"), ("skip", 0, "skipped"), ("unchanged", 0, "unchanged"),
        ("bad", 0, "failed"),
    ]  # fmt: skip


def test_how_long_a_job_waited_for_its_place_is_recorded(store: Store) -> None:
    clock = MockClock()
    executor = FakeExecutor(clock, lambda _uid, _attempt: Behaviour(3.0))
    run_graph(store, graph("a b"), clock=clock, executor=executor)

    with store.read() as reader:
        starts = list(reader.starts(reader.runs(1)[0].name))
    assert [(start.job, start.waited) for start in starts] == [("a", 0.0), ("b", 3.0)]


def test_a_job_that_was_told_to_end_is_not_recorded_as_good(store: Store) -> None:
    jobs = run_graph(store, graph("a"), UntilInterrupted, job_timeout=0.01)

    assert jobs[0].status is ReturnValue.success
    assert [(end.kind, end.outcome) for end in ends_of(store)] == [("failed", "timed_out")]


def test_a_status_that_raises_harms_nobody(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    class Odd(Nothing):
        @property
        def status(self) -> ReturnValue:
            raise LookupError("no idea")

    run_graph(store, graph("a b:a"), Odd)

    assert kinds_of(store) == [("a", 1, "failed"), ("b", 1, "failed")]
    assert "the status of job a raised; it is recorded as failed" in caplog.text


# -- before the consequences ---------------------------------------------------------------


def test_A02_an_end_is_recorded_before_a_job_behind_it_is_provided(store: Store) -> None:
    seen: dict[str, list[tuple[str, int, str]]] = {}

    def provide(uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
        del predecessors
        seen[uid] = kinds_of(store)
        return Nothing(uid, data, notify_end)

    Scheduler(provide, lambda job: job.uid == "a" and job.attempt < 2, store=store).run(
        graph("a b:a c:b")
    )

    a = [("a", 1, "retried"), ("a", 2, "good")]
    assert seen == {"a": [], "b": a, "c": [*a, ("b", 1, "good")]}


def test_A02_an_end_is_recorded_before_a_job_is_started_that_its_collect_pushed(
    store: Store,
) -> None:
    seen: list[list[tuple[str, int, str]]] = []

    class Looks(Nothing):
        def on_start(self, scheduler: Scheduler) -> None:
            seen.append(kinds_of(store))

    def collect(job: Job) -> None:
        if job.uid == "a":
            scheduler.push(Looks("more", None, scheduler.message_queue.put))  # type: ignore[union-attr]

    scheduler = Scheduler(Scheduler.simple_provider(Nothing), collect, store=store)
    scheduler.run(graph("a"))

    assert seen == [[("a", 1, "good")]]
    assert kinds_of(store) == [("a", 1, "good"), ("more", 1, "good")]


def test_a_start_is_recorded_while_the_job_runs(store: Store) -> None:
    class Looks(Nothing):
        def run(self) -> None:
            until = SYSTEM.monotonic() + 20
            while not (starts := _starts(store)):
                assert SYSTEM.monotonic() < until
            assert starts == [("a", 1)]

    jobs = run_graph(store, graph("a"), Looks)

    assert jobs[0].exception is None


def _starts(store: Store) -> list[tuple[str, int]]:
    with store.read() as reader:
        return [(start.job, start.attempt) for start in reader.starts(reader.runs(1)[0].name)]


class Flush:
    """Fails to commit as it is told; each entry is for one try after the run began."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *errors: StoreError | None) -> None:
        self.errors = list(errors)
        flush = Writer.flush

        def failing(writer: Writer) -> None:
            if writer.pending and writer._run:  # after `begin`
                error = self.errors.pop(0) if self.errors else None
                if error is not None:
                    raise error
            flush(writer)

        monkeypatch.setattr(Writer, "flush", failing)


def test_A05_while_the_disk_is_full_nothing_starts_and_then_all_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = MockClock()
    executor = FakeExecutor(clock, lambda _uid, _attempt: Behaviour(1.0))
    Flush(monkeypatch, None, None, StoreFullError("no room"), StoreFullError("no room"))
    run_graph(store, graph("a b:a"), clock=clock, executor=executor)

    starts = [(at, uid) for at, what, uid in executor.log if what == "start"]
    assert starts == [(0.0, "a"), (3.0, "b")]
    assert kinds_of(store) == [("a", 1, "good"), ("b", 1, "good")]
    assert caplog.text.count("nothing more is started until there is room: no room") == 1


def test_A05_a_disk_that_stays_full_ends_the_run(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = MockClock()
    executor = FakeExecutor(clock, lambda _uid, _attempt: Behaviour(1.0))
    Flush(monkeypatch, None, None, *[StoreFullError("no room")] * 40)

    with pytest.raises(StoreFullError, match="no room"):
        run_graph(store, graph("a b:a"), clock=clock, executor=executor)

    assert 11.0 < clock.monotonic() < 14.0
    assert [uid for _, what, uid in executor.log if what == "start"] == ["a"]


def test_A06_a_failed_commit_stops_the_run(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    Flush(monkeypatch, None, StoreError("sync failed"))
    collected: list[object] = []

    with pytest.raises(StoreError, match="sync failed"):
        run_graph(store, graph("a b:a"), collect=lambda job: collected.append(job.uid))

    assert collected == ["a"]


def test_A06_what_the_store_does_not_take_stops_the_run(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("too large")

    monkeypatch.setattr(Writer, "ended", refuse)
    with pytest.raises(StoreError, match="too large"):
        run_graph(store, graph("a b:a"))


# -- mistakes ------------------------------------------------------------------------------


def test_ids_that_are_no_texts_are_refused_before_anything_starts(store: Store) -> None:
    dag = graph("a")
    dag.add_vertex(7)
    started: list[Job] = []
    with pytest.raises(JobError, match=r"job 7 cannot be recorded: its id is of type 'int'"):
        run_graph(store, dag, collect=started.append)

    assert started == []
    assert not store.path.exists()


def test_a_job_that_is_pushed_has_a_text_for_an_id_too(store: Store) -> None:
    def collect(job: Job) -> None:
        scheduler.push(Nothing(7, None, job.notify_end))

    scheduler = Scheduler(Scheduler.simple_provider(Nothing), collect, store=store)
    with pytest.raises(JobError, match="ids of jobs must be texts"):
        scheduler.run(graph("a"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"store": "state.db"}, r"store is 'state.db'; it must be a treadle.Store"),
        ({"resume": True}, "resume=True needs the store"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SchedulerError, match=message):
        Scheduler(Scheduler.simple_provider(Nothing), **options)


def test_A10_two_schedulers_do_not_write_one_store(store: Store) -> None:
    dag = graph("a")
    with store.write(), pytest.raises(StoreBusyError, match=rf"pid {os.getpid()} "):
        run_graph(store, dag)
    assert len(run_graph(store, dag)) == 1


def test_a_graph_with_a_mistake_makes_no_run(store: Store) -> None:
    dag = DAG()
    dag.add_vertex("a")
    dag.update_vertex("a", predecessors=["nobody"], enable_checks=False)
    with pytest.raises(DAGError):
        run_graph(store, dag)
    assert not store.path.exists()


# -- ends of runs --------------------------------------------------------------------------


def test_a_callback_that_raises_ends_the_record(store: Store) -> None:
    def collect(job: Job) -> None:
        if job.uid == "b":
            raise ValueError("not this one")

    with pytest.raises(ValueError, match="not this one"):
        run_graph(store, graph("a b:a c:b"), collect=collect)

    assert counts_of(store) == ({"good": 2, "left": 1}, 0, "raised", "ValueError: not this one")
    assert last_of(store).is_cut_short


def test_ctrl_c_is_recorded_with_what_it_stopped(store: Store) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_graph(store, graph("a b:a"), lambda *of: _Signals(signal.SIGINT, *of))

    assert counts_of(store) == ({"failed": 1, "left": 1}, signal.SIGINT, "", "")
    assert [(end.job, end.outcome) for end in ends_of(store)] == [("a", "interrupted")]


def test_sigterm_is_recorded(store: Store) -> None:
    with pytest.raises(Terminated):
        run_graph(store, graph("a b:a"), lambda *of: _Signals(signal.SIGTERM, *of))

    assert counts_of(store)[1] == signal.SIGTERM


class _Signals(UntilInterrupted):
    """Is there until it is told to end, which it asks for itself."""

    def __init__(self, signum: int, *of: Any) -> None:
        super().__init__(*of)
        self.signum = signum

    def run(self) -> None:
        os.kill(os.getpid(), self.signum)
        super().run()


def test_a_run_that_is_interrupted_from_the_program_is_cut_short(store: Store) -> None:
    def collect(job: Job) -> None:
        del job
        scheduler.interrupt()

    scheduler = Scheduler(Scheduler.simple_provider(Nothing), collect, store=store)
    with pytest.raises(RunInterrupted):
        scheduler.run(graph("a b:a"))
    assert counts_of(store)[2] == "interrupted"
    assert last_of(store).is_cut_short


def test_an_error_that_ended_the_run_is_not_hidden_by_one_of_the_store(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def collect(job: Job) -> None:
        monkeypatch.setattr(Writer, "finish", refuse)
        raise ValueError(job.uid)

    def refuse(*_: object) -> None:
        raise StoreError("gone")

    with pytest.raises(ValueError, match="a") as caught:
        run_graph(store, graph("a"), collect=collect)
    assert "treadle: the end of the run is not recorded: gone" in caught.value.__notes__


@pytest.mark.slow
def test_without_a_store_nothing_of_it_is_loaded() -> None:
    program = """
import sys
from treadle import DAG, FunctionJob, Scheduler
dag = DAG()
dag.add_vertex(1, int)
Scheduler(Scheduler.simple_provider(FunctionJob)).run(dag)
loaded = [n for n in sys.modules if n == "sqlite3" or n.startswith("treadle.store")]
assert not loaded, loaded
"""
    assert os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", program]) == 0
