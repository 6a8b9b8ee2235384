"""Functions in threads without hand-offs: what holds for them as for every other job."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from treadle.report import Fact, JobEnded, JobRetried, JobSkipped, JobStarted, RunEnded, RunStarted
from treadle.runner.desk import Desk
from treadle.runner.failure import StuckError
from treadle.runner.workflow import Workflow

DAY = 86_400.0


class Facts:
    def __init__(self) -> None:
        self.seen: list[Fact] = []

    def take(self, fact: Fact) -> None:
        self.seen.append(fact)

    def of(self, kind: type) -> list[Any]:
        return [fact for fact in self.seen if isinstance(fact, kind)]


def nothing() -> None:
    pass


def fails() -> None:
    raise ValueError("as it should")


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Opens at the end of the test, so that no thread waits for ever."""
    event = threading.Event()
    yield event
    event.set()


def chain(workflow: Workflow, *functions: Callable[..., Any], **words: Any) -> None:
    before: list[str] = []
    for function in functions:
        workflow.job(needs=before, **words)(function)
        before = [function.__name__]


def test_every_job_runs_once_and_after_all_that_it_needs() -> None:
    workflow = Workflow()
    order: list[int] = []
    for i in range(300):
        needs = [f"j{i - step}" for step in (1, 7, 10) if i % 10 and i >= step]
        workflow.job(name=f"j{i}", needs=needs)(lambda i=i: order.append(i))
    result = workflow.run(tokens=4)

    assert result.success
    assert sorted(order) == list(range(300))
    place = {i: at for at, i in enumerate(order)}
    assert all(place[i] > place[i - 1] for i in range(300) if i % 10)


def test_no_more_jobs_run_at_a_time_than_there_are_tokens_and_that_many_do() -> None:
    workflow = Workflow(queues={"net": 2})
    lock, together = threading.Lock(), threading.Barrier(2, timeout=30)
    active, most = [0], [0]

    def work() -> None:
        with lock:
            active[0] += 1
            most[0] = max(most[0], active[0])
        together.wait()
        with lock:
            active[0] -= 1

    for i in range(10):
        workflow.job(name=f"j{i}", queue="net")(work)
    assert workflow.run(tokens=8).success
    assert most == [2]


def test_one_token_of_many_jobs_is_one_thread_and_a_chain_stays_on_its_thread() -> None:
    workflow = Workflow()
    threads = set()
    before: list[str] = []
    for i in range(50):
        workflow.job(name=f"j{i}", needs=before)(lambda: threads.add(threading.get_ident()))
        before = [f"j{i}"]
    assert workflow.run(tokens=8).success
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_a_higher_priority_goes_first_then_the_longer_path_then_the_order() -> None:
    workflow = Workflow()
    workflow.job(name="plain")(nothing)
    workflow.job(name="long")(nothing)
    workflow.job(name="first", priority=1)(nothing)
    workflow.job(name="after", needs=["long"])(nothing)
    assert workflow.run(tokens=1).good == ("first", "long", "plain", "after")


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), KeyboardInterrupt()])
def test_whatever_a_function_raises_is_its_own_failure_and_others_go_on(
    error: BaseException,
) -> None:
    workflow = Workflow()

    @workflow.job
    def bad() -> None:
        raise error

    chain(workflow, nothing)
    workflow.job(name="after", needs="bad")(nothing)
    result = workflow.run()

    assert (result.good, result.failed, result.skipped) == (("nothing",), ("bad",), ("after",))
    assert result.signum == 0
    status = result.statuses["bad"]
    assert (status.outcome, status.error) == ("exited", error)
    assert status.detail.startswith(type(error).__name__)
    assert "in bad\n" in status.traceback
    assert "treadle" not in status.traceback
    with pytest.raises(KeyError, match="job 'bad' has no value"):
        result.value("bad")


def test_the_facts_come_in_order_and_only_a_view_asks_for_them() -> None:
    workflow = Workflow()
    workflow.job(fails)
    workflow.job(name="after", needs="fails")(nothing)
    facts = Facts()
    workflow.run(views=[facts])

    assert [type(fact) for fact in facts.seen] == [
        RunStarted, JobStarted, JobEnded, JobSkipped, RunEnded,
    ]  # fmt: skip
    (ended,) = facts.of(JobEnded)
    assert (ended.outcome, ended.detail) == ("exited", "ValueError: as it should")
    assert "in fails\n" in Path(ended.log).read_text()


