"""What programs read of a run: valid, complete, in order, and described."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.process.conditions import Usage
from treadle.report import (
    Fact,
    JobEnded,
    JobRetried,
    JobSkipped,
    JobStarted,
    JobsUnchanged,
    Remark,
    RunEnded,
    RunStarted,
)
from treadle.report.events import AnyEvent, events_schema
from treadle.report.jsonl import JsonLines
from treadle.report.redact import Redactor
from treadle.report.terminal import Output
from treadle.status import ReturnValue

ALL: tuple[Fact, ...] = (
    RunStarted("r", "f", 2, {"default": float("inf"), "net": 2}, Path("logs"), {"b": ["a"]},
               {"a": 1.5}),
    JobStarted("a", 1, 0.0, log="a.1.log", queues={"net": 1}, slot=3),
    JobRetried("a", 1, 0.5, "exit 1", "exited", 30.0, "a.1.log"),
    JobStarted("a", 2, 9.0, terminal=True),
    JobEnded("a", 2, ReturnValue.failure, "exited", 1.5, "exit 3", None, 1, allowed=True, code=3,
             usage=Usage(0.1, 0.2, 1 << 20, 1.5)),
    JobSkipped("b", "a", "a"),
    JobSkipped("c", "", "", "not today"),
    JobsUnchanged(["d", "e"], restored=True),
    Remark("the history is new"),
    RunEnded(2.0, 1, 2, "deadline", "too late"),
)  # fmt: skip


def written(*facts: Fact, redactor: Redactor | None = None) -> list[str]:
    stream = io.StringIO()
    view = JsonLines(Output(stream), redactor)
    for fact in facts:
        view.take(fact)
    lines = stream.getvalue().split("\n")
    assert lines.pop() == ""
    return lines


def decoded(text: Any) -> str:
    if isinstance(text, dict):
        return base64.b64decode(text["base64"]).decode("utf-8", "surrogateescape")
    assert isinstance(text, str)
    return text


def test_each_fact_is_one_object_with_all_its_fields() -> None:
    found = [json.loads(line) for line in written(*ALL)]
    assert [one["type"] for one in found] == [
        "run.started", "job.started", "job.retried", "job.started", "job.ended", "job.skipped",
        "job.skipped", "job.unchanged", "job.unchanged", "run.remarked", "run.ended",
    ]  # fmt: skip
    assert [(one["name"], one["restored"]) for one in found[7:9]] == [("d", True), ("e", True)]
    told = [fact for fact in ALL if not isinstance(fact, JobsUnchanged)]
    for fact, one in zip(told, [*found[:7], *found[9:]], strict=True):
        assert set(fact._fields) <= one.keys()
    assert [one["seq"] for one in found] == list(range(1, 12))
    assert sorted(one["mono"] for one in found) == [one["mono"] for one in found]
    assert found[0]["mono"] == 0
    assert [one.get("schema") for one in found] == [1] + [None] * 10
    assert found[0]["queues"] == {"default": None, "net": 2}
    assert found[4]["usage"] == {"user": 0.1, "system": 0.2, "max_rss": 1 << 20, "wall": 1.5}
    assert (found[4]["status"], found[4]["code"], found[4]["allowed"]) == (1, 3, True)


def test_each_line_is_what_the_schema_says() -> None:
    for line in written(*ALL):
        event = msgspec.json.decode(line, type=AnyEvent)
        assert json.loads(msgspec.json.encode(event)) == json.loads(line)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"type": "job.ended", "seq": 1}', type=AnyEvent)


def test_the_schema_describes_every_type_and_the_version() -> None:
    schema = events_schema()
    assert json.loads(json.dumps(schema)) == schema
    kinds = schema["discriminator"]["mapping"]
    assert set(kinds) == {json.loads(line)["type"] for line in written(*ALL)}
    for line in written(*ALL):
        one = json.loads(line)
        kind = schema["$defs"][kinds[one["type"]].rpartition("/")[2]]
        assert set(kind["required"]) | {"schema"} == one.keys() | {"schema"}
        assert one.keys() <= kind["properties"].keys()


def test_times_are_utc_with_microseconds() -> None:
    import re

    for line in written(*ALL):
        ts = json.loads(line)["ts"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", ts)


_any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=9) | st.binary(
    max_size=9
).map(lambda raw: raw.decode("utf-8", "surrogateescape"))


def test_half_a_surrogate_pair_stands_for_no_bytes_and_breaks_no_line() -> None:
    (line,) = written(JobEnded("\ud800", 1, ReturnValue.failure, "exited", 1.0))

    assert line.encode("utf-8")
    assert json.loads(line)["name"] == {"base64": "7aCA"}


@settings(deadline=None)
@given(_any_text, _any_text, st.none() | _any_text)
def test_I05_whatever_texts_say_lines_are_printable_and_lose_nothing(
    name: str, detail: str, log: str | None
) -> None:
    (line,) = written(JobEnded(name, 1, ReturnValue.failure, "exited", 1.0, detail, log))
    assert line.isprintable()
    assert line.encode("utf-8")
    one = json.loads(line)
    assert decoded(one["name"]) == name
    assert decoded(one["detail"]) == detail
    assert (decoded(one["log"]) if log is not None else one["log"]) == log
    msgspec.json.decode(line, type=AnyEvent)


def test_a_name_that_is_no_utf_8_is_written_out_where_it_is_a_key() -> None:
    odd = b"a\xff".decode("utf-8", "surrogateescape")
    start = RunStarted("r", "f", 1, {odd: 1}, Path("logs"), {odd: [odd]}, {odd: 1.0})
    found = json.loads(written(start)[0])
    assert found["queues"] == {r"a\udcff": 1}
    assert found["needs"] == {r"a\udcff": [{"base64": "Yf8="}]}
    assert json.loads(written(JobStarted("\ud800", 1, 0.0))[0])["name"] == {"base64": "7aCA"}


def test_I07_secrets_are_hidden() -> None:
    secret = "hunter22"
    start = RunStarted(
        secret, secret, 1, {secret: 1}, Path(secret), {secret: [secret]}, {secret: 1}
    )
    bad = JobEnded(secret, 1, ReturnValue.failure, "exited", 1.0, f"exit {secret}", secret)
    facts = (start, bad, Remark(secret), JobSkipped(secret, secret, secret, secret))
    assert secret not in "".join(written(*facts, redactor=Redactor([secret])))
