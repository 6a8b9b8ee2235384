from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from treadle.job import EmptyJob, Job, ProcessJob, ReturnValue
from treadle.job.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from treadle.dag import DAG

R = ReturnValue


class Ends(Job):
    """Ends with the statuses that the walk has for it, one for each attempt."""

    statuses: tuple[ReturnValue, ...] = (R.success,)

    def run(self) -> None:
        pass

    @property
    def status(self) -> ReturnValue:
        return self.statuses[min(max(self.attempt, 1), len(self.statuses)) - 1]


class Recorded(Walk):
    """A walk whose fingerprints and statuses are those given; notes what is asked of it."""

    def __init__(
        self,
        actions: DAG,
        previous: dict[str, str] | None = None,
        statuses: dict[str, tuple[ReturnValue, ...]] | None = None,
        **fingerprints: str | None,
    ) -> None:
        self.calls: list[str] = []
        self.ran: list[str] = []
        self.previous = previous or {}
        self.statuses = statuses or {}
        self.fingerprints = fingerprints
        super().__init__(actions)

    def compute_fingerprint(self, uid: Any, data: Any, is_prediction: bool = False) -> Any:
        self.calls.append(f"compute {uid} {data} {is_prediction}")
        return self.fingerprints.get(uid, f"new {uid}")

    def save_fingerprint(self, uid: Any, fingerprint: Any) -> None:
        self.calls.append(f"save {uid} {fingerprint}")

    def load_previous_fingerprint(self, uid: Any) -> Any:
        self.calls.append(f"load {uid}")
        return self.previous.get(uid)

    def create_job(self, uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
        self.ran.append(uid)
        job = Ends(uid, data, notify_end)
        job.statuses = self.statuses.get(uid, (R.success,))
        return job

    def request_requeue(self, job: Job) -> bool:
        self.calls.append(f"requeue {job.uid}")
        return True


def test_making_a_walk_runs_the_graph(dag: Callable[[str], DAG]) -> None:
    actions = dag("a b:a c:b")
    walk = Recorded(actions)

    assert walk.actions is actions
    assert walk.ran == ["a", "b", "c"]
    assert walk.job_status == {"a": R.success, "b": R.success, "c": R.success}
    assert walk.failure_source == {}
    assert walk.scheduler.is_finished


def test_a_walk_is_no_abstract_class(dag: Callable[[str], DAG]) -> None:
    # Clients define create_job only, or nothing for an empty graph.
    class Only(Walk):
        def create_job(self, uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
            return EmptyJob(uid, data, notify_end, R.success)

    assert type(Walk) is type
    assert Only(dag("a b:a")).job_status == {"a": R.success, "b": R.success}
    assert Walk(dag("")).job_status == {}


def test_fingerprints_are_loaded_forgotten_predicted_and_after_a_success_saved(
    dag: Callable[[str], DAG],
) -> None:
    walk = Recorded(dag("a"), previous={"a": "old a"})

    assert walk.calls == [
        "load a",
        "save a None",
        "compute a A True",
        "compute a A False",
        "save a new a",
    ]
    assert walk.prev_fingerprints == {"a": "old a"}
    assert walk.new_fingerprints == {"a": "new a"}


def test_an_action_whose_fingerprint_is_the_same_is_skipped(dag: Callable[[str], DAG]) -> None:
    walk = Recorded(dag("a b:a"), previous={"a": "new a", "b": "old b"})

    assert walk.ran == ["b"]
    assert walk.job_status == {"a": R.skip, "b": R.success}
    assert "save a new a" in walk.calls


@pytest.mark.parametrize(
    ("previous", "a", "b", "ran"),
    [
        ({}, "1", "1", ["a", "b"]),
        ({"a": "1", "b": "1"}, "1", "1", []),
        ({"a": "1", "b": "1"}, "1", "2", ["b"]),
        ({"a": "1", "b": "1"}, "1", None, ["b"]),
        ({"a": "1", "b": "1"}, None, "1", ["a", "b"]),
    ],
)
def test_an_action_runs_if_a_fingerprint_is_missing_or_differs(
    previous: dict[str, str],
    a: str | None,
    b: str | None,
    ran: list[str],
    dag: Callable[[str], DAG],
) -> None:
    assert Recorded(dag("a b:a"), previous=previous, a=a, b=b).ran == ran


def test_what_needs_a_failed_action_is_not_run_and_says_who_failed_first(
    dag: Callable[[str], DAG],
) -> None:
    reasons: dict[str, str] = {}

    class Reasons(Recorded):
        def create_skipped_job(
            self,
            uid: Any,
            data: Any,
            predecessors: Any,
            reason: str,
            notify_end: Any,
            status: ReturnValue = R.failure,
        ) -> Job:
            reasons[uid] = reason
            return super().create_skipped_job(uid, data, predecessors, reason, notify_end, status)

    walk = Reasons(dag("a b c:a d:c,b e:b"), statuses={"a": (R.failure,)})

    assert walk.ran == ["a", "b", "e"]
    assert walk.job_status == {
        "a": R.failure,
        "b": R.success,
        "c": R.force_fail,
        "d": R.force_fail,
        "e": R.success,
    }
    assert walk.failure_source == {"c": {"a"}, "d": {"a"}}
    assert set(reasons) == {"c", "d"}
    assert "a" in reasons["c"]
    assert "c" in reasons["d"]
    assert "a" in reasons["d"]
    assert "save a new a" not in walk.calls


@pytest.mark.parametrize("status", [R.success, R.skip, R.unchanged])
def test_dependents_of_what_is_as_good_as_done_run(
    status: ReturnValue, dag: Callable[[str], DAG]
) -> None:
    walk = Recorded(dag("a b:a"), statuses={"a": (status,)})

    assert walk.ran == ["a", "b"]
    assert walk.job_status == {"a": status, "b": R.success}


@pytest.mark.parametrize("status", [R.failure, R.notready, R.force_fail, R.unknown])
def test_dependents_of_anything_else_do_not_run(
    status: ReturnValue, dag: Callable[[str], DAG]
) -> None:
    class Once(Recorded):
        def request_requeue(self, job: Job) -> bool:
            return False

    walk = Once(dag("a b:a"), statuses={"a": (status,)})

    assert walk.job_status == {"a": status, "b": R.force_fail}


def test_only_what_is_notready_may_run_again_and_only_if_request_requeue_says_so(
    dag: Callable[[str], DAG],
) -> None:
    statuses = {"a": (R.notready, R.notready, R.success), "b": (R.failure, R.success)}
    walk = Recorded(dag("a b"), statuses=statuses)

    assert [call for call in walk.calls if call.startswith("requeue")] == ["requeue a"] * 2
    assert walk.ran == ["a", "b"]
    assert walk.job_status == {"a": R.success, "b": R.failure}


def test_the_statuses_are_in_the_order_in_which_the_jobs_were_collected(
    dag: Callable[[str], DAG],
) -> None:
    class Backwards(Recorded):
        def create_job(self, uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
            class Ranked(Ends):
                priority = {"a": 1, "b": 2, "c": 3}.get(uid, 0)

            return Ranked(uid, data, notify_end)

    walk = Backwards(dag("a b c last:a,b,c"))

    # Three clients read list(job_status.values())[-2].
    assert list(walk.job_status) == ["c", "b", "a", "last"]


def test_an_action_that_ran_again_keeps_the_place_of_its_first_end(
    dag: Callable[[str], DAG],
) -> None:
    walk = Recorded(dag("a b"), statuses={"a": (R.notready, R.success)})

    assert list(walk.job_status.items()) == [("a", R.success), ("b", R.success)]


def test_scheduling_parameters_are_set_before_the_scheduler_is_made(
    dag: Callable[[str], DAG],
) -> None:
    class Tuned(Recorded):
        def set_scheduling_params(self) -> None:
            assert (self.queues, self.tokens, self.job_timeout) == ({}, 1, 86_400)
            assert not hasattr(self, "scheduler")
            self.queues = {"default": 1, "other": 2}
            self.tokens = 5
            self.job_timeout = 60

    walk = Tuned(dag("a"))

    assert walk.scheduler.tokens == {"default": 1, "other": 2}
    assert walk.scheduler.job_timeout == 60


def test_statuses_of_processes_are_the_walks(dag: Callable[[str], DAG]) -> None:
    class Fails(ProcessJob):
        cmdline: ClassVar[list[str]] = ["false"]

    class Processes(Walk):
        def create_job(self, uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
            return Fails(uid, data, notify_end)

    assert Processes(dag("a b:a")).job_status == {"a": R.failure, "b": R.force_fail}


def test_what_ran_is_logged_with_its_queue_status_and_data(
    dag: Callable[[str], DAG], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "treadle.job.walk"):
        Recorded(dag("a b c:b"), previous={"a": "new a"}, statuses={"b": (R.failure,)})

    assert caplog.messages == ["[default    failure      0s] B"]
