"""The pure core of treadle: events in, commands out, time as an argument."""

from treadle.engine.attempt import TRANSITIONS, Attempt, AttemptState, Trigger
from treadle.engine.commands import Collect, Command, Finish, Offer, Record, Start, Stop
from treadle.engine.engine import Engine
from treadle.engine.events import (
    Begin,
    Collected,
    Ended,
    Event,
    Halt,
    Launch,
    Offered,
    Resized,
    Skipped,
    Started,
    Tick,
)
from treadle.engine.model import (
    NEVER,
    EngineError,
    Fact,
    JobSpec,
    NodeState,
    Outcome,
    Stage,
    Summary,
    VertexID,
)
from treadle.engine.order import longest_remaining_path

__all__ = [
    "NEVER",
    "TRANSITIONS",
    "Attempt",
    "AttemptState",
    "Begin",
    "Collect",
    "Collected",
    "Command",
    "Ended",
    "Engine",
    "EngineError",
    "Event",
    "Fact",
    "Finish",
    "Halt",
    "JobSpec",
    "Launch",
    "NodeState",
    "Offer",
    "Offered",
    "Outcome",
    "Record",
    "Resized",
    "Skipped",
    "Stage",
    "Start",
    "Started",
    "Stop",
    "Summary",
    "Tick",
    "Trigger",
    "VertexID",
    "longest_remaining_path",
]
