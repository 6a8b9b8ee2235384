"""What `history`, `status`, `diff` and `flaky` say of runs that are recorded."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from asking import Passed, Recorder, Took, ask, store_in
from treadle.store.records import SessionEnd, Start

FILE = """\
[queues]
net = 1
[job.fetch]
run = "true"
queue = "net"
[job.build]
run = "true"
needs = ["fetch"]
tags = ["slow"]
[job.test]
run = "true"
needs = ["build"]
"""


@pytest.fixture
def recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    (tmp_path / ".git").mkdir()
    (tmp_path / "treadle.toml").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    return Recorder(tmp_path, time.time() - 3000)


def two_runs(recorder: Recorder) -> None:
    recorder.run("one", [Took("fetch", 2.0), Took("build", 10.0), Took("test", 1.0)])
    skipped = Passed("test", "skipped", "build", "build")
    recorder.run(
        "two",
        [
            Took("fetch", 4.0, why=("input x.c changed",)),
            Took("build", 11.0, "failed", detail="exit 3", log=b"oh no\n"),
            skipped,
        ],
        targets=("test",),
    )


# -- history -----------------------------------------------------------------------------


def test_history_shows_the_newest_run_first_with_its_result_and_counts(recorder: Recorder) -> None:
    two_runs(recorder)
    said = ask("history")
    title, first, second = (line.split() for line in said.out.splitlines())
    assert title == ["run", "began", "took", "result", "jobs", "asked", "for"]
    assert (first[0], first[3:5]) == ("two", ["12.5s", "failed"])
    assert " ".join(first[5:]) == "1 failed, 1 skipped, 1 ok of 3 jobs test"
    assert second[0] == "one"
    assert second[3:] == ["12.5s", "done", "3", "jobs", "ok"]
    assert (said.code, said.err) == (0, "")


def test_history_of_a_job_shows_its_attempts_and_what_they_have_in_common(
    recorder: Recorder,
) -> None:
    for run, seconds in enumerate((1.0, 1.0, 1.0, 4.0)):
        recorder.run(f"r{run}", [Took("build", seconds, user=0.5, why=("input a.c changed",))])
    recorder.run("bad", [Took("build", 9.0, "failed", detail="killed by SIGKILL")])
    lines = ask("history", "build").out.splitlines()
    assert "input a.c changed" in lines[2]
    assert "killed by SIGKILL" in lines[1]
    assert "1 MiB" in lines[2]
    assert lines[-3] == "build: 5 attempts, 4 ok, 1 failed (20%)"
    assert (
        lines[-2] == "median 1.00s, slowest 4.00s, the last one 4.00s, 300% slower than the median"
    )
    assert lines[-1] == "▃▃▃█ from old to new"


def test_history_of_several_jobs_has_the_one_first_that_became_slower(recorder: Recorder) -> None:
    for seconds in (1.0, 1.0, 5.0):
        recorder.run(f"r{seconds}{recorder.now}", [Took("fetch"), Took("build", seconds)])
    lines = ask("history", "fetch", "slow", "test").out.splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["build", "fetch"]
    assert lines[3] == "1 job of 3 never ran, as far as is recorded"


def test_history_has_a_limit_and_tells_how_much_more_there_is(recorder: Recorder) -> None:
    for number in range(4):
        recorder.run(f"r{number}", [Took("build")])
    assert ask("history", "-n", "2").out.splitlines()[-1] == "… and 2 more, with -n 4"
    assert len(ask("history", "-n", "3", "build").out.splitlines()) == 1 + 3 + 1 + 3


def test_programs_get_all_that_is_known_of_runs_and_attempts(recorder: Recorder) -> None:
    two_runs(recorder)
    two, one = json.loads(ask("history", "--json").out)
    assert (two["run"], two["result"], one["result"]) == ("two", "failed", "done")
    assert two["counts"] == {"failed": 1, "skipped": 1, "ok": 1}
    assert two["sessions"][0]["pid"] > 0
    (last, _) = json.loads(ask("history", "--json", "build").out)
    assert (last["kind"], last["detail"], last["duration"]) == ("failed", "exit 3", 11.0)


# -- status ------------------------------------------------------------------------------


def test_status_of_a_run_that_failed_names_the_failure_its_log_and_what_was_skipped(
    recorder: Recorder,
) -> None:
    two_runs(recorder)
    lines = ask("status").out.splitlines()
    assert lines[0].startswith("run         two, failed after 12.5s, ")
    assert "failed      build: exit 3  .treadle/logs/two/build.1.log" in lines
    assert "skipped     test: because of build" in lines
    assert not any(line.startswith("go on") for line in lines)


def test_A01_status_of_a_run_that_was_killed_says_what_ran_and_how_to_go_on(
    recorder: Recorder,
) -> None:
    recorder.run("gone", [Took("fetch")], jobs=3, open_=("build",))
    lines = ask("status", "gone").out.splitlines()
    assert lines[0].startswith("run         gone, killed before it ended, begun ")
    assert lines[1] == "jobs        1 cut short, 1 not started, 1 ok of 3 jobs"
    assert "cut short   build: it ran, and nobody saw it end" in lines
    assert "not started test" in lines
    assert lines[-1] == "go on       treadle resume"
    assert "killed" in ask("history").out


def test_status_of_a_run_that_is_under_way_says_what_runs_and_what_waits(
    recorder: Recorder,
) -> None:
    recorder.run("before", [Took("build", 5.0)])
    with store_in(recorder.folder).write() as writer:
        recorder.begin(writer, "now", [Took("fetch")], 3)
        writer.started(Start("build", 2, time.time() - 61))
        writer.flush()
        lines = ask("status").out.splitlines()
        known = json.loads(ask("status", "--json").out)
    assert lines[0].startswith("run         now, running for ")
    assert "by pid" in lines[0]
    assert lines[1] == "jobs        1 running, 1 waiting, 1 ok of 3 jobs"
    assert lines[2] == "running     build  1m01s of about 5.00s, attempt 2"
    assert "waiting     test" in lines
    assert (known["alive"], known["result"], known["left"]) == (True, "running", ["test"])
    assert known["running"][0]["expected"] == 5.0


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (SessionEnd(1.0, 2.0, {"failed": 1, "left": 2}, 2), "interrupted by SIGINT"),
        (SessionEnd(1.0, 2.0, {"left": 2}, 0, "deadline", "1 s"), "stopped at its deadline"),
        (SessionEnd(1.0, 2.0, {"left": 3}, 0, "stalled"), "stalled"),
        (SessionEnd(1.0, 2.0, {"left": 3}, 0, "store"), "stopped: nothing more could be recorded"),
    ],
)
def test_status_says_what_ended_a_run_before_its_time(
    recorder: Recorder, end: SessionEnd, said: str
) -> None:
    stopped = Took("fetch", 1.0, "failed", detail="interrupted", outcome="interrupted")
    recorder.run("r", [stopped], jobs=3, end=end)
    lines = ask("status").out.splitlines()
    assert said in lines[0]
    assert any("1 stopped" in line for line in lines)
    assert "cut short   fetch: was stopped" in lines
    assert lines[-1] == "go on       treadle resume"


# -- what there is nothing of ------------------------------------------------------------


@pytest.mark.parametrize("command", ["status", "history"])
def test_without_any_run_that_is_said_and_is_no_failure(recorder: Recorder, command: str) -> None:
    assert ask(command) == (0, "no run is recorded here yet; make one: treadle run\n", "")
    assert not (recorder.folder / ".treadle").exists()


def test_a_name_that_is_not_there_is_2_with_the_nearest_one(recorder: Recorder) -> None:
    two_runs(recorder)
    assert ask("status", "twoo") == (
        2, "", "treadle: no run 'twoo' is recorded; did you mean 'two'?\n",
    )  # fmt: skip
    assert ask("status", "20991231") == (
        2, "", "treadle: no run '20991231' is recorded; the last ones are two, one\n",
    )  # fmt: skip
    said = ask("history", "biuld")
    assert (said.code, said.err.split("; ")[1]) == (2, "did you mean 'build'?\n")


def test_a_file_with_mistakes_does_not_hide_what_is_recorded(recorder: Recorder) -> None:
    two_runs(recorder)
    (recorder.folder / "treadle.toml").write_text("[job.")
    assert ask("status").code == ask("history").code == ask("logs", "build").code == 0
    assert "build" in ask("history", "bui*").out


def test_hostile_names_are_shown_and_do_nothing(recorder: Recorder) -> None:
    evil = "ev\x1b[2Jil\n"
    recorder.run("r", [Took(evil, 1.0, "failed", detail="\x1b]0;x\x07")])
    for arguments in (["status"], ["history", evil], ["history", "*"], ["flaky"], ["diff"]):
        said = ask(*arguments)
        assert said.code == 0
        assert not set("\x1b\x07") & set(said.out)


# -- diff --------------------------------------------------------------------------------


def test_diff_says_what_went_bad_and_what_became_slower(recorder: Recorder) -> None:
    two_runs(recorder)
    lines = ask("diff").out.splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["one", "two"]
    assert lines[4:] == [
        "went bad       build  ok, now exit 3",
        "               test   ok, now skipped because of build",
        "slower         fetch  2.00s → 4.00s, +2.00s",
        "ran only then  test  now skipped",
        "ran again      fetch  input x.c changed",
    ]
    assert ask("diff", "two", "one").out.splitlines()[4] == "went good      build  exit 3, now ok"


def test_a_small_difference_is_none_and_the_greatest_loss_is_first(recorder: Recorder) -> None:
    recorder.run("a", [Took("x", 1.0), Took("y", 100.0), Took("z", 1.0), Took("w", 0.1)])
    recorder.run("b", [Took("x", 2.0), Took("y", 110.0), Took("z", 4.0), Took("w", 0.5)])
    found = json.loads(ask("diff", "--json").out)
    assert [one["job"] for one in found["slower"]] == ["z", "x"]
    assert found["work"] == [102.1, 116.5]
    assert [one["job"] for one in json.loads(ask("diff", "b", "a", "--json").out)["faster"]] == [
        "z",
        "x",
    ]


def test_diff_needs_two_runs(recorder: Recorder) -> None:
    recorder.run("a", [Took("x")])
    assert ask("diff") == (0, "there are no two runs yet that could be compared\n", "")
    assert ask("diff", "a", "a").code == 2


# -- flaky -------------------------------------------------------------------------------


def test_flaky_is_what_failed_and_succeeded_as_the_same_job(recorder: Recorder) -> None:
    same = ("every job was asked for",)
    recorder.run("a", [
        Took("retried", 1.0, "retried", detail="exit 7"), Took("retried", attempt=2),
        Took("same", 1.0, "failed", why=same, fingerprint="1" * 32, detail="exit 1"),
        Took("edited", 1.0, "failed", why=same, fingerprint="2" * 32),
        Took("undeclared", 1.0, "failed", fingerprint="3" * 32),
        Took("lost", 1.0, "retried", outcome="lost"), Took("lost", attempt=2),
    ])  # fmt: skip
    recorder.run("b", [
        Took("same", why=same, fingerprint="1" * 32),
        Took("same", why=same, fingerprint="1" * 32),
        Took("edited", why=same, fingerprint="4" * 32),
        Took("undeclared", fingerprint="3" * 32),
    ])  # fmt: skip
    found = json.loads(ask("flaky", "--json").out)
    assert [(one["job"], one["failed"], one["attempts"]) for one in found["flaky"]] == [
        ("retried", 1, 2),
        ("same", 1, 3),
    ]
    lines = ask("flaky").out.splitlines()
    assert lines[1].split()[:4] == ["retried", "1", "2", "50%"]
    assert lines[-1] == "2 jobs flaky, of 10 attempts in 2 runs"
    assert ask("flaky", "edited").out == "no job is flaky, of 2 attempts in 2 runs\n"
