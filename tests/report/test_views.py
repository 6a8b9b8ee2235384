"""What a command line gets: people and programs are served, and nothing steers the terminal."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.report import (
    Fact,
    JobEnded,
    JobRetried,
    JobSkipped,
    JobStarted,
    Remark,
    RunEnded,
    RunStarted,
    View,
)
from treadle.report.redact import Redactor
from treadle.report.views import make_views
from treadle.status import ReturnValue

OK, BAD = ReturnValue.success, ReturnValue.failure
NASTY = (
    b"\x1b]0;title\x07\x1b[2J\x1b[31mred\x1b[0m\0\r\x9b2J\x90q\x85\x7f\x08 50%\r"
    + bytes(range(256))
    + "\u202e\u2028\u200b日本".encode()
    + b"\xff\xfe\n"
)


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def tell(views: list[View], *facts: Fact) -> None:
    for fact in facts:
        for view in views:
            view.take(fact)


def story(folder: Path, name: str, detail: str, said: bytes) -> list[Fact]:
    log = folder / "story.log"
    log.write_bytes(said)
    return [
        RunStarted(name, name, 4, {name: 1, "default": 2}, folder, {"b": [name]}, {name: 1.0}),
        Remark(detail),
        JobStarted(name, 1, 0.0, log=str(log), queues={name: 1}),
        JobRetried(name, 1, 1.0, detail, "exited", 1.0, str(log)),
        JobStarted(name, 2, 0.0, log=str(log), queues={name: 1}),
        JobEnded(name, 2, BAD, "exited", 1.0, detail, str(log), 2),
        JobEnded("b", 1, OK, "exited", 1.0),
        JobSkipped("c", name, name),
        JobSkipped("d", "", "", detail),
        RunEnded(60.0, cause="stalled", detail=detail),
    ]


_SGR = re.compile(r"\x1b\[[0-9;]*m")
_DRAWN = re.compile(r"\x1b\[\??[0-9]*[AJhl]|\r(?=\n|\x1b)")


def steers(text: str) -> str:
    """What is left that is neither text nor what we draw with ourselves."""
    text = _DRAWN.sub("", _SGR.sub("", text))
    return "".join(char for char in text if not char.isprintable() and char != "\n")


@pytest.mark.parametrize("output", ["failed", "group", "stream", "prefix"])
@pytest.mark.parametrize("env", [{}, {"GITHUB_ACTIONS": "true"}], ids=["", "github"])
@settings(deadline=None, max_examples=25)
@given(name=st.text(st.characters(), min_size=1, max_size=9), said=st.binary(max_size=40))
def test_C12_I05_nothing_that_a_job_writes_or_is_called_steers_the_terminal(
    tmp_path_factory: pytest.TempPathFactory,
    env: dict[str, str],
    output: Any,
    name: str,
    said: bytes,
) -> None:
    out, err = Tty(), Tty()
    folder = tmp_path_factory.getbasetemp()
    views = make_views(out, err, env, color="always", progress="plain", output=output)
    tell(views, *story(folder, name, name, said))
    tell(make_views(out, err, env, output=output, verbose=True), *story(folder, "a", name, NASTY))
    assert steers(out.getvalue()) == steers(err.getvalue()) == ""


def test_C12_I05_the_area_shows_a_nasty_job_without_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("treadle.report.live._FIRST", 0.0)
    err = Tty()
    views = make_views(err, err, {}, color="always", progress="tty")
    facts = story(tmp_path, "\x1b[2J\u202e", "x", NASTY)
    tell(views, *facts[:3])
    views[0].live.renew()  # type: ignore[attr-defined]  # the console's
    tell(views, *facts[3:])
    assert "\\x1b[2J" in err.getvalue()
    assert steers(err.getvalue()) == ""


def test_json_has_the_output_to_itself_and_people_read_the_error_stream(tmp_path: Path) -> None:
    out, err = io.StringIO(), io.StringIO()
    views = make_views(out, err, {"FORCE_COLOR": "1"}, json=True, output="stream")
    tell(views, *story(tmp_path, "a", "exit 1", NASTY))
    kinds = [json.loads(line)["type"] for line in out.getvalue().splitlines()]
    assert (kinds[0], kinds[-1], len(kinds)) == ("run.started", "run.ended", 10)
    assert "\x1b" not in out.getvalue()
    assert "FAILED" in err.getvalue()


def test_json_can_be_quiet_for_people(tmp_path: Path) -> None:
    err = io.StringIO()
    views = make_views(io.StringIO(), err, {}, json=True, quiet=True)
    tell(views, RunStarted("r", "f", 1, {}, tmp_path), RunEnded(1.0))
    assert err.getvalue() == ""


@pytest.mark.parametrize("output", ["failed", "group", "stream", "prefix"])
@pytest.mark.parametrize("env", [{}, {"GITHUB_ACTIONS": "true"}, {"GITLAB_CI": "true"}])
def test_I07_no_secret_is_shown(tmp_path: Path, output: Any, env: dict[str, str]) -> None:
    secret = "hunter22"
    out, err = io.StringIO(), io.StringIO()
    views = make_views(
        out, err, env, output=output, verbose=True, json=True, redactor=Redactor([secret])
    )
    said = f"{secret}\n{secret}{secret} {secret}".encode()
    tell(views, *story(tmp_path, f"job {secret}", f"exit {secret}", said))
    assert "********" in err.getvalue()
    assert secret not in out.getvalue() + err.getvalue()


@pytest.mark.parametrize(
    ("words", "stream", "mode"),
    [
        ({}, Tty(), "tty"),
        ({}, io.StringIO(), "plain"),
        ({"quiet": True}, io.StringIO(), "none"),
        ({"quiet": True}, Tty(), "tty"),
        ({"progress": "none"}, Tty(), "none"),
        ({"progress": "tty"}, io.StringIO(), "tty"),
    ],
)
def test_the_area_is_for_terminals_and_signs_of_life_for_the_rest(
    words: dict[str, Any], stream: io.StringIO, mode: str
) -> None:
    (view,) = make_views(io.StringIO(), stream, {}, **words)
    assert view.live.mode == mode  # type: ignore[attr-defined]  # the console's


@pytest.mark.parametrize("env", [{"CI": "true"}, {"TERM": "dumb"}])
def test_no_cursor_is_moved_where_nobody_sees_it(tmp_path: Path, env: dict[str, str]) -> None:
    out, err = Tty(), Tty()
    tell(make_views(out, err, env, color="never"), *story(tmp_path, "a", "exit 1", b"x\n"))
    assert "\x1b" not in out.getvalue() + err.getvalue()
    assert "\r" not in out.getvalue() + err.getvalue()
