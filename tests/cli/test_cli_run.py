"""`treadle run`, as a user meets it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

Call = Any  # runs the command and returns a CompletedProcess


def write(folder: Path, text: str) -> None:
    (folder / "treadle.toml").write_text(text)


def words(output: str) -> list[tuple[str, str]]:
    """Return (status, name and detail) of each line that tells an end."""
    return re.findall(r"^\[ *\d+/\d+\] (\w+) +[\d.ms]* +(.*)$", output, re.MULTILINE)


def test_jobs_run_in_order_and_success_is_0(treadle: Call, tmp_path: Path) -> None:
    write(
        tmp_path,
        "[job.c]\nneeds = ['b']\nrun = 'echo c >> log'\n[job.a]\nrun = 'echo a >> log'\n"
        "[job.b]\nneeds = ['a']\nrun = ['sh', '-c', 'echo b >> log']\n",
    )
    done = treadle("run")
    assert (done.returncode, done.stderr) == (0, "")
    assert words(done.stdout) == [("ok", "a"), ("ok", "b"), ("ok", "c")]
    assert (tmp_path / "log").read_text() == "a\nb\nc\n"
    assert re.search(
        r"^done: 3 jobs in [\d.]+s; logs in .treadle/logs/\S+$", done.stdout, re.MULTILINE
    )


def test_a_failure_is_1_shows_its_output_and_skips_what_needs_it(
    treadle: Call, tmp_path: Path
) -> None:
    write(
        tmp_path,
        "[job.bad]\nrun = 'echo out; echo err >&2; exit 3'\n[job.mid]\nneeds = ['bad']\nrun = 'x'\n"
        "[job.top]\nneeds = ['mid']\nrun = 'x'\n[job.free]\npriority = -1\nrun = 'echo quiet'\n",
    )
    done = treadle("run", "-j1", "-k0")
    assert done.returncode == 1
    assert words(done.stdout) == [
        ("FAILED", "bad: exit 3"),
        ("skipped", "mid: needs 'bad', which failed"),
        ("skipped", "top: needs 'mid', which was skipped because 'bad' failed"),
        ("ok", "free"),
    ]
    tail = "    | out\n    | err\n"
    assert done.stdout.count(tail) == 2
    assert "quiet" not in done.stdout
    assert "\nfailed: 1 failed, 2 skipped, 1 ok of 4 jobs in " in done.stdout


def test_after_the_first_failure_nothing_is_started_unless_asked(
    treadle: Call, tmp_path: Path
) -> None:
    write(tmp_path, "[job.bad]\nrun = 'exit 1'\n[job.z]\nrun = 'touch z'\nmatrix.i = [1, 2, 3]\n")
    done = treadle("run", "-j1")
    assert done.returncode == 1
    assert not (tmp_path / "z").exists()
    assert "failed: 1 failed, 3 not started, 0 ok of 4 jobs" in done.stdout
    assert "'treadle run -k 0' goes on" in done.stdout
    assert treadle("run", "-j1", "-k2").returncode == 1
    assert (tmp_path / "z").exists()


def test_running_jobs_may_end_after_a_failure(treadle: Call, tmp_path: Path) -> None:
    write(
        tmp_path,
        "[job.slow]\nrun = 'echo > ready; cat go > /dev/null; touch ended'\n"
        "[job.bad]\nrun = 'cat ready > /dev/null; exit 1'\n"
        "[job.then]\npriority = -1\nrun = 'touch then'\n"
        "[job.go]\nneeds = ['bad']\nrun = 'true'\n",
    )
    subprocess.run(["mkfifo", "ready", "go"], cwd=tmp_path, check=True)
    with subprocess.Popen(["sh", "-c", "echo > go"], cwd=tmp_path):
        done = treadle("run", "-j2")
    assert done.returncode == 1
    assert (tmp_path / "ended").exists()
    assert not (tmp_path / "then").exists()
    assert "1 failed, 2 not started, 1 ok of 4 jobs" in done.stdout


def test_a_job_without_a_shell_finds_the_same_environment(treadle: Call, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    write(
        tmp_path,
        "[job.direct]\ncwd = 'sub'\nrun = 'env'\n[job.up]\ncwd = 'sub/..'\nrun = 'env'\n"
        "[job.shell]\ncwd = 'sub'\nrun = 'env;'\n[job.own]\nrun = 'env'\nenv = { PWD = '/' }\n",
    )
    done = treadle("run")
    assert done.returncode == 0
    folder = next((tmp_path / ".treadle" / "logs").iterdir())
    found = {
        log.name.partition(".")[0]: dict(
            line.split("=", 1) for line in log.read_text().splitlines() if "=" in line
        )
        for log in folder.iterdir()
    }
    assert [found[name]["PWD"] for name in ("direct", "shell", "up", "own")] == [
        f"{tmp_path}/sub", f"{tmp_path}/sub", f"{tmp_path}", "/",
    ]  # fmt: skip
    different = {"TREADLE_JOB", "TREADLE_OUTPUT", "TREADLE_SLOT", "TREADLE_TREE", "SHLVL", "_"}
    assert set(found["shell"].items()) ^ set(found["direct"].items()) <= {
        (name, found[job].get(name, "")) for name in different for job in ("shell", "direct")
    }


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash")
def test_a_shell_that_is_named_is_used(treadle: Call, tmp_path: Path) -> None:
    write(
        tmp_path,
        """[defaults]
