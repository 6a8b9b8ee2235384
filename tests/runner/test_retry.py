"""Which failures are worth another attempt, and how long that waits."""

from __future__ import annotations

import signal
import sys
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.report.reasons import Ending
from treadle.runner import retry as policy
from treadle.runner.retry import applies, is_found, pause
from treadle.workflow.plan import Retry


def nothing() -> Random:
    raise AssertionError("no jitter was asked for")


def unread() -> bytes:
    raise AssertionError("no pattern was asked for")


@given(
    st.floats(0, 1e6), st.floats(1, 1e3), st.floats(0, 1e6), st.floats(0, 1),
    st.integers(1, 10_000),
)  # fmt: skip
def test_a_pause_is_within_its_bounds(
    delay: float, factor: float, most: float, jitter: float, number: int
) -> None:
    retry = Retry(retries=1, delay=delay, factor=factor, most=most, jitter=jitter)
    seconds = pause(retry, number, lambda: Random(number))
    assert 0 <= seconds <= most * (1 + jitter) * (1 + 1e-9)


def test_a_pause_is_a_power_of_the_factor() -> None:
    retry = Retry(delay=2, factor=2, most=60)
    assert [pause(retry, n, nothing) for n in (1, 2, 3, 6, 9)] == [2, 4, 8, 60, 60]
    assert pause(Retry(), 5, nothing) == 0


@pytest.mark.parametrize(
    ("cause", "ending"),
    [
        (75, Ending("exited", 75)),
        ("exit", Ending("exited", 1)),
        ("exit", Ending("exited", raised=OSError())),
        ("signal", Ending("signalled", -9)),
        ("SIGSEGV", Ending("signalled", -signal.SIGSEGV)),
        ("SEGV", Ending("signalled", -signal.SIGSEGV)),
        ("timeout", Ending("timed_out", -15)),
        ("timeout", Ending("timed_out", -15, stopped_for="idle")),
        ("oom", Ending("exited", 137, oom=True)),
        ("oom", Ending("signalled", -9, oom=True)),
        ("lost", Ending("lost")),
        ("spawn", Ending("spawn_failed")),
        ("output-limit", Ending("over_limit", -15)),
    ],
)
def test_a_cause_stands_for_its_endings_and_for_no_other(cause: int | str, ending: Ending) -> None:
    assert applies(Retry(causes=(cause,)), ending, unread)
    assert not applies(Retry(causes=(cause,)), Ending("exited", 0, leaked=1), unread) or (
        cause == "exit"
    )
    assert not applies(Retry(causes=(74, "SIGUSR2")), ending, unread)
    assert applies(Retry(), ending, unread)


def test_how_a_job_ended_that_was_stopped_is_not_its_own_choice() -> None:
    stopped = Ending("timed_out", -signal.SIGTERM)
    for cause in ("signal", "SIGTERM", "exit"):
        assert not applies(Retry(causes=(cause,)), stopped, unread)


def test_a_signal_without_a_name_is_a_signal() -> None:
    assert applies(Retry(causes=("signal",)), Ending("signalled", -99), unread)
    assert not applies(Retry(causes=("SIGHUP",)), Ending("signalled", -99), unread)


def test_causes_and_patterns_are_alternatives() -> None:
    retry = Retry(causes=(75,), patterns=("connection reset",))
    assert applies(retry, Ending("exited", 75), unread)
    assert applies(retry, Ending("exited", 1), lambda: b"x\nconnection reset by peer\n")
    assert not applies(retry, Ending("exited", 1), lambda: b"no such file\n")


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("reset", True),
        ("^second", True),
        ("one$", True),
        ("^line", False),
        ("r[eE]set|never", True),
        ("n.*reset", True),
        ("(rst|reset){1}", True),
        ("no+ne", False),
        ("caf\u00e9", True),
    ],
)
def test_a_pattern_is_searched_in_all_lines(pattern: str, found: bool) -> None:
    data = "first line one\nsecond: connection reset caf\u00e9 \n".encode() + b"\xff\n"
    assert is_found((pattern,), data) is found


def test_a_search_that_would_take_for_ever_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "SEARCH_LIMIT", 0.2)
    assert not is_found(("^(a+)+$",), b"a" * 60 + b"!")


def test_without_another_process_a_pattern_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    assert not is_found(("a+",), b"aaa")
