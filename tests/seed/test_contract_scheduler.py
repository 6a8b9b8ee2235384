from __future__ import annotations

import inspect
import logging
from typing import TYPE_CHECKING, Any

import pytest

from kinds import Nothing
from treadle.dag import DAG, DAGIterator
from treadle.job import EmptyJob, Job, ReturnValue
from treadle.job import scheduler as module
from treadle.job.scheduler import Scheduler

if TYPE_CHECKING:
    from collections.abc import Callable

    from treadle.job.scheduler import JobProviderCallback


simple = Scheduler.simple_provider(Nothing)


def test_the_module_has_the_names_of_the_specification() -> None:
    assert module.logger.name == "treadle.job.scheduler"
    assert module.DEFAULT_JOB_MAX_DURATION == 86_400
    assert callable(module.JobProviderCallback)
    assert callable(module.CollectCallback)


def test_parameters_have_the_seeds_names_order_and_defaults() -> None:
    parameters = list(inspect.signature(Scheduler).parameters.values())
    first_five = [(p.name, p.default) for p in parameters[:5]]

    assert first_five == [
        ("job_provider", inspect.Parameter.empty),
        ("collect", None),
        ("queues", None),
        ("tokens", 1),
        ("job_timeout", 86_400),
    ]
    assert {p.kind for p in parameters[5:]} == {inspect.Parameter.KEYWORD_ONLY}


def test_before_a_run_there_is_nothing_but_free_tokens() -> None:
    scheduler = Scheduler(job_provider=simple, collect=None, queues={}, tokens=3, job_timeout=5)

    expected: dict[str, Any] = {
        "job_provider": simple,
        "collect": None,
        "job_timeout": 5,
        "active_jobs": [],
        "queued_jobs": 0,
        "all_jobs_queued": False,
        "is_finished": False,
        "dag": None,
        "dag_iterator": None,
        "start_time": None,
        "stop_time": None,
        "max_active_jobs": 0,
        "queues": {"default": []},
        "tokens": {"default": 3},
        "n_tokens": 3,
        "slots": [0, 1, 2],
        "global_queue_index": 1,
    }
    assert {name: getattr(scheduler, name) for name in expected} == expected


def test_after_a_run_everything_is_given_back() -> None:
    dag = DAG()
    dag.add_vertex("a")
    scheduler = Scheduler(simple, tokens=2)
    scheduler.run(dag)

    assert scheduler.dag is dag
    assert scheduler.start_time is not None
    assert scheduler.stop_time is not None
    assert scheduler.start_time <= scheduler.stop_time
    assert (scheduler.active_jobs, scheduler.queued_jobs) == ([], 0)
    assert (scheduler.all_jobs_queued, scheduler.is_finished) == (True, True)
    assert (scheduler.max_active_jobs, scheduler.tokens) == (1, {"default": 2})
    assert sorted(scheduler.slots) == [0, 1]
    assert scheduler.message_queue is not None
    assert scheduler.message_queue.empty()
    assert isinstance(scheduler.dag_iterator, DAGIterator)
    assert scheduler.dag_iterator.states == {"a": DAGIterator.VISITED}


def test_the_provider_is_called_by_position_with_a_frozenset(dag: Callable[[str], DAG]) -> None:
    calls: list[tuple[Any, ...]] = []

    def provider(*arguments: Any) -> Job:
        calls.append(arguments[:3])
        return Nothing(arguments[0], arguments[1], arguments[3])

    Scheduler(provider).run(dag("a b c:a,b"))

    assert calls == [
        ("a", "A", frozenset()),
        ("b", "B", frozenset()),
        ("c", "C", frozenset({"a", "b"})),
    ]