shell = "bash"
[job.a]
run = '[[ $BASH_VERSION == *.* ]] && echo ok'
[job.b]
run = 'test -z "$BASH_VERSION"'
shell = "sh"
[job.c]
run = ["sh", "-c", 'test -z "$BASH_VERSION"']
""",
    )
    assert treadle("run", "-k0").returncode == 0


@pytest.mark.parametrize(
    ("job", "why"),
    [
        ("run = ['no-such-program']", "cannot start 'no-such-program': no such file or directory$"),
        ("run = ['./data']", "cannot start './data': permission denied$"),
        ("run = ['.']", "permission denied$"),
        ("run = 'true'\ncwd = 'missing'", "its folder '.*/missing' does not exist"),
        ("run = 'no-such-program'", "cannot start 'no-such-program': no such file or directory$"),
        ("run = 'no-such-program | cat; exit 127'", "exit 127"),
        ("run = 'kill -SEGV $$'", "killed by SIGSEGV"),
        ("run = 'exec sleep 60'\ntimeout = 0.1", "timed out after 0.10s"),
        ("run = 'exit 125'", "exit 125"),
        ("run = 'exit 75'", "exit 75"),
        ("run = 'exit 255'", "exit 255"),
    ],
)
def test_each_way_to_fail_is_told(treadle: Call, tmp_path: Path, job: str, why: str) -> None:
    (tmp_path / "data").touch(mode=0o644)
    write(tmp_path, f"[job.a]\n{job}\n")
    done = treadle("run")
    assert (done.returncode, done.stderr) == (1, "")
    ((word, detail),) = words(done.stdout)
    assert word == "FAILED"
    assert re.search(why, detail)


def test_only_the_selected_jobs_run_with_their_needs(treadle: Call, tmp_path: Path) -> None:
    write(
        tmp_path,
        "[job.a]\nrun = 'true'\n[job.t]\nneeds = ['a']\nrun = 'true'\nmatrix.i = [1, 2]\n"
        "[job.z]\nrun = 'true'\n",
    )
    assert {name for _, name in words(treadle("run", "t[2]").stdout)} == {"a", "t[2]"}
    assert {name for _, name in words(treadle("run", "t").stdout)} == {"a", "t[1]", "t[2]"}
    assert {name for _, name in words(treadle("run", "*1?").stdout)} == {"a", "t[1]"}
    done = treadle("run", "tt", "z")
    assert done.returncode == 2
    assert done.stderr == "treadle.toml: no job 'tt'; did you mean 't'?\n"
    assert not words(done.stdout)


def test_a_job_knows_who_it_is_and_where(treadle: Call, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    write(
        tmp_path,
        "[env]\nMINE = 'a b'\n[job.'odd name']\ncwd = 'sub'\n"
        """run = 'echo "$TREADLE_JOB,$TREADLE_ATTEMPT,$TREADLE_SLOT,$MINE,${PWD##*/}"; env'\n""",
    )
    out = treadle("run", "-j1", "-v", INHERITED="yes").stdout
    assert "| odd name,1,0,a b,sub\n" in out
    assert "| INHERITED=yes\n" in out
    (run,) = re.findall(r"TREADLE_RUN=(\S+)", out)
    assert (tmp_path / ".treadle" / "logs" / run).is_dir()


def test_shell_signs_in_arguments_reach_the_program_unchanged(
    treadle: Call, tmp_path: Path
) -> None:
    program = "import json, sys; json.dump(sys.argv[1:], open('argv', 'w'))"
    hostile = ["$(touch pwned)", "; touch pwned", "a\nb", "'\"`\\", "*", "${{ x", "é\U0001f600"]
    document = {"job": {"a": {"run": [sys.executable, "-c", program, *hostile]}}}
    (tmp_path / "w.json").write_text(json.dumps(document))
    assert treadle("run", "-f", "w.json").returncode == 0
    assert json.loads((tmp_path / "argv").read_text()) == hostile
    assert not (tmp_path / "pwned").exists()


def test_c12_hostile_output_and_names_cannot_steer_the_terminal(
    treadle: Call, tmp_path: Path
) -> None:
    (tmp_path / "raw").write_bytes(
        b"\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J\r\n\xff\xfe\0 end\n" + b"x" * 200_000
    )
    write(tmp_path, '[job."\\u001b[2J\\n\\u202eevil"]\nrun = "cat raw; exit 1"\n')
    done = treadle("run")
    assert done.returncode == 1
    assert all(char.isprintable() or char == "\n" for char in done.stdout + done.stderr)
    assert r"\x1b[2J\n\u202eevil" in done.stdout
    (log,) = (tmp_path / ".treadle" / "logs").glob("*/*.log")
    assert log.read_bytes() == (tmp_path / "raw").read_bytes()


def test_nothing_but_success_is_said_quietly(treadle: Call, tmp_path: Path) -> None:
    write(tmp_path, "[job.a]\nrun = 'echo x'\n[job.b]\nneeds = ['a']\nrun = 'exit 1'\n")
    assert treadle("run", "-q", "a").stdout == ""
    assert words(treadle("run", "-q").stdout) == [("FAILED", "b: exit 1")]


def test_a_dry_run_says_what_changed_and_leaves_out_what_did_not(
    treadle: Call, tmp_path: Path
) -> None:
    text = """
