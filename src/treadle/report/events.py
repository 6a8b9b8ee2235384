"""The facts of a run as programs read them: one JSON object each, version 1.

These classes are the one source of what is written, and of its published schema. A field
may be added in the same version; none is taken away or given another meaning.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta, Struct

SCHEMA = 1

Instant: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$",
        description="UTC, RFC 3339, with microseconds.",
    ),
]
Seconds: TypeAlias = Annotated[float, Meta(description="Seconds.")]


class Encoded(Struct, forbid_unknown_fields=True):
    """A text that is not UTF-8: its bytes."""

    base64: str


Text: TypeAlias = str | Encoded


class Event(Struct, kw_only=True, tag_field="type"):
    """What all have.

    Attributes:
        seq: its number in the stream, from 1.
        ts: when it was told.
        mono: seconds since the run began; never goes back.
    """

    seq: Annotated[int, Meta(ge=1)]
    ts: Instant
    mono: Seconds


class RunStarted(Event, tag="run.started", kw_only=True):
    """The first event. `queues` has no limit where a number is null."""

    schema: Annotated[int, Meta(description="Version of the events.")] = SCHEMA
    run: Text
    label: Text
    jobs: int
    queues: dict[str, float | None]
    logs: Text
    needs: dict[str, list[Text]]
    expected: dict[str, Seconds]


class JobStarted(Event, tag="job.started", kw_only=True):
    """An attempt begins; `at` is when, in seconds since the run began."""

    name: Text
    attempt: int
    at: Seconds
    terminal: bool
    log: Text | None
    queues: dict[str, float]
    slot: int
    why: list[Text]


class Usage(Struct):
    """What a program used: seconds, and for `max_rss` bytes."""

    user: float
    system: float
    max_rss: int
    wall: float


class JobRetried(Event, tag="job.retried", kw_only=True):
    """An attempt came to nothing; the job runs again in `delay` seconds."""

    name: Text
    attempt: int
    duration: Seconds
    detail: Text
    outcome: str
    delay: Seconds
    log: Text | None
    code: int | None
    usage: Usage | None


class JobEnded(Event, tag="job.ended", kw_only=True):
    """The last attempt of a job is over; `status` is 0 when it has done what it is for."""

    name: Text
    attempt: int
    status: int
    outcome: str
    duration: Seconds
    detail: Text
    log: Text | None
    leaked: int
    allowed: bool
    code: int | None
    usage: Usage | None


class JobSkipped(Event, tag="job.skipped", kw_only=True):
    """A job never runs: `need` or `origin` failed, or, when that is empty, it is not wanted."""

    name: Text
    need: Text
    origin: Text
    why: Text


class JobUnchanged(Event, tag="job.unchanged", kw_only=True):
    """A job does not run: what it makes is there; with `restored`, from the cache."""

    name: Text
    restored: bool


class RunRemarked(Event, tag="run.remarked", kw_only=True):
    """Something that a person should know, and that is no failure."""

    text: Text


class RunEnded(Event, tag="run.ended", kw_only=True):
    """The last event; `signum` or `cause` say why a run ended early."""

    duration: Seconds
    left: int
    signum: int
    cause: str
    detail: Text


AnyEvent: TypeAlias = (
    RunStarted
    | JobStarted
    | JobRetried
    | JobEnded
    | JobSkipped
    | JobUnchanged
    | RunRemarked
    | RunEnded
)


def events_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of one line of the stream."""
    schema = msgspec.json.schema(AnyEvent)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"An event of a run of treadle, version {SCHEMA}",
    }
    return head | schema
