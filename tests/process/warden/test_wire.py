"""The words between scheduler and warden."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.process.warden import wire

TEXT = st.binary(max_size=30).filter(lambda text: b"\0" not in text)
SPAWNS = st.builds(
    wire.Spawn,
    st.lists(TEXT, min_size=1, max_size=6),
    st.lists(st.tuples(TEXT, TEXT), max_size=5).map(lambda pairs: [t for p in pairs for t in p]),
    st.integers(0, 2**32 - 1),
    TEXT,
    st.tuples(*[st.integers(0, 5)] * 3),
    st.tuples(TEXT, TEXT, TEXT),
    st.dictionaries(TEXT, TEXT, max_size=4),
)


def _said(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}


def _listed(value: Any) -> dict[str, Any]:
    return {k: list(v) if isinstance(v, tuple) else v for k, v in _said(value).items()}


@given(SPAWNS)
def test_what_is_to_be_spawned_arrives_as_it_was_sent(spawn: wire.Spawn) -> None:
    assert _listed(wire.read_spawn(wire.spawn_body(spawn))) == _listed(spawn)


@given(st.dictionaries(TEXT, TEXT, max_size=20))
def test_an_environment_arrives_as_it_was_sent(environment: dict[bytes, bytes]) -> None:
    assert wire.read_base(wire.base_body(environment)) == environment


def test_an_end_arrives_as_it_was_sent() -> None:
    end = wire.End(17, -9, 0.25, 0.5, 1.75, 1 << 40, 3, wire.OOM)

    assert _said(wire.read_end(wire.end_body(end))) == _said(end)


def test_a_text_with_a_nul_is_refused_since_it_would_be_taken_for_two() -> None:
    spawn = wire.Spawn([b"a\0b"], [], 0, b"/", (1, 1, 1), (b"", b"", b""), {})

    with pytest.raises(ValueError, match="null"):
        wire.spawn_body(spawn)


@given(st.lists(st.tuples(st.integers(1, 6), TEXT), min_size=1, max_size=5), st.data())
def test_frames_are_the_same_however_the_stream_is_cut(
    sent: list[tuple[int, bytes]], data: st.DataObject
) -> None:
    stream = b"".join(wire.frame(kind, 7, body) for kind, body in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    frames = wire.Frames(to_warden=True)
    found = []
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += frames.feed(stream[begin:end])

    assert found == [(kind, 7, body) for kind, body in sent]


def test_a_frame_that_is_too_long_is_refused_on_both_sides() -> None:
    with pytest.raises(wire.WireError):
        wire.frame(wire.SPAWN, 1, bytes(wire.MAX_BODY + 1))
    with pytest.raises(wire.WireError):
        wire.Frames(to_warden=True).feed(b"\xff\xff\xff\xff" + bytes(9))


def test_I11_10_000_damaged_streams_give_an_error_of_the_wire_or_frames_and_nothing_else() -> None:
    spawn = wire.Spawn([b"prog", b"arg"], [b"A", b"b"], 1, b"/", (1, 3, 5), (b"", b"x", b""), {})
    good = wire.frame(wire.SPAWN, 1, wire.spawn_body(spawn)) + wire.frame(
        wire.STOP, 1, wire.stop_body(wire.KILL, 9)
    )
    readers = {
        wire.SPAWN: wire.read_spawn,
        wire.STOP: wire.read_stop,
        wire.BASE: wire.read_base,
    }
    draw = random.Random(20)
    refused = 0
    for _ in range(10_000):
        stream = bytearray(good)
        for _ in range(draw.randint(1, 4)):
            stream[draw.randrange(len(stream))] = draw.randrange(256)
        try:
            for kind, _, body in wire.Frames(to_warden=True).feed(bytes(stream)):
                readers.get(kind, bytes)(body)
        except wire.WireError:
            refused += 1

    assert refused > 1_000
