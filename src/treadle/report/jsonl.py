"""The facts of a run as JSON Lines, for programs; `treadle.report.events` says what is in them."""

from __future__ import annotations

import json
import math
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from treadle.clock import SYSTEM
from treadle.report import events, feed

if TYPE_CHECKING:
    from pathlib import Path

    from treadle.process.conditions import Usage
    from treadle.report.redact import Redactor
    from treadle.report.terminal import Output


class JsonLines:
    """Writes each fact as one line, at once.

    Args:
        out: takes the lines. Nothing else may write there.
        redactor: hides secrets.
    """

    def __init__(self, out: Output, redactor: Redactor | None = None) -> None:
        self._out = out
        self._redactor = redactor
        self._seq = 0
        self._began = SYSTEM.monotonic()
        self._encode = msgspec.json.Encoder().encode
        self._makers: dict[type[feed.Fact], Callable[[Any, dict[str, Any]], events.AnyEvent]] = {
            feed.RunStarted: self._run_started,
            feed.JobStarted: self._job_started,
            feed.JobRetried: self._job_retried,
            feed.JobEnded: self._job_ended,
            feed.JobSkipped: self._job_skipped,
            feed.Remark: self._remarked,
            feed.RunEnded: self._run_ended,
        }

    def take(self, fact: feed.Fact) -> None:
        """Write a fact."""
        now = SYSTEM.monotonic()
        if isinstance(fact, feed.RunStarted):
            self._began = now
        if isinstance(fact, feed.JobsUnchanged):
            for name in fact.names:
                head = self._head(now)
                told = events.JobUnchanged(**head, name=self._text(name), restored=fact.restored)
                self._write(told)
            return
        self._write(self._makers[type(fact)](fact, self._head(now)))

    def _head(self, now: float) -> dict[str, Any]:
        self._seq += 1
        ts = SYSTEM.wall().isoformat(timespec="microseconds").replace("+00:00", "Z")
        return {"seq": self._seq, "ts": ts, "mono": now - self._began}

    def _write(self, event: events.AnyEvent) -> None:
        self._out.line(_printable(self._encode(event).decode()))

    def _run_started(self, fact: feed.RunStarted, head: dict[str, Any]) -> events.RunStarted:
        needs = {
            self._key(name): [self._text(need) for need in some]
            for name, some in fact.needs.items()
        }
        return events.RunStarted(
            **head,
            run=self._text(fact.run),
            label=self._text(fact.label),
            jobs=fact.jobs,
            queues={
                self._key(name): tokens if math.isfinite(tokens) else None
                for name, tokens in fact.queues.items()
            },
            logs=self._text(str(fact.logs)),
            needs=needs,
            expected=self._numbers(fact.expected),
        )

    def _job_started(self, fact: feed.JobStarted, head: dict[str, Any]) -> events.JobStarted:
        return events.JobStarted(
            **head,
            name=self._text(fact.name),
            attempt=fact.attempt,
            at=fact.at - self._began,
            terminal=fact.terminal,
            log=self._path(fact.log),
            queues=self._numbers(fact.queues),
            slot=fact.slot,
            why=[self._text(text) for text in fact.why],
        )

    def _job_retried(self, fact: feed.JobRetried, head: dict[str, Any]) -> events.JobRetried:
        return events.JobRetried(
            **head,
            name=self._text(fact.name),
            attempt=fact.attempt,
            duration=fact.duration,
            detail=self._text(fact.detail),
            outcome=fact.outcome,
            delay=fact.delay,
            log=self._path(fact.log),
            code=fact.code,
            usage=_usage(fact.usage),
        )

    def _job_ended(self, fact: feed.JobEnded, head: dict[str, Any]) -> events.JobEnded:
        return events.JobEnded(
            **head,
            name=self._text(fact.name),
            attempt=fact.attempt,
            status=int(fact.status),
            outcome=fact.outcome,
            duration=fact.duration,
            detail=self._text(fact.detail),
            log=self._path(fact.log),
            leaked=fact.leaked,
            allowed=fact.allowed,
            code=fact.code,
            usage=_usage(fact.usage),
        )

    def _job_skipped(self, fact: feed.JobSkipped, head: dict[str, Any]) -> events.JobSkipped:
        return events.JobSkipped(
            **head,
            name=self._text(fact.name),
            need=self._text(fact.need),
            origin=self._text(fact.origin),
            why=self._text(fact.why),
        )

    def _remarked(self, fact: feed.Remark, head: dict[str, Any]) -> events.RunRemarked:
        return events.RunRemarked(**head, text=self._text(fact.text))

    def _run_ended(self, fact: feed.RunEnded, head: dict[str, Any]) -> events.RunEnded:
        return events.RunEnded(
            **head,
            duration=fact.duration,
            left=fact.left,
            signum=fact.signum,
            cause=fact.cause,
            detail=self._text(fact.detail),
        )

    def _text(self, text: str) -> events.Text:
        if self._redactor:
            text = self._redactor.text(text)
        if text.isascii():
            return text
        try:
            text.encode()
        except UnicodeEncodeError:
            return events.Encoded(b64encode(_bytes(text)).decode())
        return text

    def _path(self, path: str | Path | None) -> events.Text | None:
        return None if path is None else self._text(str(path))

    def _numbers(self, numbers: Mapping[str, float]) -> dict[str, float]:
        return {self._key(name): number for name, number in numbers.items()}

    def _key(self, name: str) -> str:
        """Return a name as a key, which has to be UTF-8: what is not is written out."""
        text = self._redactor.text(name) if self._redactor else name
        return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _printable(line: str) -> str:
    """Return a line that steers no terminal: what is not printable stands only in strings."""
    if line.isprintable():
        return line
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in line)


def _usage(usage: Usage | None) -> events.Usage | None:
    return None if usage is None else events.Usage(*usage)


def _bytes(text: str) -> bytes:
    """Return the bytes that a text was made of; it may hold surrogates that stand for none."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
