"""What every executor promises, asked of every executor; the fake is held to it too."""

from __future__ import annotations

from typing import Any

import pytest

from treadle.dag import DAG
from treadle.engine import Outcome
from treadle.job import Job
from treadle.job.scheduler import Scheduler
from treadle.status import ReturnValue
from worlds import WORLDS, World


@pytest.fixture(params=WORLDS, ids=lambda world: world.__name__)
def world(request: pytest.FixtureRequest) -> World:
    made: World = request.param()
    return made


class Watch:
    """Runs a graph in a world and remembers how each attempt was collected."""

    def __init__(self, world: World, **options: Any) -> None:
        self.world = world
        self.attempts: list[tuple[Any, int, Outcome | None, ReturnValue]] = []
        self.alive_at_collect: list[Any] = []
        self.jobs: dict[Any, Job] = {}
        self.again = 0
        self.scheduler: Scheduler = world.scheduler(self.collect, **options)

    def collect(self, job: Job) -> bool:
        if self.world.alive(job):
            self.alive_at_collect.append(job.uid)
        self.jobs[job.uid] = job
        self.attempts.append((job.uid, job.attempt, job.outcome, job.status))
        return job.attempt <= self.again

    def run(self, **vertices: str) -> Watch:
        dag = DAG()
        for uid, data in vertices.items():
            dag.add_vertex(uid, data)
        self.scheduler.run(dag)
        return self


def test_a_job_that_succeeds_is_collected_once_after_its_end(world: World) -> None:
    watch = Watch(world).run(a="quick")

    assert watch.attempts == [("a", 1, Outcome.EXITED, ReturnValue.success)]
    assert watch.alive_at_collect == []


def test_a_job_that_fails_is_a_failure(world: World) -> None:
    watch = Watch(world).run(a="fails")

    assert watch.attempts == [("a", 1, Outcome.EXITED, ReturnValue.failure)]


def test_a_timeout_stops_the_job_and_says_so(world: World) -> None:
    watch = Watch(world, job_timeout=world.timeout).run(a="hangs")

    (uid, number, outcome, _), *more = watch.attempts
    assert (uid, number, outcome, more) == ("a", 1, Outcome.TIMED_OUT, [])
    assert watch.jobs["a"].interrupted
    assert watch.alive_at_collect == []


def test_the_timeout_of_a_job_goes_before_that_of_the_run(world: World) -> None:
    make = world.job

    def impatient(uid: Any, data: Any, notify_end: Any) -> Job:
        job = make(uid, data, notify_end)
        job.timeout = world.timeout
        return job

    world.job = impatient  # type: ignore[method-assign]  # one job of this kind more
    watch = Watch(world, job_timeout=None).run(a="hangs")

    assert [attempt[2] for attempt in watch.attempts] == [Outcome.TIMED_OUT]


def test_a_requeue_is_a_new_attempt_with_nothing_carried_over(world: World) -> None:
    watch = Watch(world, job_timeout=world.timeout)
    watch.again = 2
    watch.run(a="hangs")

    assert [attempt[:3] for attempt in watch.attempts] == [
        ("a", number, Outcome.TIMED_OUT) for number in (1, 2, 3)
    ]


def test_an_interrupt_stops_all_together(world: World) -> None:
    """Both hang; when the quick one is collected, the run is interrupted."""
    watch = Watch(world, tokens=3)

    def collect(job: Job) -> bool:
        if job.uid == "c":
            raise KeyboardInterrupt
        return watch.collect(job)

    watch.scheduler.collect = collect
    with pytest.raises(KeyboardInterrupt):
        watch.run(a="hangs", b="hangs", c="quick")

    assert sorted(attempt[:3] for attempt in watch.attempts) == [
        (uid, 1, Outcome.INTERRUPTED) for uid in "ab"
    ]
    assert watch.alive_at_collect == []
    assert not any(world.alive(job) for job in watch.jobs.values())


def test_an_attempt_whose_on_start_raises_never_runs(world: World) -> None:
    watch = Watch(world, tokens=2)
    make = world.job

    def unlucky(uid: Any, data: Any, notify_end: Any) -> Job:
        job = make(uid, data, notify_end)
        if uid == "b":

            def on_start(_: Scheduler) -> None:
                raise LookupError("no port is free")

            job.on_start = on_start  # type: ignore[method-assign,assignment]  # of this one only
        return job

    world.job = unlucky  # type: ignore[method-assign]  # see above
    watch.scheduler.job_provider = Scheduler.simple_provider(unlucky)
    with pytest.raises(LookupError, match="no port"):
        watch.run(a="hangs", b="hangs")

    assert sorted(attempt[0] for attempt in watch.attempts) == ["a", "b"]
    assert watch.jobs["b"].timing_info.start_time is None
    assert not any(world.alive(job) for job in watch.jobs.values())


def test_many_jobs_share_the_slots(world: World) -> None:
    slots = []

    class Noting(Watch):
        def collect(self, job: Job) -> bool:
            slots.append(job.slot)
            return super().collect(job)

    watch = Noting(world, tokens=3).run(**{f"j{n}": "quick" for n in range(20)})

    assert set(slots) <= {0, 1, 2}
    assert len(watch.attempts) == 20
    assert watch.scheduler.max_active_jobs <= 3
    assert sorted(watch.scheduler.slots) == [0, 1, 2]
