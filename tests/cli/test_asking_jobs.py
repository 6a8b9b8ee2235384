"""What `logs` and `explain` say of jobs, and what `clean` and `forget` remove."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from asking import Asked, Passed, Recorder, Took, ask, store_in
from treadle import runner
from treadle.store.lock import Lock
from treadle.store.records import Start
from treadle.workflow import load_plan

FILE = """\
[queues]
net = 1
[job.make]
run = "cp in.txt mid.txt"
inputs = ["in.txt"]
outputs = ["mid.txt"]
[job.use]
run = "cp mid.txt out/last.txt"
needs = ["make"]
inputs = ["mid.txt"]
outputs = ["out/"]
[job.fetch]
run = "true"
queue = "net"
[job.push]
run = "true"
queue = "net"
[job.all]
needs = ["use", "push"]
run = "true"
"""


@pytest.fixture
def recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    (tmp_path / ".git").mkdir()
    (tmp_path / "treadle.toml").write_text(FILE)
    (tmp_path / "in.txt").write_text("one\n")
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    return Recorder(tmp_path, time.time() - 3000)


@pytest.fixture
def run(recorder: Recorder) -> Callable[..., runner.RunResult]:
    """Runs jobs of the file, in this process."""

    def call(*targets: str) -> runner.RunResult:
        plan = load_plan(recorder.folder / "treadle.toml")
        return runner.run(plan, targets=targets, store=store_in(recorder.folder))

    return call


def told(said: Asked, title: str) -> list[str]:
    """Return the lines that stand beside a title."""
    lines: dict[str, list[str]] = {}
    last = ""
    for line in said.out.splitlines():
        last = line[:11].strip() or last
        lines.setdefault(last, []).append(line[12:])
    return lines.get(title, [])


# -- logs --------------------------------------------------------------------------------


def test_the_log_of_the_last_attempt_goes_into_a_pipe_byte_for_byte(recorder: Recorder) -> None:
    recorder.run("one", [Took("make", log=b"old\n"), Took("use", log=b"u")])
    first = Took("make", kind="retried", log=b"first\n")
    recorder.run("two", [first, Took("make", attempt=2, log=b"\x1b[2J\x00 last\r\n")])
    assert ask("logs", "make") == (0, "\x1b[2J\x00 last\r\n", "")
    assert ask("logs", "make", "--attempt", "1").out == "first\n"
    assert ask("logs", "make", "--run", "one").out == "old\n"
    # The last run in which it ran at all.
    assert ask("logs", "use").out == "u"


def test_several_logs_have_a_line_above_each(recorder: Recorder) -> None:
    recorder.run("one", [Took("make", log=b"m\n"), Took("use", log=b"u\n")])
    assert ask("logs", "make", "use").out.splitlines() == [
        "== make, attempt 1 of run one",
        "m",
        "== use, attempt 1 of run one",
        "u",
    ]
    # A pattern may stand for jobs that never ran.
    assert ask("logs", "*").code == 0


def test_a_log_that_is_not_there_is_1_and_says_why(recorder: Recorder) -> None:
    recorder.run("one", [Took("make")])
    said = ask("logs", "make")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(
        "the log of job 'make' (attempt 1 of run one) is not there: it was removed, or there never"
    )
    assert ask("logs", "use") == (
        1, "", "job 'use' did not run in the runs that are recorded: there is no log\n",
    )  # fmt: skip
    assert "job 'use' did not run in run one" in ask("logs", "use", "--run", "one").err
    assert ask("logs", "make", "--attempt", "3").err.startswith(
        "treadle: job 'make' has no attempt 3; in run one it has 1\n"
    )


def test_a_log_is_followed_until_its_attempt_is_over(recorder: Recorder) -> None:
    recorder.run("one", [Took("make", log=b"all of it\n")])
    assert ask("logs", "-f", "make") == (0, "all of it\n", "")
    recorder.run("two", [Took("make", log=b"and\n"), Took("use", log=b"no end")])
    assert ask("logs", "-f", "make", "use").out == "make | and\nuse | no end\n"


def test_A01_following_ends_when_the_run_is_killed(recorder: Recorder) -> None:
    recorder.run("one", [], jobs=1, open_=("make",))
    logs = recorder.folder / ".treadle" / "logs" / "one"
    logs.mkdir(parents=True)
    (logs / "make.1.log").write_bytes(b"half\n")
    assert ask("logs", "-f", "make") == (
        0, "half\n", "the run was killed: nobody saw the end of 'make'\n",
    )  # fmt: skip


def test_a_shell_completes_what_is_recorded(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder.run("20261122-1", [Took("make"), Took("use")])
    monkeypatch.setenv("_TREADLE_COMPLETE", "bash_complete")
    for words, found in (
        ("status 2", ["20261122-1"]),
        ("history m", ["make"]),
        ("logs make --run ", ["20261122-1"]),
    ):
        monkeypatch.setenv("COMP_WORDS", f"treadle {words}")
        monkeypatch.setenv("COMP_CWORD", str(len(words.split(" "))))
        assert ask().out.split() == [f"plain,{one}" for one in found]


# -- explain: whether it would run -------------------------------------------------------


@pytest.mark.slow
def test_explain_says_whether_and_why_a_job_would_run(
    recorder: Recorder, run: Callable[..., runner.RunResult]
) -> None:
    assert told(ask("explain", "make"), "would run") == ["yes: no earlier run has done it"]
    name = run("use").run
    assert told(ask("explain", "use"), "would run") == [f"no: nothing has changed since run {name}"]
    (recorder.folder / "in.txt").write_text("two\n")
    assert told(ask("explain", "make"), "would run") == ["yes: input in.txt changed"]
    assert told(ask("explain", "use"), "would run") == [
        "only if make, which would run first, makes something else than before"
    ]
    (known,) = json.loads(ask("explain", "--json", "make").out)
    assert known["would_run"]["why"] == ["input in.txt changed"]
    assert known["attempts"][0]["why"] == ["no earlier run has done it"]
    assert run("use").unchanged == ()
    (recorder.folder / "in.txt").unlink()
    assert told(ask("explain", "make"), "would run") == [
        "it would fail: its input 'in.txt' does not exist"
    ]
    assert told(ask("explain", "all"), "would run") == [
        "yes: it declares no inputs or outputs, so every run that selects it runs it"
    ]


def test_explain_says_why_a_job_ran_and_that_it_was_slow(recorder: Recorder) -> None:
    for number, seconds in enumerate((2.0, 2.0, 6.0)):
        why = (f"input {number}.txt changed",)
        recorder.run(f"r{number}", [Took("fetch", seconds, why=why, waited=3.0, user=seconds)])
    lines = told(ask("explain", "fetch"), "last time")
    assert lines[0].endswith(" in r2: ok after 6.00s")
    assert lines[1:] == [
        "it ran because input 2.txt changed",
        "waited 3.00s for its turn, used 6.00s of processor time, 1 MiB of memory",
        "slow: 6.00s, usually 2.00s, 6.00s at most, of 3 good attempts; it computed more",
    ]


def test_explain_leads_from_a_skipped_job_to_where_the_trouble_began(recorder: Recorder) -> None:
    recorder.run("r", [
        Took("make", 1.0, "failed", detail="exit 3", log=b"x"),
        Passed("use", "skipped", "make", "make"), Passed("all", "skipped", "use", "make"),
    ])  # fmt: skip
    assert told(ask("explain", "all"), "last run") == [
        "skipped in r: it needs use, which needs make",
        "make failed: exit 3; .treadle/logs/r/make.1.log",
    ]


# -- explain: while a run is under way ---------------------------------------------------


def test_explain_says_what_a_job_waits_for_and_who_holds_it(recorder: Recorder) -> None:
    recorder.run("before", [Took("fetch", 60.0), Took("make", 9.0)])
    now = time.time()
    with store_in(recorder.folder).write() as writer:
        recorder.begin(writer, "now", [], 5, queues={"default": 2, "net": 1})
        writer.started(Start("fetch", 1, now - 20))
        writer.started(Start("make", 1, now - 3))
        writer.flush()
        fetch, push, everything = (ask("explain", job) for job in ("fetch", "push", "all"))
    assert told(fetch, "now")[0].startswith("it runs, for 20s of about 1m00s: ")
    waits, holder = told(push, "now")
    assert waits == "it waits for 1 token of net; 0 of 1 free"
    assert holder.startswith("  fetch has 1 token, for 20s, about ")
    assert told(everything, "now") == [
        "it waits for use, which waits for make",
        "it waits for push, which has not begun",
    ]


# -- clean and forget --------------------------------------------------------------------


def test_clean_removes_old_runs_with_their_logs_and_logs_without_a_run(
    recorder: Recorder,
) -> None:
    for number in range(4):
        recorder.run(f"r{number}", [Took("make", log=b"12345678")])
    logs = recorder.folder / ".treadle" / "logs"
    (logs / "stray").mkdir()
    assert ask("clean", "-n", "--keep", "2").out.splitlines() == [
        "would remove 2 runs and 1 folder of logs without a run, 16 B of logs",
        "  r0",
        "  r1",
        "  stray",
    ]
    assert len(os.listdir(logs)) == 5
    assert ask("clean", "--keep", "2").out.startswith("removed 2 runs and 1 folder of logs")
    assert sorted(os.listdir(logs)) == ["r2", "r3"]
    assert ask("clean").out == "nothing to remove: 2 runs, of 30 that may be kept\n"


@pytest.mark.slow
def test_clean_removes_outputs_that_treadle_made_and_no_others(
    recorder: Recorder, run: Callable[..., runner.RunResult]
) -> None:
    folder = recorder.folder
    run("use")
    (folder / "out" / "mine.txt").write_text("not declared when it ran\n")
    (folder / "mid.txt").write_text("edited\n")
    assert ask("clean", "--outputs", "--dry-run").out.splitlines() == [
        "  mid.txt  kept: it was changed since",
        "  out/last.txt",
        "would remove 1 output, kept 1",
    ]
    assert ask("clean", "--outputs", "make").out.splitlines()[-1] == "removed 0 outputs, kept 1"
    assert ask("clean", "--outputs").out.splitlines()[-1] == "removed 1 output, kept 1"
    assert sorted(os.listdir(folder / "out")) == ["mine.txt"]
    assert (folder / "mid.txt").read_text() == "edited\n"


@pytest.mark.slow
def test_clean_keeps_what_was_there_before_treadle_made_it(
    recorder: Recorder, run: Callable[..., runner.RunResult]
) -> None:
    (recorder.folder / "mid.txt").write_text("precious\n")
    run("make")
    assert ask("clean", "--outputs").out.splitlines() == [
        "  mid.txt  kept: it was there before treadle made it",
        "removed 0 outputs, kept 1",
    ]


@pytest.mark.slow
def test_a_forgotten_job_runs_again(
    recorder: Recorder, run: Callable[..., runner.RunResult]
) -> None:
    run("make")
    assert run("make").unchanged == ("make",)
    assert ask("forget", "make") == (0, "forgot 1 job: make\n", "")
    assert ask("forget", "make") == (0, "of 'make' nothing was known\n", "")
    assert run("make").unchanged == ()
    assert len(ask("history", "make").out.splitlines()) >= 3


def test_clean_all_asks_or_wants_to_be_told(recorder: Recorder) -> None:
    recorder.run("r", [Took("make", log=b"x")])
    assert ask("clean", "--all") == (
        2, "", ("treadle: --all removes the history and the logs: say --yes, too\n"
        "see 'treadle clean --help'\n"),
    )  # fmt: skip
    assert ask("clean", "--all", "--yes").out.startswith("removed all that is kept in ")
    assert set(os.listdir(recorder.folder / ".treadle")) <= {".gitignore", "CACHEDIR.TAG", "lock"}
    assert ask("clean", "--all", "-y").out == "nothing to remove: treadle keeps nothing here\n"
    assert ask("status").code == 0


def test_A07_clean_all_works_where_the_store_is_damaged(recorder: Recorder) -> None:
    recorder.run("r", [Took("make")])
    state = recorder.folder / ".treadle" / "state.db"
    state.write_bytes(b"SQLite format 3\0" + b"\xff" * 500)
    assert ask("history").code == 4
    assert ask("clean", "--all", "-y").code == 0
    assert ask("history") == (0, "no run is recorded here yet; make one: treadle run\n", "")


def test_E08_nothing_is_removed_while_a_run_is_under_way(recorder: Recorder) -> None:
    recorder.run("r", [Took("make", log=b"x")])
    recorder.run("s", [Took("make", log=b"x")])
    store = store_in(recorder.folder)
    lock = Lock(store.lock, store.folder)
    try:
        for arguments in (
            ["clean", "--all", "-y"],
            ["clean", "--keep", "1"],
            ["clean", "--outputs"],
            ["forget", "make"],
        ):
            said = ask(*arguments)
            assert (said.code, said.out) == (4, "")
            assert f"another treadle (pid {os.getpid()} on host " in said.err
    finally:
        lock.release()
    assert len(os.listdir(recorder.folder / ".treadle" / "logs")) == 2


def test_clean_takes_names_of_jobs_only_with_outputs(recorder: Recorder) -> None:
    assert ask("clean", "make").code == 2
    assert "treadle forget" in ask("clean", "make").err