def test_without_collect_nothing_runs_again(dag: Callable[[str], DAG]) -> None:
    jobs: list[Job] = []

    def provider(uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
        jobs.append(Nothing(uid, data, notify_end))
        return jobs[-1]

    Scheduler(provider).run(dag("a"))

    assert [job.attempt for job in jobs] == [1]


@pytest.mark.parametrize(
    ("answer", "attempts"),
    [(None, 1), (0, 1), ("", 1), ([], 1), (False, 1), (1, 3), ("yes", 3), (True, 3)],
)
def test_what_collect_returns_is_taken_as_a_truth_value(
    answer: object, attempts: int, run: Callable[..., Scheduler], collected: list[str]
) -> None:
    run("a", Nothing, lambda job: answer if len(collected) < 3 else False)

    assert collected == ["a"] * attempts


def test_an_empty_graph_takes_one_turn(dag: Callable[[str], DAG]) -> None:
    turns: list[str] = []

    class Turns(Scheduler):
        def log_state(self) -> None:
            turns.append("turn")

    scheduler = Turns(simple)
    scheduler.run(dag(""))

    assert turns == ["turn"]
    assert scheduler.is_finished
    assert scheduler.stop_time is not None


def test_a_scheduler_runs_again_with_the_same_graph(
    run: Callable[..., Scheduler], collected: list[str], dag: Callable[[str], DAG]
) -> None:
    scheduler = run("a b:a", Nothing)
    assert scheduler.dag is not None
    scheduler.run(scheduler.dag)
    scheduler.run(dag("c"))

    assert collected == ["a", "b", "a", "b", "c"]


def test_every_stage_is_called_through_the_instance(dag: Callable[[str], DAG]) -> None:
    called: list[str] = []
    scheduler = Scheduler(simple, lambda job: None)
    stages = [
        "init_state",
        "enqueue",
        "launch",
        "log_state",
        "wait",
        "push",
        "safe_collect",
        "safe_job_provider",
    ]

    def replace(name: str) -> None:
        original = getattr(scheduler, name)

        def stage(*arguments: Any) -> Any:
            called.append(name)
            return original(*arguments)

        setattr(scheduler, name, stage)

    for name in stages:
        replace(name)
    scheduler.run(dag("a"))

    assert called == [
        "init_state",
        "enqueue",
        "safe_job_provider",
        "push",
        "launch",
        "log_state",
        "wait",
        "safe_collect",
    ]


def test_the_state_is_logged_at_debug_level(
    dag: Callable[[str], DAG], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "treadle.job.scheduler"):
        Scheduler(simple).run(dag("a"))

    assert "queued: 0, active: [a], free: {'default': 0}" in caplog.messages


def test_collect_may_push_a_job_that_is_not_in_the_graph(
    run: Callable[..., Scheduler], jobs: dict[str, Any], collected: list[str]
) -> None:
    def collect(job: Job) -> bool:
        scheduler: Scheduler = jobs["scheduler"]
        if job.uid == "a":
            assert scheduler.message_queue is not None
            scheduler.push(Nothing("extra", None, scheduler.message_queue.put))
        return job.uid == "extra" and collected.count("extra") == 1

    scheduler = run("a b:a", Nothing, collect)

    assert sorted(collected) == ["a", "b", "extra", "extra"]
    assert scheduler.is_finished


def test_a_graph_may_have_any_ids(dag: Callable[[str], DAG]) -> None:
    ran: list[object] = []
    graph = DAG()
    for uid in (1, (2, 3), frozenset({4})):
        graph.add_vertex(uid)

    Scheduler(simple, lambda job: ran.append(job.uid)).run(graph)

    assert ran == [1, (2, 3), frozenset({4})]


def test_a_job_that_is_interrupted_before_its_start_is_collected_and_does_not_run(
    run: Callable[..., Scheduler], jobs: dict[str, Any], collected: list[str]
) -> None:
    class Interrupts(Scheduler):
        def push(self, job: Job) -> None:
            job.interrupt()
            super().push(job)

    class Fails(Job):
        def run(self) -> None:
            raise AssertionError

    run("a", Fails, scheduler_class=Interrupts)

    assert collected == ["a"]
    assert jobs["a"].interrupted
    assert jobs["a"].exception is None
    # The seed says success; what did not run did not succeed.
    assert jobs["a"].status is ReturnValue.failure


def test_a_skipped_job_may_have_any_status(dag: Callable[[str], DAG]) -> None:
    statuses: list[ReturnValue] = []

    def provider(uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
        return EmptyJob(uid, data, notify_end, ReturnValue[data.lower()])

    Scheduler(provider, lambda job: statuses.append(job.status)).run(dag("skip failure"))

    assert statuses == [ReturnValue.skip, ReturnValue.failure]


def test_simple_provider_may_be_asked_of_a_subclass() -> None:
    class Mine(Scheduler):
        pass

    provider: JobProviderCallback = Mine.simple_provider(Nothing)

    assert type(provider("a", 1, frozenset(), print)) is Nothing
