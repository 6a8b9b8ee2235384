"""The commands around a run: init, explain, schema, completion, doctor."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

Call = Callable[..., subprocess.CompletedProcess[str]]


def test_init_writes_a_file_that_runs_and_never_touches_one(treadle: Call, tmp_path: Path) -> None:
    done = treadle("init")
    assert done.stdout == "treadle.toml is written; run it: treadle run\n"
    text = (tmp_path / "treadle.toml").read_text()
    assert text.startswith("#:schema https://")

    done = treadle("run")
    assert done.returncode == 0
    assert not (tmp_path / "out").exists()  # its own job has tidied up
    (log,) = (tmp_path / ".treadle" / "logs").glob("*/report.1.log")
    assert "It is " in log.read_text()
    assert "1000\n2000\n3000" in log.read_text()

    done = treadle("init")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "treadle.toml: is there already; run it: treadle run\n"
    assert (tmp_path / "treadle.toml").read_text() == text


def test_init_does_not_follow_a_link(treadle: Call, tmp_path: Path) -> None:
    (tmp_path / "treadle.toml").symlink_to(tmp_path / "victim")

    assert treadle("init").returncode == 2
    assert not (tmp_path / "victim").exists()


def test_explain_says_what_a_job_needs_waits_for_and_whether_it_runs(
    treadle: Call, tmp_path: Path
) -> None:
    (tmp_path / "treadle.toml").write_text("""
