"""A start that the system has no room for: tried again, later and later, and then given up."""

from __future__ import annotations

import errno
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from treadle.process.warden import wire
from treadle.process.warden.attempt import Unstartable
from treadle.process.warden.starts import Starts

SPAWN = wire.Spawn([b"program"], [], 0, b"/", (1, 1, 1), (b"", b"", b""), {})


class Short:
    """A spawner for a system that is short of something."""

    def __init__(self, number: int, times: int) -> None:
        self.number = number
        self.left = times

    def start(self, number: int, spawn: wire.Spawn, passed: list[int]) -> Any:
        self.left -= 1
        if self.left >= 0:
            raise Unstartable(self.number, b"start\0program")
        return SimpleNamespace(number=number)


class Said:
    def __init__(self) -> None:
        self.frames: list[tuple[int, int, bytes]] = []

    def say(self, kind: int, number: int, body: bytes = b"") -> None:
        self.frames.append((kind, number, body))


def _starts(spawner: Short) -> tuple[Starts, Said, list[Any]]:
    said, begun = Said(), list[Any]()
    terminal = SimpleNamespace()
    starts = Starts(spawner, terminal, said, begun.append)  # type: ignore[arg-type]  # fakes
    return starts, said, begun


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE])
def test_B09_it_is_tried_again_until_there_is_room(number: int) -> None:
    starts, said, begun = _starts(Short(number, 3))
    starts.start(1, SPAWN, [])
    while starts.waiting:
        starts.try_again(starts.waiting[0].at)

    assert [attempt.number for attempt in begun] == [1]
    assert said.frames == []


def test_B09_the_pauses_grow_and_after_ten_seconds_the_errno_is_told() -> None:
    starts, said, begun = _starts(Short(errno.EAGAIN, 10_000))
    starts.start(1, SPAWN, [])
    first = starts.waiting[0].at
    tries = [first]
    while starts.waiting:
        tries.append(starts.waiting[0].at)
        starts.try_again(tries[-1])

    pauses = [b - a for a, b in pairwise(tries[1:])]
    assert pauses == sorted(pauses)
    assert max(pauses) <= 0.5 + 1e-9
    assert 9 < tries[-1] - first < 11
    assert begun == []
    assert [(kind, wire.read_failed(body)) for kind, _, body in said.frames] == [
        (wire.FAILED, (errno.EAGAIN, b"start\0program"))
    ]


def test_one_that_waits_can_be_cancelled() -> None:
    starts, said, _ = _starts(Short(errno.EAGAIN, 10_000))
    starts.start(1, SPAWN, [])

    assert starts.cancel(1)
    assert not starts.cancel(1)
    assert starts.waiting == []
    assert wire.read_failed(said.frames[0][2])[0] == errno.ECANCELED


def test_what_time_does_not_mend_is_told_at_once() -> None:
    starts, said, _ = _starts(Short(errno.ENOENT, 1))
    starts.start(1, SPAWN, [])

    assert starts.waiting == []
    assert wire.read_failed(said.frames[0][2])[0] == errno.ENOENT
