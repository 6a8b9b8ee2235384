"""G01-G10: callbacks are hostile, and the interface is used wrongly; each in virtual time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest

from kinds import Nothing
from treadle.dag import DAG
from treadle.engine import Outcome
from treadle.errors import JobError, SchedulerError, StalledError
from treadle.job import Job
from treadle.job.scheduler import Scheduler
from treadle.status import ReturnValue
from treadle.testing import Behaviour, FakeExecutor, MockClock


class Boom(BaseException):
    """Nothing in treadle knows this one."""


class Scene:
    """Jobs `a` and `b` run for 10 s, `c` for 1 s; `d` needs `c`."""

    def __init__(self, job_class: type[Job] = Nothing, **options: Any) -> None:
        self.clock = MockClock()
        self.executor = FakeExecutor(
            self.clock, lambda uid, _: Behaviour(1.0 if uid == "c" else 10.0)
        )
        self.dag = DAG()
        for uid in "abc":
            self.dag.add_vertex(uid)
        self.dag.add_vertex("d", None, ["c"])
        self.collected: list[Any] = []
        self.finished: list[Any] = []
        self.job_class = job_class
        options.setdefault("tokens", 3)
        self.scheduler = Scheduler(
            self.provide, self.collect, clock=self.clock, executor=self.executor, **options
        )
        self.hooks: dict[str, Callable[[Job], Any]] = {}

    def call(self, hook: str, job: Job) -> Any:
        wanted = self.hooks.get(hook)
        return wanted(job) if wanted is not None else None

    def provide(self, uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
        job = self.job_class(uid, data, notify_end)
        job.on_start = lambda _: self.call("on_start", job)  # type: ignore[method-assign,assignment]  # watched
        job.on_finish = lambda _: self.finish(job)  # type: ignore[method-assign,assignment]  # watched
        self.call("provider", job)
        return job

    def collect(self, job: Job) -> Any:
        self.collected.append(job.uid)
        return self.call("collect", job)

    def finish(self, job: Job) -> None:
        self.finished.append(job.uid)
        self.call("on_finish", job)

    def run(self) -> None:
        self.scheduler.run(self.dag)

    def nothing_is_left(self) -> None:
        assert self.executor.running == []
        assert sorted(self.finished) == sorted(self.collected)
        assert len(set(self.collected)) == len(self.collected)
        self.hooks.clear()
        self.collected.clear()
        self.run()
        assert sorted(self.collected) == ["a", "b", "c", "d"]


def _raise(error: BaseException, uid: str) -> Callable[[Job], None]:
    def hook(job: Job) -> None:
        if job.uid == uid:
            raise error

    return hook


@pytest.mark.parametrize("hook", ["provider", "on_start", "collect", "on_finish"])
@pytest.mark.parametrize("uid", ["a", "c", "d"])
@pytest.mark.parametrize("kind", [ValueError, Boom, SystemExit, GeneratorExit])
def test_G01_G02_what_a_callback_raises_stops_all_and_comes_out_with_the_job_named(
    hook: str, uid: str, kind: type[BaseException]
) -> None:
    scene, error = Scene(), kind("planned")
    scene.hooks[hook] = _raise(error, uid)

    with pytest.raises(kind) as caught:
        scene.run()

    assert caught.value is error
    if kind is not SystemExit:
        (note,) = error.__notes__
        named = "the provider" if hook == "provider" else hook
        assert f"raised by {named} of job {uid!r}" in note
    scene.nothing_is_left()


@pytest.mark.parametrize("name", ["priority", "queue_name", "tokens", "timeout", "grace"])
def test_G01_an_attribute_that_raises_stops_the_run(name: str) -> None:
    def fails(_: Job) -> Any:
        raise ValueError("planned")

    def ignore(_: Job, __: Any) -> None:
        """The constructor sets some of them."""

    scene = Scene(type("Bad", (Nothing,), {name: property(fails, ignore)}))

    with pytest.raises(ValueError, match="planned") as caught:
        scene.run()

    assert "the requirements of job 'a'" in caught.value.__notes__[0]
    scene.job_class = Nothing
    scene.nothing_is_left()


def test_G03_run_that_raises_is_a_failure_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    class Fails(Nothing):
        def run(self) -> None:
            raise LookupError("planned")

    dag = DAG()
    dag.add_vertex("a")
    done: list[Job] = []
    Scheduler(Scheduler.simple_provider(Fails), done.append).run(dag)

    assert [job.status for job in done] == [ReturnValue.failure]
    assert isinstance(done[0].exception, LookupError)
    assert [record.getMessage() for record in caplog.records] == ["job a raised"]


def test_G04_a_job_that_never_says_it_ended_runs_to_its_timeout() -> None:
    clock = MockClock()
    executor = FakeExecutor(clock, lambda *_: Behaviour(notices=0), grace=5, kill_grace=5)
    dag = DAG()
    dag.add_vertex("a")
    outcomes: list[Outcome | None] = []
    # Watched by the executor it would be found at the next patrol: this one cannot see.
    executor.alive = lambda _: None  # type: ignore[method-assign,assignment]  # blind
    scheduler = Scheduler(
        Scheduler.simple_provider(Nothing),
        lambda job: outcomes.append(job.outcome),
        clock=clock,
        executor=executor,
        job_timeout=100,
    )
    scheduler.run(dag)

    assert outcomes == [Outcome.STUCK]
    assert scheduler.statistics().stuck == ("a",)
    assert 100 < clock.monotonic() <= 110


def test_G04_an_attempt_that_is_gone_without_a_word_is_lost(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = MockClock()
    executor = FakeExecutor(clock, lambda *_: Behaviour(notices=0))
    dag = DAG()
    dag.add_vertex("a")
    outcomes: list[Outcome | None] = []
    Scheduler(
        Scheduler.simple_provider(Nothing),
        lambda job: outcomes.append(job.outcome),
        clock=clock,
        executor=executor,
        job_timeout=None,
    ).run(dag)

    assert outcomes == [Outcome.LOST]
    assert "job a ended without saying so" in caplog.text


def test_G04_without_a_timeout_the_silent_job_is_named(caplog: pytest.LogCaptureFixture) -> None:
    clock = MockClock()
    executor = FakeExecutor(clock, lambda *_: Behaviour(100))
    executor.alive = lambda _: None  # type: ignore[method-assign,assignment]  # blind
    dag = DAG()
    dag.add_vertex("a")
    with caplog.at_level(logging.WARNING):
        Scheduler(
            Scheduler.simple_provider(Nothing), clock=clock, executor=executor, job_timeout=None
        ).run(dag)

    (warning,) = caplog.messages
    assert warning.startswith("job a has not called notify_end for 60 s")


def test_G05_every_stray_notification_is_ignored_and_counted() -> None:
    scene = Scene()
    kept: list[Any] = []

    def on_start(job: Job) -> None:
        kept.append(job.notify_end)
        job.notify_end("somebody else")

    def collect(job: Job) -> None:
        for notify in kept:
            notify(job.uid)  # its own ended just now, the others' is not theirs

    scene.hooks = {"on_start": on_start, "collect": collect}
    scene.run()

    assert scene.collected == ["c", "a", "b", "d"]
    strays = scene.scheduler.statistics().stray_notifications
    assert strays > 4
    kept[0]("a")
    assert scene.scheduler.statistics().stray_notifications == strays


def test_G05_an_end_announced_before_the_start_does_not_count() -> None:
    scene = Scene()
    scene.hooks["provider"] = lambda job: job.notify_end(job.uid)
    scene.run()

    assert scene.collected == ["c", "a", "b", "d"]
    assert scene.clock.monotonic() >= 10


def test_G06_run_inside_collect_refuses_its_own_scheduler_and_takes_another() -> None:
    scene, inner = Scene(), Scene()
    refused: list[str] = []

    def collect(job: Job) -> None:
        if job.uid == "c":
            with pytest.raises(SchedulerError) as caught:
                scene.run()
            refused.append(str(caught.value))
            inner.run()

    scene.hooks["collect"] = collect
    scene.run()

    assert refused == ["run() is under way on this scheduler; use another one"]
    assert inner.collected == scene.collected == ["c", "a", "b", "d"]


def test_G06_schedulers_in_several_threads_do_not_touch_each_other() -> None:
    scenes = [Scene() for _ in range(4)]
    threads = [threading.Thread(target=scene.run) for scene in scenes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [scene.collected for scene in scenes] == [["c", "a", "b", "d"]] * 4


def test_G06_a_job_that_is_active_cannot_be_pushed_again() -> None:
    scene = Scene()
    scene.hooks["on_start"] = lambda job: scene.scheduler.push(job) if job.uid == "b" else None

    with pytest.raises(JobError, match="job 'b' is active already; return True from collect"):
        scene.run()

    scene.nothing_is_left()


def test_G07_what_a_job_changes_while_it_runs_does_not_count() -> None:
    scene = Scene()

    def on_start(job: Job) -> None:
        job.tokens, job.queue_name = 99, "elsewhere"

    scene.hooks["on_start"] = on_start
    scene.run()

    assert scene.scheduler.tokens == {"default": 3}
    assert sorted(scene.scheduler.slots) == [0, 1, 2]


def test_G08_a_collect_that_always_requeues_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene(max_attempts=3, requeue_delay=2.0)
    attempts: list[tuple[Any, int, float]] = []

    def collect(job: Job) -> bool:
        attempts.append((job.uid, job.attempt, scene.clock.monotonic()))
        return True

    scene.hooks["collect"] = collect
    scene.run()

    assert [entry for entry in attempts if entry[0] == "c"] == [
        ("c", 1, 1.0),
        ("c", 2, 4.0),
        ("c", 3, 7.0),
    ]
    assert "job c is not run again after 3 attempts" in caplog.text


@pytest.mark.parametrize("how", ["success", "failure", "interrupt", "refusal"])
def test_G09_a_scheduler_can_be_used_again_after_anything(how: str) -> None:
    scene = Scene()
    if how == "failure":
        scene.hooks["collect"] = _raise(ValueError("planned"), "a")
    elif how == "interrupt":
        scene.clock.call_at(0.5, scene.scheduler.interrupt)
    elif how == "refusal":
        scene.hooks["provider"] = lambda job: setattr(job, "tokens", 50)
    try:
        scene.run()
    except (ValueError, SchedulerError):
        assert how != "success"
    scene.finished.clear()
    scene.hooks.clear()
    scene.collected.clear()
    scene.run()

    assert scene.collected == ["c", "a", "b", "d"]
    assert scene.scheduler.stop_time is not None


def test_G10_a_callback_that_blocks_delays_deadlines_by_that_and_no_more() -> None:
    scene = Scene(job_timeout=5)
    scene.executor.grace = 0.0

    def collect(job: Job) -> None:
        if job.uid == "c":
            scene.clock.advance(60)

    scene.hooks["collect"] = collect
    scene.run()

    interrupts = [(uid, at) for at, what, uid in scene.executor.log if what == "interrupt"]
    # `a` and `b` had ended by themselves in the meantime, and that counts; `d` began at 61.
    assert interrupts == [("d", 66.0)]
    assert scene.collected == ["c", "a", "b", "d"]


def test_jobs_that_can_never_run_stall_the_run_with_an_error() -> None:
    """A stuck job holds the tokens that the next one needs."""
    clock = MockClock()
    executor = FakeExecutor(
        clock, lambda *_: Behaviour(1e9, interruptible=float("inf"), killable=False)
    )
    dag = DAG()
    dag.add_vertex("a")
    dag.add_vertex("b")
    scheduler = Scheduler(
        Scheduler.simple_provider(Nothing), clock=clock, executor=executor, job_timeout=10
    )

    with pytest.raises(StalledError, match=r"1 jobs wait for tokens.*stuck jobs: 'a'"):
        scheduler.run(dag)


def test_G04_an_interrupted_job_that_nobody_can_see_is_lost_after_a_minute() -> None:
    class Silent(Nothing):
        def start(self, slot: int) -> None:
            self.slot = slot

    clock = MockClock()
    dag = DAG()
    dag.add_vertex("a")
    outcomes: list[Outcome | None] = []
    Scheduler(
        Scheduler.simple_provider(Silent),
        lambda job: outcomes.append(job.outcome),
        clock=clock,
        job_timeout=100,
    ).run(dag)

    assert outcomes == [Outcome.TIMED_OUT]
    assert 160 <= clock.monotonic() <= 180


def test_a_subclass_that_says_it_is_finished_ends_what_runs() -> None:
    """The seed's only way to end a run early; there, the jobs were left running."""

    class Impatient(Scheduler):
        @property
        def is_finished(self) -> bool:
            return super().is_finished or bool(scene.collected)

    scene = Scene()
    scheduler = Impatient(
        scene.provide, scene.collect, tokens=3, clock=scene.clock, executor=scene.executor
    )
    scheduler.run(scene.dag)

    assert scene.executor.running == []
    assert scene.collected == scene.finished == ["c", "a", "b"]
    assert scheduler.active_jobs == []
