"""What stands of a run that is resumed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from treadle.runner.past import Past
from treadle.store.records import End, Kind, Start
from treadle.workflow.names import file_name


class Facts:
    """A store with these facts of one run."""

    def __init__(
        self,
        starts: Iterable[Start] = (),
        ends: Iterable[End] = (),
        values: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self._starts, self._ends, self._values = list(starts), list(ends), values or {}

    def starts(self, run: str) -> list[Start]:
        assert run == "r"
        return self._starts

    def ends(self, run: str) -> list[End]:
        assert run == "r"
        return self._ends

    def values(self, run: str) -> Mapping[str, Mapping[str, str]]:
        assert run == "r"
        return self._values


def begun(*jobs: str, attempt: int = 1) -> list[Start]:
    return [Start(job, attempt, 0.0) for job in jobs]


def past(facts: Facts, logs: Path | str = "nowhere", *, failed_again: bool = False) -> Past:
    return Past(facts, "r", logs, failed_again=failed_again)


def test_ends_of_their_own_stand_failures_too() -> None:
    ends = [End("g", 1, "good", 0.0), End("f", 1, "failed", 0.0, outcome="exited"),
            End("m", 1, "allowed", 0.0, outcome="exited")]  # fmt: skip
    assert set(past(Facts(begun("g", "f", "m"), ends)).ends) == {"g", "f", "m"}
    assert set(past(Facts(begun("g", "f", "m"), ends), failed_again=True).ends) == {"g", "m"}


def test_an_attempt_that_others_ended_does_not_stand() -> None:
    ends = [End(how, 1, "failed", 0.0, outcome=how) for how in ("interrupted", "lost", "stuck")]
    found = past(Facts(begun("interrupted", "lost", "stuck"), ends))
    assert found.ends == {}
    assert found.open == {}
    assert found.attempts("lost") == 1


def test_what_was_skipped_unwanted_or_unchanged_is_decided_anew() -> None:
    kinds: tuple[Kind, ...] = ("skipped", "unwanted", "unchanged", "gathered")
    ends = [End(kind, 0, kind, 0.0) for kind in kinds]
    assert past(Facts((), ends)).ends == {}


def test_A01_an_attempt_without_an_end_is_open_and_its_number_is_used_up() -> None:
    starts = [*begun("a", "b"), *begun("a", attempt=2)]
    ends = [End("a", 1, "retried", 0.0, 1.5, delay=2.0), End("b", 1, "good", 0.0)]
    found = past(Facts(starts, ends))
    assert [start.attempt for start in found.open.values()] == [2]
    assert (found.attempts("a"), found.attempts("b"), found.attempts("c")) == (2, 1, 0)
    assert found.spent["a"] == 3.5


def test_A01_a_log_shows_an_attempt_whose_start_was_not_recorded(tmp_path: Path) -> None:
    odd = "../x y"
    for name in (f"{file_name(odd)}.3.log", "a.1.log", "a.2.output", "a.log", "b.0.log", "c.x.log"):
        (tmp_path / name).touch()
    found = past(Facts(begun("a")), tmp_path)
    assert [found.attempts(job) for job in (odd, "a", "b", "c")] == [3, 2, 0, 0]


def test_retries_go_on_counting_lost_attempts_by_themselves() -> None:
    ends = [End("a", 1, "retried", 0.0), End("a", 2, "retried", 0.0, counted=False),
            End("a", 3, "retried", 0.0)]  # fmt: skip
    assert past(Facts((), ends)).tries == {"a": (2, 1)}


def test_a_job_that_waited_for_its_next_attempt_runs_again() -> None:
    ends = [End("a", 1, "retried", 0.0, 1.0, "exited"), End("a", 1, "failed", 0.0, 1.0, "exited")]
    found = past(Facts(begun("a"), ends))
    assert found.ends == {}
    assert found.spent["a"] == 1.0


def test_the_last_end_of_a_job_counts_and_its_values_with_it() -> None:
    ends = [End("a", 1, "failed", 0.0, outcome="exited"), End("a", 2, "good", 0.0),
            End("b", 1, "good", 0.0), End("b", 2, "failed", 0.0, outcome="lost")]  # fmt: skip
    found = past(Facts((), ends, {"a": {"x": "1"}, "b": {"y": "2"}}))
    assert [(end.job, end.attempt) for end in found.ends.values()] == [("a", 2)]
    assert found.values == {"a": {"x": "1"}}
