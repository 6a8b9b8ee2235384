"""What is shown is safe, fits, and reads well."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.report.text import cut, number, safe, safe_line, seconds, size, width


@given(st.text())
def test_i05_a_safe_text_is_printable_whatever_it_was(text: str) -> None:
    assert safe(text).isprintable()
    if text.isprintable():
        assert safe(text) == text


@given(st.binary())
def test_i05_a_line_of_output_is_printable_whatever_it_was(raw: bytes) -> None:
    assert safe_line(raw).isprintable()


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"plain\n", "plain"),
        (b"\x1b[1;31mred\x1b[0m\r\n", "red"),
        (b"\x1b]0;title\x07", r"\x1b]0;title\x07"),
        (b"\x1b[2J", r"\x1b[2J"),
        (b"a\tb", "a    b"),
        (b"10%\r20%", r"10%\r20%"),
        (b"\xff\0", r"\xff\0"),
        ("\u202eevil".encode(), r"\u202eevil"),
        ("\U0001f600é".encode(), "\U0001f600é"),
        (b"x" * 2_010, "x" * 2_000 + "… (+10)"),
    ],
)
def test_output_is_escaped_and_loses_its_colours(raw: bytes, shown: str) -> None:
    assert safe_line(raw) == shown


@given(st.text().map(safe), st.integers(1, 50))
def test_a_cut_text_fits(text: str, columns: int) -> None:
    assert width(cut(text, columns)) <= columns
    if width(text) <= columns:
        assert cut(text, columns) == text


def test_wide_characters_count_twice() -> None:
    assert width("日本") == 4
    assert cut("日本語", 5) == "日本…"


@pytest.mark.parametrize(
    ("duration", "text"),
    [(0, "0.00s"), (1.234, "1.23s"), (9.999, "10.0s"), (59.94, "59.9s"), (59.96, "1m00s"),
     (61, "1m01s"), (3599.6, "1h00m"), (7_260, "2h01m")],
)  # fmt: skip
def test_durations_are_short_at_every_size(duration: float, text: str) -> None:
    assert seconds(duration) == text
    assert re.fullmatch(r"[\d.]+s|\d+m\d\ds|\d+h\d\dm", seconds(duration))


def test_numbers_agree_with_their_noun() -> None:
    assert [number(n, "job") for n in (0, 1, 2)] == ["0 jobs", "1 job", "2 jobs"]


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (3 << 19, "1.5 MiB"), (1 << 30, "1 GiB"),
     (99999 << 40, "97.66 PiB"), (1 << 70, "1.049e+06 PiB")],
)  # fmt: skip
def test_sizes_are_short_at_every_size(count: int, text: str) -> None:
    assert size(count) == text
