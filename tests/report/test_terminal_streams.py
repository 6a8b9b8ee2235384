"""When colour and a live line are wanted, and streams that nobody reads."""

from __future__ import annotations

import io
import os

import pytest

from treadle.report.terminal import Output, is_terminal, wants_colour, wants_live_line


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


TTY, FILE = Terminal(), io.StringIO()


@pytest.mark.parametrize(
    ("when", "stream", "env", "wanted"),
    [
        ("auto", TTY, {}, True),
        ("auto", FILE, {}, False),
        ("always", FILE, {"NO_COLOR": "1"}, True),
        ("never", TTY, {"FORCE_COLOR": "1"}, False),
        ("auto", TTY, {"NO_COLOR": "1"}, False),
        ("auto", TTY, {"NO_COLOR": ""}, True),
        ("auto", FILE, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, True),
        ("auto", TTY, {"FORCE_COLOR": "0"}, False),
        ("auto", FILE, {"CLICOLOR_FORCE": "1"}, True),
        ("auto", TTY, {"CLICOLOR": "0"}, False),
        ("auto", TTY, {"TERM": "dumb"}, False),
        ("auto", None, {}, False),
    ],
)
def test_colour_follows_the_option_then_the_environment_then_the_terminal(
    when: str, stream: io.StringIO | None, env: dict[str, str], wanted: bool
) -> None:
    assert wants_colour(when, stream, env) is wanted  # type: ignore[arg-type]  # a parametrized text


@pytest.mark.parametrize(
    ("progress", "stream", "env", "wanted"),
    [
        ("auto", TTY, {}, True),
        ("auto", FILE, {}, False),
        ("auto", TTY, {"CI": "true"}, False),
        ("auto", TTY, {"TERM": "dumb"}, False),
        ("tty", FILE, {"CI": "true"}, True),
        ("plain", TTY, {}, False),
        ("none", TTY, {}, False),
    ],
)
def test_a_live_line_needs_a_terminal_that_can(
    progress: str, stream: io.StringIO, env: dict[str, str], wanted: bool
) -> None:
    assert wants_live_line(progress, stream, env) is wanted  # type: ignore[arg-type]  # as above


def test_c11_what_nobody_reads_is_dropped() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stream:
        out = Output(stream)
        out.line("x")
        out.line("y")
        assert out.stream is None
        stream.write("what the interpreter flushes at exit")


def test_a_closed_stream_is_no_terminal_and_no_error() -> None:
    stream = Terminal()
    stream.close()
    # A closed StringIO still answers isatty here; a closed file raises.
    with open(os.devnull) as file:
        pass
    assert not is_terminal(file)
    Output(stream).line("x")
    Output(None).line("x")


def test_colour_is_written_only_if_there_is_any() -> None:
    assert Output(FILE).paint("x", "red", "bold") == "x"
    assert Output(FILE, colour=True).paint("x", "red", "bold") == "\x1b[31;1mx\x1b[0m"
