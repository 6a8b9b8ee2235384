"""What the engine tells the driver to do."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from treadle.engine.model import Fact, Outcome, Stage, Summary, VertexID


class Offer(NamedTuple):
    """The job is ready: ask its provider (or, after a requeue, push it again)."""

    uid: VertexID


class Start(NamedTuple):
    """Start this attempt in this slot."""

    uid: VertexID
    attempt: int
    slot: int


class Stop(NamedTuple):
    """Stop this attempt, this hard."""

    uid: VertexID
    attempt: int
    stage: Stage


class Collect(NamedTuple):
    """The attempt is over: hand it to its owner."""

    uid: VertexID
    attempt: int
    outcome: Outcome


class Record(NamedTuple):
    """Keep this fact before anything that follows is done."""

    fact: Fact


class Finish(NamedTuple):
    """Nothing is left to do."""

    summary: Summary


Command: TypeAlias = Offer | Start | Stop | Collect | Record | Finish
