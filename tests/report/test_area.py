"""What the area says of a run, and that it fits."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from treadle.report import Fact, JobEnded, JobRetried, JobSkipped, JobStarted, RunStarted
from treadle.report.area import Area
from treadle.report.redact import Redactor
from treadle.report.standing import Standing
from treadle.status import ReturnValue

OK, BAD = ReturnValue.success, ReturnValue.failure


def standing(*facts: Fact, jobs: int = 9, **more: object) -> Standing:
    counted = Standing()
    queues = {"net": 2.0, "default": 4.0}
    counted.take(RunStarted("r", "f", jobs, queues, Path("logs"), **more))  # type: ignore[arg-type]  # as given
    counted.began = 0.0
    for fact in facts:
        counted.take(fact)
    return counted


def drawn(of: Standing, columns: int = 80, height: int = 24, now: float = 10.0) -> list[str]:
    return [row.rstrip() for row in Area(of).draw(columns, height, now)]


def test_the_area_says_what_runs_since_when_and_of_how_long(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"first\n10%\r20%\r")
    shown = standing(
        JobStarted("fetch", 1, 0.0, log=str(log), queues={"net": 1}),
        JobStarted("compile", 1, 7.0, queues={"default": 2, "net": 1}),
        JobStarted("test", 1, 8.0, queues={"default": 1}),
        expected={"fetch": 30.0},
    )
    assert drawn(shown)[1:] == [
        "  fetch    10s of ~30s  net  20%",
        "  compile           3s  net",
        "  test              2s",
        "  default 3/4  net 2/2  6 jobs waiting",
    ]


def test_the_first_row_counts_and_what_does_not_fit_is_left_out() -> None:
    shown = standing(JobEnded("a", 1, BAD, "exited", 1), JobEnded("b", 1, OK, "exited", 1))
    assert drawn(shown)[0] == "━" * 5 + "─" * 19 + " 2/9  1 failed  10s  ~7s left"
    assert drawn(shown, 20)[0] == "2/9  1 failed  10s"
    assert drawn(shown, 8)[0] == "2/9"


def test_a_failure_that_is_allowed_and_a_job_that_is_not_wanted_are_done_and_no_failures() -> None:
    ended = JobEnded("a", 1, BAD, "exited", 1, allowed=True)
    shown = standing(ended, JobSkipped("b", "", "", "x"))
    assert (shown.done, shown.failed, shown.waiting()) == (2, 0, 7)


def test_at_most_a_third_of_the_height_is_jobs_and_the_rest_is_counted() -> None:
    shown = standing(*(JobStarted(f"j{i}", 1, float(i)) for i in range(9)))
    assert len(drawn(shown, height=12)) == 1 + 4 + 1
    assert drawn(shown, height=12)[4] == "  … and 6 more"
    assert [row.split()[0] for row in drawn(shown, height=12)[1:4]] == ["j0", "j1", "j2"]
    assert len(drawn(shown, height=4)) == 1 + 1 + 1


def test_without_further_queues_there_is_no_row_for_them() -> None:
    shown = Standing()
    shown.take(RunStarted("r", "f", 1, {"default": 4}, Path("logs")))
    assert len(drawn(shown)) == 1


_odd = st.text(st.sampled_from("aä日🎉\u0301\u200b\x1b\n\t\u202e\ud800"), max_size=40)


@settings(deadline=None)
@given(
    st.lists(st.tuples(_odd, _odd), max_size=8, unique_by=lambda pair: pair[0]),
    st.integers(1, 90),
    st.integers(1, 40),
)
def test_I05_every_row_fits_and_is_safe_whatever_jobs_are_called(
    names: list[tuple[str, str]], columns: int, height: int
) -> None:
    shown = standing(*(JobStarted(n, 1, 0.0, queues={queue: 1}) for n, queue in names))
    rows = Area(shown, colour=True).draw(columns, height, 10.0)
    assert 1 <= len(rows) <= max(1, height - 1)
    for row in rows:
        bare = re.sub(r"\x1b\[[0-9;]*m", "", row)
        assert bare == "" or bare.isprintable()
        assert cell_len(bare) <= max(1, columns - 1)


def test_on_a_terminal_of_ascii_only_that_is_used() -> None:
    shown = standing(*(JobStarted(f"job-{i}", 1, 0.0) for i in range(9)))
    assert "".join(Area(shown, ascii_only=True).draw(20, 9, 1.0)).isascii()


def test_secrets_are_hidden_in_the_area(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"the password is hunter22\nand again hunt")
    shown = standing(JobStarted("hunter22", 1, 0.0, log=str(log)))
    rows = "".join(Area(shown, redactor=Redactor(["hunter22"])).draw(80, 24, 1.0))
    assert "the password is ********" in rows
    assert "hunt" not in rows


def test_the_rest_is_guessed_from_what_is_expected() -> None:
    shown = standing(
        JobStarted("a", 1, 0.0),
        jobs=2,
        expected={"a": 30.0, "b": 10.0},
        needs={"a": [], "b": ["a"]},
    )
    assert shown.left(10.0) == pytest.approx(30.0)
    # What runs longer than it was expected to says nothing any more of itself.
    assert shown.left(100.0) == pytest.approx(10.0)


def test_a_chain_that_is_long_bounds_the_guess() -> None:
    chain = {f"c{i}": [f"c{i - 1}"] if i else [] for i in range(5)}
    wide: dict[str, list[str]] = {f"w{i}": [] for i in range(5)}
    shown = standing(
        *(JobStarted(n, 1, 0.0) for n in ("c0", "w0", "w1", "w2", "w3", "w4")),
        jobs=10,
        expected=dict.fromkeys(chain | wide, 10.0),
        needs=chain | wide,
    )
    # 94 s of work, six at a time; but four jobs of 10 s follow on one that has run for 1 s.
    assert shown.left(1.0) == pytest.approx(49.0)


def test_the_rest_is_guessed_from_the_mean_of_what_has_ended() -> None:
    ends = [JobEnded(f"j{i}", 1, OK, "exited", 2.0) for i in range(4)]
    assert standing(*ends, jobs=8).left(8.0) == pytest.approx(8.0)
    # What only gathers others says nothing of how long a job takes.
    none = JobEnded("g", 0, OK, "exited", 0.0)
    assert standing(*ends, none, jobs=9).left(8.0) == pytest.approx(8.0)


def test_what_cannot_be_known_is_not_guessed() -> None:
    assert standing().left(1.0) is None
    assert standing(JobEnded("a", 1, OK, "exited", 2.0)).left(2.0) is None
    assert standing(JobStarted("a", 1, 0.0), expected={"a": 5.0}).left(1.0) is None
    done = [JobEnded(f"j{i}", 1, OK, "exited", 2.0) for i in range(9)]
    assert standing(*done).left(20.0) is None


def test_a_job_that_is_run_again_is_not_running_meanwhile() -> None:
    shown = standing(JobStarted("a", 1, 0.0), JobRetried("a", 1, 5.0, "exit 1"))
    assert (list(shown.running), shown.waiting()) == ([], 9)
