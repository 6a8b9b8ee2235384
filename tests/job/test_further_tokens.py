"""Jobs that take tokens of several queues, through the whole scheduler in virtual time."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinds import Nothing
from treadle.dag import DAG
from treadle.errors import JobError, StalledError
from treadle.job.scheduler import Scheduler
from treadle.testing import Behaviour, FakeExecutor, MockClock
from treadle.testing.dags import dags

QUEUES = {"cpu": 3, "gpu": 2, "net": 1}
Wishes = dict[str, int]


class Wishing(Nothing):
    """Takes what its data says; the first queue named is its own."""

    def __init__(self, uid: Any, data: Wishes, notify_end: Any) -> None:
        super().__init__(uid, data, notify_end)
        (self.queue_name, self.tokens), *further = data.items()
        self.further_tokens = dict(further)


class Watched(Scheduler):
    """Notes what is held whenever it waits, and in which order the jobs started."""

    def __init__(self, dag: DAG, queues: dict[str, int], **options: Any) -> None:
        self.clock = MockClock()
        self.fake = FakeExecutor(self.clock, lambda uid, _: Behaviour(1.0 + hash(uid) % 3))
        provider = Scheduler.simple_provider(Wishing)
        super().__init__(provider, queues=queues, clock=self.clock, executor=self.fake, **options)
        self.seen: list[tuple[dict[str, float], dict[str, float]]] = []
        self.run(dag)

    def wait(self) -> None:
        held = dict.fromkeys(self._tokens, 0.0)
        for job in self.active_jobs:
            for name, tokens in job.data.items():
                held[name] += tokens
        self.seen.append((held, self.tokens))
        super().wait()


@st.composite
def wishes(draw: st.DrawFn) -> Wishes:
    names = draw(st.lists(st.sampled_from(sorted(QUEUES)), min_size=1, unique=True))
    return {name: draw(st.integers(0, QUEUES[name])) for name in names}


@st.composite
def wishing_dags(draw: st.DrawFn) -> DAG:
    dag = draw(dags())
    for uid in dag.vertex_data:
        dag.update_vertex(uid, draw(wishes()))
    return dag


@given(wishing_dags())
def test_all_jobs_end_and_no_queue_is_ever_over_its_tokens(dag: DAG) -> None:
    scheduler = Watched(dag, QUEUES)

    assert {uid for _, what, uid in scheduler.fake.log if what == "start"} == set(dag.vertex_data)
    assert scheduler.tokens == QUEUES
    for held, free in scheduler.seen:
        assert {name: held[name] + free[name] for name in QUEUES} == QUEUES
        assert min(free.values()) >= 0


@given(wishing_dags())
def test_the_same_wishes_are_met_in_the_same_order(dag: DAG) -> None:
    assert Watched(dag, QUEUES).fake.log == Watched(dag, QUEUES).fake.log


def _dag(**wishes: Wishes) -> DAG:
    dag = DAG()
    for uid, wish in wishes.items():
        dag.add_vertex(uid, wish)
    return dag


def test_a_job_with_two_queues_keeps_others_out_of_both() -> None:
    dag = _dag(both={"cpu": 1, "net": 1}, cpu={"cpu": 3}, net={"net": 1}, gpu={"gpu": 1})

    log = Watched(dag, QUEUES).fake.log

    assert [(at, uid) for at, what, uid in log if what == "start" and at == 0.0] == [
        (0.0, "both"),
        (0.0, "gpu"),
    ]


def test_a_waiting_job_is_seen_in_each_of_its_queues() -> None:
    seen: list[dict[str, list[Any]]] = []

    class Curious(Watched):
        def wait(self) -> None:
            seen.append({name: [job.uid for *_, job in line] for name, line in self.queues.items()})
            assert self.queued_jobs == 2
            self.interrupt()
            super().wait()

    with pytest.raises(Exception, match="interrupted"):
        Curious(_dag(a={"net": 1}, b={"net": 1, "cpu": 1}, c={"cpu": 1}), QUEUES)

    assert seen == [{"cpu": ["b", "c"], "gpu": [], "net": ["b"]}]


def test_while_on_start_runs_no_tokens_are_taken_as_far_as_anybody_can_see() -> None:
    seen = []

    class Looking(Wishing):
        def on_start(self, scheduler: Scheduler) -> None:
            seen.append(scheduler.tokens)

    dag, clock = _dag(a={"cpu": 2, "net": 1}), MockClock()
    provider = Scheduler.simple_provider(Looking)
    Scheduler(provider, queues=QUEUES, clock=clock, executor=FakeExecutor(clock)).run(dag)

    assert seen == [QUEUES]


def test_stuck_jobs_that_hold_a_further_queue_stall_the_run() -> None:
    def plan(uid: Any, _: int) -> Behaviour:
        return Behaviour(1e9, interruptible=1e9, killable=False) if uid == "a" else Behaviour()

    dag, clock = _dag(a={"cpu": 1, "net": 1}, b={"net": 1}), MockClock()
    provider = Scheduler.simple_provider(Wishing)
    scheduler = Scheduler(
        provider, queues=QUEUES, job_timeout=5, clock=clock, executor=FakeExecutor(clock, plan)
    )

    with pytest.raises(StalledError, match="held by stuck jobs: 'a'"):
        scheduler.run(dag)


@pytest.mark.parametrize(
    ("further", "message"),
    [
        ({"net": 2}, r"asks for 2 tokens of queue 'net', which has 1; ask for fewer or give"),
        ({"nat": 1}, r"wants queue 'nat', which does not exist; there are: 'cpu', 'gpu', 'net'"),
        ({"cpu": 1}, r"names queue 'cpu' twice; name it once, with all its tokens"),
        ({"net": -1}, r"has further_tokens\['net'\] -1; the least is 0"),
        ({"net": "1"}, r"has further_tokens\['net'\] '1', which is not a number"),
        ({"net": []}, r"has further_tokens\['net'\] \[\], which is not a number"),
        ({"net": float("nan")}, r"has further_tokens\['net'\] nan: NaN cannot be compared"),
        (["net"], r"has further_tokens \['net'\]; it must be a mapping from the names"),
    ],
)
def test_wishes_that_can_never_be_met_are_refused(further: Any, message: str) -> None:
    class Greedy(Nothing):
        def __init__(self, uid: Any, data: Any, notify_end: Any) -> None:
            super().__init__(uid, data, notify_end)
            self.queue_name, self.further_tokens = "cpu", further

    dag = DAG()
    dag.add_vertex("a")

    with pytest.raises(JobError, match=f"job 'a' {message}"):
        Scheduler(Scheduler.simple_provider(Greedy), queues=QUEUES).run(dag)


def test_jobs_without_wishes_share_one_mapping_that_cannot_be_changed() -> None:
    job = Nothing("a", None, None)  # type: ignore[arg-type]  # never started

    with pytest.raises(TypeError):
        job.further_tokens["net"] = 1  # type: ignore[index]  # that is the point
