"""C07: the host program's signals and threads are its own."""

from __future__ import annotations

import _thread
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from treadle.dag import DAG
from treadle.errors import RunInterrupted, Terminated
from treadle.job import Job
from treadle.job.scheduler import Scheduler


class Waits(Job):
    """Runs until it is interrupted; tells when it has begun."""

    begun: threading.Event

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.told = threading.Event()

    def run(self) -> None:
        self.begun.set()
        assert self.told.wait(30)

    def interrupt(self) -> bool:
        self.told.set()
        return super().interrupt()


@pytest.fixture
def begun() -> Iterator[threading.Event]:
    Waits.begun = threading.Event()
    yield Waits.begun
    del Waits.begun


@pytest.fixture
def dag() -> DAG:
    graph = DAG()
    graph.add_vertex("a")
    graph.add_vertex("b", None, ["a"])
    return graph


def _when(event: threading.Event, call: Any) -> threading.Thread:
    def wait() -> None:
        assert event.wait(30)
        call()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_C07_a_run_outside_the_main_thread_touches_no_handler_and_can_be_interrupted(
    begun: threading.Event, dag: DAG
) -> None:
    before = [signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM)]
    during: list[Any] = []
    raised: list[BaseException] = []
    collected: list[Any] = []

    def collect(job: Job) -> None:
        collected.append((job.uid, job.interrupted))

    scheduler = Scheduler(Scheduler.simple_provider(Waits), collect)

    def run() -> None:
        try:
            scheduler.run(dag)
        except RunInterrupted as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert begun.wait(30)
    during = [signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM)]
    scheduler.interrupt()
    thread.join()

    assert during == before
    assert [str(error) for error in raised] == ["the run was interrupted"]
    assert collected == [("a", True)]
    assert scheduler.statistics().aborted == 1


def test_C07_a_handler_of_the_host_stays_and_is_called(begun: threading.Event, dag: DAG) -> None:
    seen: list[int] = []
    scheduler = Scheduler(Scheduler.simple_provider(Waits))

    def mine(signum: int, frame: FrameType | None) -> None:
        seen.append(signum)
        scheduler.interrupt()

    before = signal.signal(signal.SIGINT, mine)
    try:
        thread = _when(begun, lambda: os.kill(os.getpid(), signal.SIGINT))
        with pytest.raises(RunInterrupted):
            scheduler.run(dag)
        thread.join()
        assert signal.getsignal(signal.SIGINT) is mine
    finally:
        signal.signal(signal.SIGINT, before)

    assert seen == [signal.SIGINT]


@pytest.mark.parametrize(
    ("signum", "error"),
    [
        (signal.SIGINT, KeyboardInterrupt),
        (signal.SIGTERM, Terminated),
        (signal.SIGHUP, Terminated),
        (signal.SIGQUIT, Terminated),
    ],
)
def test_a_signal_during_the_run_is_raised_by_run_and_the_handlers_are_given_back(
    begun: threading.Event, dag: DAG, signum: signal.Signals, error: type[BaseException]
) -> None:
    before = signal.getsignal(signum)
    thread = _when(begun, lambda: os.kill(os.getpid(), signum))
    with pytest.raises(error) as caught:
        Scheduler(Scheduler.simple_provider(Waits)).run(dag)
    thread.join()

    assert signal.getsignal(signum) == before
    if isinstance(caught.value, Terminated):
        assert caught.value.code == 128 + signum


def test_a_signal_in_a_callback_is_raised_there(dag: DAG) -> None:
    """A callback may take long; nobody has to wait for it."""
    reached: list[str] = []

    class Quick(Job):
        def run(self) -> None:
            pass

    def collect(_: Job) -> None:
        _thread.interrupt_main()
        for _turn in range(10**8):
            pass
        reached.append("the end")

    with pytest.raises(KeyboardInterrupt):
        Scheduler(Scheduler.simple_provider(Quick), collect).run(dag)

    assert reached == []


def test_a_fork_of_the_host_can_be_terminated_while_a_run_is_under_way(tmp_path: Path) -> None:
    """A job may use `multiprocessing`: what it forks has the handlers, and no scheduler."""
    program = tmp_path / "host.py"
    program.write_text(
        textwrap.dedent("""
        import os, signal, warnings
        from treadle import DAG, FunctionJob, Scheduler
        warnings.simplefilter("ignore")

        def forks():
            ready, begun = os.pipe()
            child = os.fork()
            if not child:
                os.write(begun, b"x")
                while True:
                    signal.pause()
            os.read(ready, 1)
            os.kill(child, signal.SIGTERM)
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

        dag, done = DAG(), []
        dag.add_vertex("a", forks)
        Scheduler(Scheduler.simple_provider(FunctionJob), done.append).run(dag)
        print(done[0].result)
        """)
    )
    done = subprocess.run(
        [sys.executable, str(program)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")},
    )

    assert done.stdout == "-15\n"


def test_C06_an_interrupt_that_was_inherited_as_ignored_stays_ignored(tmp_path: Path) -> None:
    """As for every program that a shell starts with `&` without job control."""
    program = tmp_path / "host.py"
    program.write_text(
        textwrap.dedent("""
        import os, signal
        from treadle import DAG, FunctionJob, Scheduler
        dag = DAG()
        dag.add_vertex("a", lambda: os.kill(os.getpid(), signal.SIGINT))
        dag.add_vertex("b", lambda: print("went on"), ["a"])
        Scheduler(Scheduler.simple_provider(FunctionJob)).run(dag)
        print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)
        """)
    )
    done = subprocess.run(
        ["/bin/sh", "-c", f"trap '' INT; exec '{sys.executable}' '{program}'"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")},
    )

    assert done.stdout.splitlines() == ["went on", "True"]