[job.a]
run = "cp source a"
inputs = ["source"]
outputs = ["a"]
[job.b]
run = "cp a b"
needs = ["a"]
inputs = ["a"]
outputs = ["b"]
"""
    write(tmp_path, text)
    (tmp_path / "source").write_text("one")
    treadle("run")
    assert treadle("run", "-n").stdout == (
        "dry run: 0 jobs, 2 others unchanged, nothing was started\n"
    )
    (tmp_path / "source").write_text("two")
    assert treadle("run", "-n").stdout.splitlines() == [
        "[1/2] a: cp source a  (input source changed)",
        "[2/2] b: cp a b  (if a makes something else)",
        "dry run: 2 jobs, nothing was started",
    ]


def test_a_dry_run_shows_the_order_and_starts_nothing(treadle: Call, tmp_path: Path) -> None:
    write(
        tmp_path,
        "[job.b]\nneeds = ['a']\nrun = 'touch b'\n[job.a]\nrun = ['echo', 'a b']\n"
        "[job.c]\nneeds = ['b']\n",
    )
    done = treadle("run", "-n")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "[1/3] a: echo 'a b'",
        "[2/3] b: touch b",
        "[3/3] c",
        "dry run: 3 jobs, nothing was started",
    ]
    assert not (tmp_path / ".treadle").exists()


@pytest.mark.parametrize(
    ("value", "good"),
    [("1", 1), ("0", 1), ("auto", 1), ("50%", 1), ("+1", 1), ("-1", 1), ("x", 0), ("1.5", 0)],
)
def test_j_takes_numbers_and_shares_of_the_processors(
    treadle: Call, tmp_path: Path, value: str, good: int
) -> None:
    write(tmp_path, "[job.a]\nrun = 'true'\ntokens = 7\n")
    done = treadle("run", "-j", value)
    assert done.returncode == (0 if good else 2)
    assert bool(done.stderr) != bool(good)


def test_no_limit_lets_all_jobs_run_at_once(treadle: Call, tmp_path: Path) -> None:
    # Each job waits for the next one, so that fewer than all at once would wait for ever.
    run = "echo > f{} & cat f{}; wait"
    ring = [f"[job.j{i}]\ntimeout = 20\nrun = '{run.format(i, (i + 1) % 9)}'\n" for i in range(9)]
    subprocess.run(["mkfifo", *(f"f{i}" for i in range(9))], cwd=tmp_path, check=True)
    write(tmp_path, "".join(ring))
    assert treadle("run", "-j0").returncode == 0


def test_a_queue_lets_only_so_many_of_its_jobs_run(treadle: Call, tmp_path: Path) -> None:
    write(
        tmp_path,
        "[queues]\none = 1\n[job.a]\nmatrix.i = [1, 2, 3, 4]\nqueue = 'one'\n"
        "run = 'mkdir alone && rmdir alone'\n",
    )
    assert treadle("run", "-j8").returncode == 0


def test_logs_are_kept_in_a_folder_that_backups_and_git_leave_alone(
    treadle: Call, tmp_path: Path
) -> None:
    write(tmp_path, "[job.'../../x']\nrun = 'echo y'\n")
    treadle("run")
    treadle("run")
    state = tmp_path / ".treadle"
    assert (state / ".gitignore").read_text() == "*\n"
    assert (state / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886")
    assert len(list((state / "logs").glob("*/*.log"))) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == [".git", ".treadle", "treadle.toml"]


def test_A10_a_store_that_cannot_be_kept_is_said_before_anything_starts(
    treadle: Call, tmp_path: Path
) -> None:
    write(tmp_path, "[job.a]\nrun = 'touch ran'\n")
    (tmp_path / ".treadle").write_text("in the way")
    done = treadle("run")
    assert done.returncode == 4
    assert re.fullmatch(r"'\S+state.db' cannot be opened: '\S+': is not a folder\n", done.stderr)
    assert not (tmp_path / "ran").exists()


def test_colour_is_there_only_when_wanted(treadle: Call, tmp_path: Path) -> None:
    write(tmp_path, "[job.a]\nrun = 'true'\n")
    assert "\x1b" not in treadle("run").stdout
    assert "\x1b[32m" in treadle("run", "--color=always").stdout
    assert "\x1b[32m" in treadle("run", FORCE_COLOR="1").stdout
    assert "\x1b" not in treadle("run", "--color=never", FORCE_COLOR="1").stdout


def test_a_terminal_that_knows_only_ascii_is_no_trouble(treadle: Call, tmp_path: Path) -> None:
    write(tmp_path, '[job."caf\\u00e9"]\nrun = "echo \\u00e9; exit 1"\n')
    done = treadle("run", PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert r"caf\xe9" in done.stdout
