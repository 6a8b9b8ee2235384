"""Values that one job leaves for others."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans import job, played
from treadle.report import JobEnded, JobStarted
from treadle.runner.values import MAX_BYTES, ValuesError, parse, take_values
from treadle.workflow.expressions import Reference
from treadle.workflow.plan import Late, Retry

V = Reference("make", "version")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("a=1\nb=2", {"a": "1", "b": "2"}),
        ("a=1\r\n\r\n", {"a": "1"}),
        ("a=x=y<<z\n", {"a": "x=y<<z"}),
        ("a=\n", {"a": ""}),
        ("a=1\na=2\n", {"a": "2"}),
        ("a<<END\none\n\nb=2\nEND\nc=3\n", {"a": "one\n\nb=2", "c": "3"}),
        ("a<<=\nx\n=\n", {"a": "x"}),
        ("a<<END\nEND\n", {"a": ""}),
        ("a-b_C9= x \n", {"a-b_C9": " x "}),
    ],
)
def test_values_are_read_as_github_actions_does(text: str, values: dict[str, str]) -> None:
    assert parse(text.encode()) == values


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a=1\nfoo bar\n", "line 2: 'foo bar' is neither name=value nor name<<WORD"),
        (b"a<<\n", "line 1: 'a<<' is neither name=value nor name<<WORD"),
        (b"a<<END\nx\n", "line 1: 'a' has no end: 'END' alone on a line"),
        (b"1a=1\n", "line 1: the name '1a' must be letters"),
        (b"=1\n", "line 1: the name '' must be letters"),
        (b"a b<<E\nE\n", "line 1: the name 'a b' must be letters"),
        (b"a=1\nb=\xff\n", "line 2: is not UTF-8"),
        (b"a=\0\n", "line 1: 'a' holds a NUL"),
        (b"x" * 100, "line 1: '" + "x" * 40 + "\u2026' is neither"),
        (b"".join(b"a%d=\n" % n for n in range(1001)), "line 1001: has more than 1000 values"),
    ],
)
def test_what_is_no_value_is_named_with_its_line(data: bytes, message: str) -> None:
    with pytest.raises(ValuesError) as raised:
        parse(data)
    assert message in str(raised.value)


NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]*", fullmatch=True)
TEXTS = st.text(st.characters(exclude_characters="\0\r\n", exclude_categories=["Cs"]))


@given(st.dictionaries(NAMES, TEXTS))
def test_every_value_of_one_line_comes_back(values: dict[str, str]) -> None:
    text = "".join(f"{name}={value}\n" for name, value in values.items())
    assert parse(text.encode()) == values


@given(st.binary(max_size=200))
def test_no_file_breaks_the_reader(data: bytes) -> None:
    with suppress(ValuesError):
        assert all("\0" not in value for value in parse(data).values())


def test_a_file_is_gone_when_it_was_read(tmp_path: Path) -> None:
    path = tmp_path / "a.1.output"
    path.write_text("a=1\n")
    assert take_values(str(path)) == {"a": "1"}
    assert not path.exists()


def test_only_a_file_of_sensible_size_is_read(tmp_path: Path) -> None:
    link, pipe, big = tmp_path / "link", tmp_path / "pipe", tmp_path / "big"
    link.symlink_to("/etc/passwd")
    os.mkfifo(pipe)
    big.write_bytes(b"a" * (MAX_BYTES + 1))
    for path, message in ((link, "cannot be read"), (pipe, "not a file"), (big, "1 MiB")):
        with pytest.raises(ValuesError, match=message):
            take_values(str(path))


# -- in a run --------------------------------------------------------------------------------


def test_a_value_stands_in_the_command_of_another_job(folder: Path) -> None:
    result, _ = played(
        job("make", 'echo "version=1.2; touch bad" >> "$TREADLE_OUTPUT"'),
        job("line", late=Late(line=("echo ", V, " > line")), needs=("make",)),
        job("list", late=Late(elements=(("touch",), ("v=", V, ""))), needs=("make",)),
        job("env", "echo $V > env", late=Late(env={"V": ("<", V, ">")}), needs=("make",)),
        job("text", late=Late(script=("printf %s ", V, " > text")), needs=("make",)),
    )
    assert result.success, result.statuses
    assert (folder / "line").read_text() == "1.2; touch bad\n"
    assert (folder / "v=1.2; touch bad").exists()
    assert (folder / "env").read_text() == "<1.2; touch bad>\n"
    assert (folder / "text").read_text() == "1.2; touch bad"
    assert not (folder / "bad").exists()
    assert list(result.logs.glob("*.output")) == []


def test_a_value_that_was_not_written_fails_the_job_that_uses_it() -> None:
    result, facts = played(
        job("make", "true"),
        job(
            "pack",
            late=Late(line=("echo ", V, "")),
            needs=("make",),
            retry=Retry(retries=3),
        ),
    )
    assert (result.good, result.failed) == (("make",), ("pack",))
    told = facts.of(JobEnded)[-1]
    assert (told.outcome, told.attempt) == ("spawn_failed", 1)
    assert told.detail == (
        "job 'pack' uses '${{ make.version }}', which 'make' did not write to $TREADLE_OUTPUT"
    )


def test_a_malformed_file_fails_the_job_that_wrote_it() -> None:
    result, facts = played(
        job("make", 'echo oops >> "$TREADLE_OUTPUT"'),
        job("pack", late=Late(line=("echo ", V, "")), needs=("make",)),
    )
    assert (result.failed, result.skipped) == (("make",), ("pack",))
    (told,) = facts.of(JobEnded)
    assert told.detail == ("$TREADLE_OUTPUT: line 1: 'oops' is neither name=value nor name<<WORD")


def test_only_a_good_attempt_leaves_values(folder: Path) -> None:
    write = 'echo "version=$TREADLE_ATTEMPT" >> "$TREADLE_OUTPUT"; test $TREADLE_ATTEMPT = 2'
    result, _ = played(
        job("make", write, retry=Retry(retries=1)),
        job("pack", late=Late(line=("echo ", V, " > seen")), needs=("make",)),
    )
    assert result.flaky == ("make",)
    assert (folder / "seen").read_text() == "2\n"


def test_a_job_knows_who_it_is_and_when_it_will_be_stopped(folder: Path) -> None:
    result, facts = played(
        job("a", "env > env; date +%s > now", timeout=1000.0), job("b", "env > free"), deadline=5000
    )
    assert result.success
    env = dict(line.split("=", 1) for line in (folder / "env").read_text().splitlines())
    assert (env["TREADLE_JOB"], env["TREADLE_RUN"]) == ("a", result.run)
    assert (env["TREADLE_ATTEMPT"], env["TREADLE_SLOT"]) == ("1", "0")
    assert env["TREADLE_OUTPUT"] == str(result.logs / "a.1.output")
    at = float(env["TREADLE_DEADLINE"])
    assert 990 < at - int((folder / "now").read_text()) < 1001
    assert [(told.slot, told.queues) for told in facts.of(JobStarted)] == [
        (0, {"default": 1}), (0, {"default": 1}),
    ]  # fmt: skip
    played(job("c", "env > free"))
    assert "TREADLE_DEADLINE" not in (folder / "free").read_text()