[queues]
net = 2
[job.a]
run = "true"
[job.b]
run = "true"
needs = ["a"]
[job.c]
description = "See"
run = "wc ${{ a.file }}"
needs = ["b", { job = "a", on = "end" }]
queues = { default = 1, net = 2 }
retries = 3
retry_on = [75, "timeout"]
when = { env = { WANTED = "yes" } }
timeout = 90
[job.d]
run = "true"
needs = ["c"]
queue = "net"
""")
    lines = [line.strip() for line in treadle("explain", "c").stdout.splitlines()]

    for line in [
        "job         c: See",
        "runs        wc ${{ a.file }}",
        "needs       b",
        "a (either way)",
        "needed by   d",
        "2 tokens of net, which has 2; 1 other job may want them, too",
        "would run   no: only when WANTED is yes",
        "is stopped  after 1m30s",
        "if it fails it is run again up to 3 times on 75, timeout; then the run fails",
    ]:
        assert line in lines
    assert "would run   yes: its 'when' holds" in treadle("explain", "c", WANTED="yes").stdout
    assert "nothing: it can start at once" in treadle("explain", "a").stdout


def test_explain_knows_the_last_run(treadle: Call, tmp_path: Path) -> None:
    (tmp_path / "treadle.toml").write_text("[job.a]\nrun = 'false'\n[job.b]\nrun = 'true'\n")
    treadle("run", "-k")

    for job, ended in {"a": "exit 1", "b": "ok"}.items():
        last = re.compile(rf"^last time .*: {ended} after 0\.", re.MULTILINE)
        assert last.search(treadle("explain", job).stdout)


def test_i07_neither_list_nor_explain_nor_a_dry_run_shows_a_secret(
    treadle: Call, tmp_path: Path
) -> None:
    (tmp_path / "treadle.toml").write_text(
        "[job.a]\nrun = 'echo $TOKEN'\nenv = { TOKEN = 'canary-4711' }\nsecret = ['TOKEN']\n"
    )

    for command in (
        ["list", "--json"],
        ["explain", "a", "--json"],
        ["explain", "a"],
        ["run", "-n"],
    ):
        done = treadle(*command)
        assert done.returncode == 0
        assert "canary-4711" not in done.stdout + done.stderr


def test_i07_a_secret_in_a_command_line_is_refused(treadle: Call, tmp_path: Path) -> None:
    (tmp_path / "treadle.toml").write_text(
        "[job.a]\nrun = 'x ${{ env.TOKEN }}'\nenv = { TOKEN = 'canary' }\nsecret = ['TOKEN']\n"
    )
    done = treadle("check")

    assert done.returncode == 2
    assert "puts the secret 'TOKEN' into 'run'" in done.stderr
    assert "canary" not in done.stderr


def test_schema_is_json_schema_with_each_word_described(treadle: Call) -> None:
    schema = json.loads(treadle("schema").stdout)

    assert schema["$schema"].startswith("https://json-schema.org/draft/2020-12")
    words = schema["$defs"]["JobSpec"]["properties"]
    assert {"run", "script", "needs", "retry_on", "queues"} <= words.keys()
    assert [name for name, word in words.items() if not word.get("description")] == []
    assert schema["$defs"]["JobSpec"]["additionalProperties"] is False

    events = json.loads(treadle("schema", "--events").stdout)
    assert "job.ended" in json.dumps(events)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_for_the_shell(treadle: Call, shell: str) -> None:
    done = treadle("completion", shell)

    assert done.returncode == 0
    assert f"_TREADLE_COMPLETE={shell}_complete" in done.stdout


def test_names_of_jobs_and_tags_are_completed(treadle: Call, tmp_path: Path) -> None:
    (tmp_path / "treadle.toml").write_text(
        "[job.pack]\nrun = 'true'\ntags = ['parcel']\n[job.other]\nrun = 'true'\n"
    )
    words = {"_TREADLE_COMPLETE": "bash_complete", "COMP_CWORD": "2"}

    done = treadle(**words, COMP_WORDS="treadle run pa")
    assert sorted(done.stdout.split()) == ["plain,pack", "plain,parcel"]
    (tmp_path / "treadle.toml").write_text("[job.pack\n")
    done = treadle(**words, COMP_WORDS="treadle run pa")
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_doctor_names_what_is_there_and_what_follows_from_the_rest(treadle: Call) -> None:
    found = {finding["what"]: finding for finding in json.loads(treadle("doctor", "--json").stdout)}

    assert {"treadle", "system", "warden", "control group", "processors", "memory"} <= found.keys()
    assert found["processors"]["detail"].split()[0].isdigit()
    off = treadle("doctor", TREADLE_WARDEN="0").stdout
    assert "switched off by TREADLE_WARDEN=0" in off
    assert "unset it: processes can escape now" in off


def test_the_first_file_uses_only_words_that_the_schema_has(treadle: Call, tmp_path: Path) -> None:
    treadle("init")
    tree = tomllib.loads((tmp_path / "treadle.toml").read_text())
    schema = json.loads(treadle("schema").stdout)

    words = schema["$defs"]["JobSpec"]["properties"].keys()
    assert {word for job in tree["job"].values() for word in job} <= words
    assert tree.keys() <= schema["$defs"]["Document"]["properties"].keys()


@pytest.mark.parametrize("package", ["click", "tomli"])
def test_a_package_that_is_not_installed_is_named(
    treadle: Call, tmp_path: Path, package: str
) -> None:
    (tmp_path / "treadle.toml").write_text("[job.a]\nrun = 'true'\n")
    (tmp_path / "sitecustomize.py").write_text(f"import sys\nsys.modules['{package}'] = None\n")
    source = Path(__file__).parents[2] / "src"
    done = treadle("check", PYTHONPATH=f"{tmp_path}:{source}")

    assert done.returncode == 2
    assert done.stderr == (
        f"treadle: the package '{package}' is not installed, which the command line needs; "
        "install it: pip install --upgrade treadle\n"
    )


@pytest.mark.parametrize("output", ["failed", "group", "stream", "prefix"])
def test_i07_a_secret_that_another_job_gave_is_shown_in_no_output(
    treadle: Call, tmp_path: Path, output: str
) -> None:
    (tmp_path / "treadle.toml").write_text(
        "[job.login]\nrun = 'echo token=canary-4711 > $TREADLE_OUTPUT'\n"
        "[job.use]\nneeds = ['login']\nenv = { TOKEN = '${{ login.token }}' }\nsecret = ['TOKEN']\n"
        "run = 'echo using $TOKEN; exit 1'\n"
    )
    done = treadle("run", "--json", "--output", output)

    assert done.returncode == 1
    assert "using ***********" in done.stderr
    assert "canary" not in done.stdout + done.stderr