def test_without_a_view_nothing_is_written(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    workflow = Workflow()
    chain(workflow, nothing, fails)
    workflow.run()
    assert list(tmp_path.iterdir()) == []


def test_a_view_that_raises_stops_the_run_and_is_heard() -> None:
    class Broken:
        def __init__(self, kind: type) -> None:
            self.kind = kind

        def take(self, fact: Fact) -> None:
            if isinstance(fact, self.kind):
                raise ZeroDivisionError

    for kind in (JobStarted, JobEnded):
        workflow = Workflow()
        ran: list[int] = []
        chain(workflow, nothing)
        workflow.job(name="after", needs="nothing")(lambda ran=ran: ran.append(1))
        with pytest.raises(ZeroDivisionError):
            workflow.run(views=[Broken(kind)])
        assert ran == []


# -- retries ---------------------------------------------------------------------------------


def flaky(times: int, error: Exception) -> Callable[[], int]:
    calls = []

    def call() -> int:
        calls.append(1)
        if len(calls) <= times:
            raise error
        return len(calls)

    return call


def test_a_job_that_fails_is_called_again_as_often_as_it_says() -> None:
    workflow = Workflow()
    workflow.job(name="good", retries=2)(flaky(2, OSError("x")))
    workflow.job(name="bad", retries=1, backoff=0.001)(flaky(5, OSError("x")))
    facts = Facts()
    result = workflow.run(views=[facts])

    assert (result.good, result.failed, result.flaky) == (("good",), ("bad",), ("good",))
    assert result.value("good") == 3
    assert result.statuses["bad"].attempts == 2
    assert [fact.name for fact in facts.of(JobRetried)].count("good") == 2


def test_a_flaky_job_is_known_without_views_too() -> None:
    workflow = Workflow()
    workflow.job(name="good", retries=2)(flaky(1, OSError("x")))
    result = workflow.run()
    assert result.flaky == ("good",)
    assert result.statuses["good"].attempts == 2


def test_only_the_exceptions_that_are_named_are_worth_another_attempt() -> None:
    workflow = Workflow()
    workflow.job(name="os", retries=3, retry_on=[OSError])(flaky(1, FileNotFoundError("x")))
    workflow.job(name="value", retries=3, retry_on=[OSError])(flaky(1, ValueError("x")))
    result = workflow.run()
    assert (result.good, result.failed) == (("os",), ("value",))
    assert result.statuses["value"].attempts == 1


def test_nothing_starts_after_as_many_failures_as_are_allowed_but_what_always_runs() -> None:
    workflow = Workflow()
    workflow.job(fails)
    for i in range(5):
        workflow.job(name=f"j{i}", needs=[f"j{i - 1}"] if i else [], priority=-1)(nothing)
    workflow.job(name="sweep", needs="j4", always=True)(lambda: "swept")
    result = workflow.run(tokens=1, keep_going=1)

    assert result.failed == ("fails",)
    assert result.good == ("sweep",)
    assert result.value("sweep") == "swept"
    assert len(result.left) == 5


def test_a_job_that_may_fail_leaves_its_value_out() -> None:
    workflow = Workflow()
    workflow.job(allow_failure=True)(fails)
    workflow.job(name="a", needs="fails")(lambda fails: fails)
    workflow.job(name="b", needs="fails")(lambda fails=7: fails)
    result = workflow.run()
    assert (result.success, result.allowed) == (True, ("fails",))
    assert (result.value("a"), result.value("b")) == (None, 7)


# -- time ------------------------------------------------------------------------------------


def test_a_function_that_returns_within_its_grace_has_timed_out(gate: threading.Event) -> None:
    workflow = Workflow()

    @workflow.job(timeout=0.02, grace=DAY)
    def slow() -> int:
        gate.wait(0.2)
        return 1

    result = workflow.run()
    assert result.statuses["slow"].outcome == "timed_out"
    assert (result.stuck, "slow" in result.values) == ((), False)


@pytest.mark.slow
def test_a_function_that_does_not_return_is_given_up_and_another_thread_goes_on(
    gate: threading.Event,
) -> None:
    workflow = Workflow()
    workflow.job(name="slow", timeout=0.05, grace=0.05)(gate.wait)
    workflow.job(name="other", priority=-1)(nothing)
    result = workflow.run(tokens=1)

    assert (result.good, result.failed, result.stuck) == (("other",), ("slow",), ("slow",))
    status = result.statuses["slow"]
    assert status.outcome == "stuck"
    assert isinstance(status.error, StuckError)
    assert "timed out after 0.05s, and did not return within 0.05s" in status.detail


@pytest.mark.slow
def test_stuck_jobs_that_hold_what_all_others_wait_for_end_the_run(gate: threading.Event) -> None:
    workflow = Workflow(queues={"port": 1})
    workflow.job(name="slow", queue="port", timeout=0.05, grace=0)(gate.wait)
    workflow.job(name="other", queue="port", priority=-1)(nothing)
    result = workflow.run(tokens=2)

    assert (result.failed, result.left, result.cause) == (("slow",), ("other",), "stalled")
    assert "held by stuck jobs: 'slow'" in result.detail


@pytest.mark.slow
def test_at_its_deadline_a_run_starts_nothing_more(gate: threading.Event) -> None:
    workflow = Workflow()
    workflow.job(name="slow", grace=0.05)(gate.wait)
    workflow.job(name="after", needs="slow")(nothing)
    workflow.job(name="sweep", needs="slow", always=True)(nothing)
    result = workflow.run(deadline=0.05)

    assert (result.cause, result.left, result.good) == ("deadline", ("after",), ("sweep",))
    assert result.stuck == ("slow",)


@pytest.mark.slow
def test_all_attempts_together_have_a_limit() -> None:
    workflow = Workflow()
    workflow.job(name="slow", retries=1000, backoff=0.05, total_timeout=0.2)(fails)
    result = workflow.run()
    assert 1 < result.statuses["slow"].attempts < 10


@pytest.mark.slow
def test_the_last_attempt_has_what_is_left_of_that(gate: threading.Event) -> None:
    workflow = Workflow()
    workflow.job(name="one", total_timeout=0.05, grace=DAY)(lambda: gate.wait(0.2))
    workflow.job(name="two", total_timeout=0.05, grace=0)(gate.wait)
    statuses = workflow.run(tokens=2).statuses
    assert statuses["one"].detail.startswith("timed out: all attempts together had")
    assert statuses["two"].detail.startswith("timed out after 0.05s, and did not return")


# -- signals ---------------------------------------------------------------------------------


def press(signum: int) -> None:
    os.kill(os.getpid(), signum)


class Pressed:
    """Waits, in a function, until the run has heard of a signal that it sent."""

    def __init__(self, signum: int) -> None:
        self.signum = signum
        self.heard = threading.Event()

    def take(self, fact: Fact) -> None:
        pass

    def press(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let `Desk.halt` tell when it is reached."""
        halt = Desk.halt

        def told(desk: Desk, reason: str) -> None:
            halt(desk, reason)
            self.heard.set()

        monkeypatch.setattr(Desk, "halt", told)

    def __call__(self) -> str:
        os.kill(os.getpid(), self.signum)
        assert self.heard.wait(30)
        return "done"


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_starts_nothing_more_waits_for_what_runs_and_is_told(
    signum: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow = Workflow()
    running = Pressed(signum)
    running.press(monkeypatch)
    workflow.job(name="running")(running)
    workflow.job(name="after", needs="running")(nothing)
    workflow.job(name="sweep", needs="running", always=True)(nothing)
    before = signal.getsignal(signum)
    result = workflow.run(tokens=1)

    assert result.signum == signum
    assert result.values["running"] == "done"
    assert (result.good, result.left) == (("running", "sweep"), ("after",))
    assert signal.getsignal(signum) is before
    assert not result.success


def test_the_second_interrupt_gives_up_at_once(gate: threading.Event) -> None:
    workflow = Workflow()

    @workflow.job(grace=DAY)
    def running() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        gate.wait()

    result = workflow.run()
    assert (result.signum, result.stuck, result.failed) == (
        signal.SIGINT, ("running",), ("running",),
    )  # fmt: skip
    assert result.statuses["running"].outcome == "stuck"


def test_on_another_thread_signals_are_left_alone() -> None:
    workflow = Workflow()
    workflow.job(name="look")(lambda: signal.getsignal(signal.SIGINT))
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(workflow.run()))
    thread.start()
    thread.join()
    assert results[0].value("look") is signal.getsignal(signal.SIGINT)


def test_a_long_job_among_short_ones_does_not_keep_the_others_waiting() -> None:
    workflow = Workflow()
    done, others = threading.Semaphore(0), 200

    def long() -> None:
        for _ in range(others):
            assert done.acquire(timeout=30)

    for i in range(others):
        workflow.job(name=f"short{i}")(nothing)
    workflow.job(name="long")(long)
    for i in range(others):
        workflow.job(name=f"later{i}")(done.release)
    assert workflow.run(tokens=2).success


def test_a_run_leaves_no_thread() -> None:
    workflow = Workflow()
    together = threading.Barrier(3, timeout=30)
    for i in range(3):
        workflow.job(name=f"j{i}")(together.wait)
    before = threading.active_count()
    assert workflow.run(tokens=3).success
    assert threading.active_count() == before
