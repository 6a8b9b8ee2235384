"""Secrets are hidden, all of them, wherever they stand."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.report import redact
from treadle.report.output import Lines, last_line, tail, whole
from treadle.report.redact import Redactor
from treadle.report.text import safe_line

values = st.lists(st.text("abé", min_size=4, max_size=9), min_size=1, max_size=4)
texts = st.text("abé\n", max_size=200)


def holds(text: bytes, secrets: list[str]) -> bool:
    return any(secret.encode() in text for secret in secrets)


def naive(data: bytes, secrets: list[str]) -> bytes:
    """Every byte that is part of any occurrence."""
    hidden: set[int] = set()
    for secret in (secret.encode() for secret in secrets):
        for at in range(len(data)):
            if data.startswith(secret, at):
                hidden.update(range(at, at + len(secret)))
    return bytes(ord("*") if i in hidden else byte for i, byte in enumerate(data))


@given(values, texts)
def test_I07_no_secret_is_left_and_nothing_else_is_lost(secrets: list[str], text: str) -> None:
    redactor = Redactor(secrets)
    hidden = redactor.text(text)
    assert len(hidden) == len(text)
    assert not holds(hidden.encode(), secrets)
    assert redactor.data(text.encode()) == naive(text.encode(), secrets)


@settings(deadline=None)
@given(values, texts, st.integers(1, 20))
def test_I07_a_file_is_hidden_in_place_whatever_the_borders_of_its_pieces(
    tmp_path_factory: pytest.TempPathFactory, secrets: list[str], text: str, piece: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "log"
    path.write_bytes(text.encode())
    with pytest.MonkeyPatch.context() as patch:
        count_whole = Redactor(secrets).file(path)
        path.write_bytes(text.encode())
        patch.setattr(redact, "_PIECE", piece)
        count = Redactor(secrets).file(path)
    assert path.read_bytes() == naive(text.encode(), secrets)
    assert count == count_whole
    assert (count > 0) is holds(text.encode(), secrets)


def test_a_large_file_with_secrets_on_the_borders_of_its_pieces(tmp_path: Path) -> None:
    secret = "correct horse"
    path = tmp_path / "log"
    data = bytearray(random.Random(4).randbytes(3 << 20))
    places = [(1 << 20) - 5, (2 << 20) - 1, 17, len(data) - len(secret)]
    for at in places:
        data[at : at + len(secret)] = secret.encode()
    path.write_bytes(data)
    assert Redactor([secret]).file(path) == len(places)
    for at in places:
        data[at : at + len(secret)] = b"*" * len(secret)
    assert path.read_bytes() == data


def test_how_many_there_were_is_said_and_overlaps_count_once(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("abcdabcd aaaaa abcdef\n")
    assert Redactor(["abcd", "aaaa", "abcdef"]).file(path) == 4
    assert path.read_text() == "******** ***** ******\n"
    assert Redactor().file(path) == 0


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="has 3 characters; it must have 4"):
        Redactor(["abc"])
    assert not Redactor([])


def test_of_a_secret_of_many_lines_each_line_is_hidden_and_stays_a_line() -> None:
    key = "-----BEGIN-----\nabcdefgh\nxy\n-----END-----\n"
    assert Redactor([key]).text(f"<{key}>") == f"<{'*' * 15}\n********\nxy\n{'*' * 13}\n>"


@given(st.text("ab", min_size=4, max_size=6), st.binary(max_size=30), st.integers(1, 9))
def test_I07_lines_that_come_in_pieces_show_no_secret(secret: str, noise: bytes, size: int) -> None:
    data = noise + secret.encode() + b"\n" + secret.encode() + noise
    lines = Lines(Redactor([secret]))
    shown = [t for i in range(0, len(data), size) for t in lines.feed(data[i : i + size])]
    shown += lines.rest()
    assert len(shown) == data.count(b"\n") + (not data.endswith(b"\n"))
    assert not any(secret in text for text in shown)


def test_I07_a_secret_between_colours_or_at_the_edge_of_what_is_read_is_not_shown(
    tmp_path: Path,
) -> None:
    redactor = Redactor(["hunter22"])
    assert safe_line(b"\x1b[31mhunt\x1b[0mer22\n", redactor) == "********"
    log = tmp_path / "log"
    for extra in range(12):
        log.write_bytes(b"x" * 9 + b"hunter22" + b"y" * (64 * 1024 - 8 + extra - 4))
        lines, _ = tail(log, redactor=redactor)
        assert "er22" not in lines[0]
        log.write_bytes(b"hunter22" + b"y" * (4096 - 8 + extra) + b"\n")
        assert "22" not in last_line(log, redactor)
    log.write_bytes(b"\x1b[0m" * 16382 + b"hunter22 and more\n")
    assert "hun" not in "".join(whole(log, redactor))


def test_what_is_added_is_hidden_from_then_on_by_all_who_have_it() -> None:
    redactor = Redactor(["first"])
    shown = redactor.text
    assert shown("first second") == "***** second"

    redactor.add(["second"])
    assert shown("first second") == "***** ******"
    assert redactor.longest == 6
