"""What GitHub and GitLab are told, and that no job can tell them anything."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.report import JobEnded, JobStarted, RunEnded, RunStarted
from treadle.report.marks import GitHub, GitLab, Marks, marks_for
from treadle.report.views import make_views
from treadle.status import ReturnValue

OK, BAD = ReturnValue.success, ReturnValue.failure
GITHUB = {"GITHUB_ACTIONS": "true", "CI": "true"}
GITLAB = {"GITLAB_CI": "true", "CI": "true"}


def shown(
    folder: Path, env: dict[str, str], name: str, said: bytes, output: str = "failed", **words: bool
) -> str:
    stream = io.StringIO()
    log = folder / "job.log"
    log.write_bytes(said)
    views = make_views(stream, io.StringIO(), env, output=output)  # type: ignore[arg-type]  # as given
    facts = (
        RunStarted("r", "f", 2, {}, folder),
        JobStarted(name, 1, 0.0, log=str(log)),
        JobEnded(name, 1, BAD, "exited", 1.0, "exit 1", str(log), **words),  # type: ignore[arg-type]  # as given
        JobEnded("last", 1, OK, "exited", 1.0),
        RunEnded(2.0),
    )
    for fact in facts:
        for view in views:
            view.take(fact)
    return stream.getvalue()


def test_github_gets_a_group_and_an_annotation(tmp_path: Path) -> None:
    text = shown(tmp_path, GITHUB, "a:b,c", b"why\n")
    assert text.splitlines()[:5] == [
        "[1/2] FAILED   1.00s  a:b,c: exit 1",
        "::group::a:b,c",
        "    | why",
        "::endgroup::",
        "::error title=a%3Ab%2Cc::job 'a:b,c' failed: exit 1",
    ]


def test_github_gets_a_warning_for_a_failure_that_is_allowed(tmp_path: Path) -> None:
    text = shown(tmp_path, GITHUB, "a", b"", allowed=True)
    assert "::warning title=a::job 'a' failed: exit 1\n" in text
    assert "::error" not in text
    assert "::group" not in text  # there is nothing to show in it


def test_github_escapes_what_separates(tmp_path: Path) -> None:
    line = GitHub().failure(JobEnded("a\n%", 1, BAD, "exited", 1.0, "50%\r\n::x"))
    assert line == "::error title=a%0A%25::job 'a%0A%25' failed: 50%25%0D%0A::x"


def commands(text: str) -> list[str]:
    """The lines that GitHub's runner takes for commands (ActionCommand.cs)."""
    return [line for line in text.split("\n") if line.strip().startswith("::") or "##[" in line]


_ATTACKS = [
    "::set-output name=x::y", "  ::error::x", "##[error]x", "x ##[add-path]y", "\u00a0::warning::x",
    "####[[group]", "|::error::x", "::stop-commands::x", "\x1b[0m::error::x", "a\r::error::x",
]  # fmt: skip


@pytest.mark.parametrize("output", ["failed", "group", "stream", "prefix"])
@pytest.mark.parametrize("attack", _ATTACKS)
def test_I06_no_output_and_no_name_is_a_command_for_github(
    tmp_path: Path, output: str, attack: str
) -> None:
    text = shown(tmp_path, GITHUB, attack, f"{attack}\n{attack}".encode(), output)
    found = commands(text)
    ours = re.compile(r"::(group::|endgroup::$|error title=)")
    assert all(ours.match(line) for line in found)
    assert len(found) == (3 if output in ("failed", "group") else 1)
    assert "##[" not in "".join(line for line in text.split("\n") if line not in found)


@settings(deadline=None)
@given(st.text(st.sampled_from(":#[ \t|ax\u00a0\u3000"), max_size=12))
def test_I06_no_line_is_left_that_is_a_command(text: str) -> None:
    assert commands(GitHub().plain(text)) == []


def test_gitlab_gets_a_section_that_is_folded(tmp_path: Path) -> None:
    text = shown(tmp_path, GITLAB, "a b", b"why\n")
    start = r"\x1b\[0Ksection_start:\d{10}:treadle_1\[collapsed=true\]\r\x1b\[0Ka b\n"
    end = r"\x1b\[0Ksection_end:\d{10}:treadle_1\r\x1b\[0K\n"
    assert re.search(rf"{start}    \| why\n{end}", text)


def test_I06_no_output_opens_or_closes_a_section_of_gitlab(tmp_path: Path) -> None:
    attack = "\x1b[0Ksection_end:1700000000:treadle_1\r\x1b[0K"
    text = shown(tmp_path, GITLAB, attack, attack.encode())
    assert len(re.findall(r"\x1b\[0Ksection_\w+:\d+:\S+\r\x1b\[0K", text)) == 2


def test_elsewhere_nothing_is_marked(tmp_path: Path) -> None:
    assert type(marks_for({"CI": "true"})) is Marks
    assert type(marks_for({"GITHUB_ACTIONS": "false"})) is Marks
    assert isinstance(marks_for(GITLAB), GitLab)
    assert "::" not in shown(tmp_path, {"CI": "true"}, "a", b"x\n")
