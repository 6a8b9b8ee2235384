"""A signal goes to the process it is meant for, or to none: pids are used again."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from .arena import PATH, SEED, count, in_namespace, refusal

# Before 6.14 the limit on pids was the whole machine's: it must not be touched.
_FIRST = (6, 14)


def _refusal() -> str:
    release = tuple(map(int, re.findall(r"\d+", os.uname().release)[:2]))
    if refusal() or release >= _FIRST:
        return refusal()
    return "a PID namespace has a limit on pids of its own from Linux 6.14 on"


REFUSAL = _refusal()
RACES = count("TREADLE_RACES", 5000)
pytestmark = [pytest.mark.proof, pytest.mark.skipif(bool(REFUSAL), reason=REFUSAL)]


def _race(folder: Path, races: int, manner: str = "treadle") -> Any:
    seconds = 60 + races / 40
    said = {"folder": str(folder), "path": PATH, "races": races, "seed": SEED}
    before = Path("/proc/sys/kernel/pid_max").read_text()
    seen = in_namespace("zoo.races", said | {"manner": manner, "seconds": seconds}, seconds + 30)
    assert Path("/proc/sys/kernel/pid_max").read_text() == before
    assert seen["codes"] == [0, 0], seen
    # The pids of most jobs were those of bystanders too, at some other time.
    shared = set(seen["racer"]["pids"]) & set(seen["bystander"]["pids"])
    assert len(shared) > len(seen["racer"]["pids"]) / 2
    return seen


@pytest.mark.timeout(150 + RACES / 40)
def test_B07_a_job_that_ends_when_it_is_killed_ends_once_and_nobody_else_is_hit(
    tmp_path: Path,
) -> None:
    """`TREADLE_RACES` says how many races."""
    seen = _race(tmp_path, RACES)

    assert seen["bystander"]["foreign"] == [], f"TREADLE_SEED={SEED}"
    assert seen["racer"]["wrong"] == [], f"TREADLE_SEED={SEED}"
    assert seen["survivors"] == []
    assert seen["bystander"]["forks"] > RACES / 2
    # Races, not walk-overs: both sides win some.
    assert min(sum(seen["racer"]["how"].values()), RACES) == RACES
    assert seen["racer"]["how"]["exited itself"] > RACES / 20
    assert seen["racer"]["how"]["timed_out -9"] > RACES / 20


def test_the_bystander_notices_a_signal_to_a_pid_that_was_used_again(tmp_path: Path) -> None:
    seen = _race(tmp_path, 500, "careless")

    assert seen["bystander"]["foreign"]
