"""One trial of the zoo, and what the judge says of it."""

from __future__ import annotations

from typing import Any, NamedTuple

ENDS = "the job ends"
TIMEOUT = "timeout"
CTRL_C = "ctrl-c"
CTRL_C_TWICE = "ctrl-c twice"
TERM = "SIGTERM"
KILL_SCHEDULER = "SIGKILL of the scheduler"
KILL_WARDEN = "SIGKILL of the warden"
KILL_GUARD = "SIGKILL of the guard"
KILL_BOTH = "SIGKILL of scheduler and warden"

STOPS = (ENDS, TIMEOUT, CTRL_C, CTRL_C_TWICE, TERM)
KILLS = (KILL_SCHEDULER, KILL_WARDEN, KILL_GUARD, KILL_BOTH)
ACTIONS = STOPS + KILLS

READY = "ready"
BEGUN = "begun"


class Trial(NamedTuple):
    """What happens to which program, and when.

    Attributes:
        program: its name.
        argv: its command, without the form.
        action: one of `ACTIONS`.
        moment: from which event the offset counts: `READY` is that the tree stands, `BEGUN`
            that treadle has begun (for a SIGKILL of it: that it was started).
        offset: seconds from there to the action.
        gap: seconds between two presses of Ctrl-C; fifty times those between two kills.
        warden_first: of scheduler and warden, that is killed first.
        careless: run by something that leaves everything behind, instead of treadle.
    """

    program: str
    argv: tuple[str, ...]
    action: str
    moment: str = READY
    offset: float = 0.0
    gap: float = 0.1
    warden_first: bool = True
    careless: bool = False


class Verdict(NamedTuple):
    """What the judge saw.

    Attributes:
        problems: what should not have been; empty if all is well.
        tree: how many processes there were when the action came, the leader among them.
        code: exit code of treadle, None if it did not end.
        exit_after: seconds from the action to that exit.
        empty_after: seconds from the action until nothing was left.
        survivors: what was left.
        output: what treadle wrote.
    """

    problems: list[str]
    tree: int
    code: int | None
    exit_after: float | None
    empty_after: float | None
    survivors: list[str]
    output: str

    @classmethod
    def of(cls, said: dict[str, Any]) -> Verdict:
        return cls(**said)


class Press(NamedTuple):
    """Ctrl-C on a terminal.

    Attributes:
        offsets: when, in seconds from when treadle has begun.
        grace: that of the jobs, in seconds.
        finishes: the run ends by itself, if it is not interrupted early enough.
        ready: it has begun when a job says so.
    """

    offsets: tuple[float, ...]
    grace: float
    finishes: bool = False
    ready: bool = False


class Pressed(NamedTuple):
    """What came of it: what should not have been, the exit code, the presses, the screen."""

    problems: list[str]
    code: int | None
    presses: int
    text: str
