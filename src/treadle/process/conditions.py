"""What a program may be given besides a command line: limits, priority, a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from treadle.errors import ProcessError

Leak: TypeAlias = Literal["kill", "fail", "leave"]
"""What happens to processes that are left when a program ends."""

LIMITS = ("memory", "cpu", "files", "processes")


class Conditions(NamedTuple):
    """Under which conditions a program runs.

    Attributes:
        leak: what it leaves behind is killed, killed and counted as a failure, or left.
        limits: of each of its processes: `memory` in bytes (address space), `cpu` in
            seconds, `files` open at a time; and `processes` of its user.
        nice: its priority, -20 (first) to 19 (last).
        umask: its file mode mask.
        tty: give it a pseudo-terminal, so that it writes as for a person.
        terminal: let it alone hold the terminal that treadle runs in.
        idle_timeout: seconds without output after which it is stopped.
        output_limit: bytes of output after which it is stopped.
    """

    leak: Leak = "kill"
    limits: Mapping[str, float] | None = None
    nice: int | None = None
    umask: int | None = None
    tty: bool = False
    terminal: bool = False
    idle_timeout: float | None = None
    output_limit: int | None = None

    def options(self) -> dict[bytes, bytes]:
        """As the warden reads them.

        Raises:
            ProcessError: one of them cannot be.
        """
        if self is PLAIN:
            return {}
        # What most jobs have in common is worked out once.
        leak, limits, *others = self
        found = dict(_encoded(leak, *others))
        return found | _encoded_limits(limits) if limits else found


@lru_cache(maxsize=1024)
def _encoded(
    leak: str,
    nice: int | None,
    umask: int | None,
    tty: bool,
    terminal: bool,
    idle: float | None,
    cap: int | None,
) -> dict[bytes, bytes]:
    if leak not in ("kill", "fail", "leave"):
        raise ProcessError(f"leak is {leak!r}; it must be 'kill', 'fail' or 'leave'")
    said: dict[str, object] = {
        "leak": leak if leak == "leave" else None,
        "nice": nice,
        "umask": umask,
        "tty": tty or None,
        "terminal": terminal or None,
        "idle": idle,
        "cap": cap,
    }
    return {n.encode(): str(v).encode() for n, v in said.items() if v is not None}


def _encoded_limits(limits: Mapping[str, float]) -> dict[bytes, bytes]:
    found = {}
    for name, value in limits.items():
        if name not in LIMITS or not value >= 0:
            raise ProcessError(
                f"limits has {name!r} = {value!r}; it takes {', '.join(LIMITS)}, 0 or more"
            )
        found[name.encode()] = str(int(value)).encode()
    return found


PLAIN = Conditions()


class Usage(NamedTuple):
    """What a program used, together with those of its children that it waited for.

    Attributes:
        user: seconds of processor time in the program.
        system: seconds of processor time in the kernel.
        max_rss: the most memory that one process of it had, in bytes.
        wall: seconds from its start to its end.
    """

    user: float
    system: float
    max_rss: int
    wall: float
