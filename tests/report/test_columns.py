"""Tables and parts: aligned at any width, and never wider than there is room."""

from __future__ import annotations

import io
import os
import pty
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from treadle.report.columns import Column, _line, _widths, show_parts, show_table
from treadle.report.joblog import show_log
from treadle.report.runwords import ago, counted
from treadle.report.terminal import Output
from treadle.report.text import width

COLUMNS = (Column("name", gives=True), Column("n", right=True), Column("why", gives=True))
TEXTS = st.text("ab日é", max_size=40)


def shown(*rows: tuple[str, str, str]) -> list[str]:
    stream = io.StringIO()
    show_table(Output(stream), COLUMNS, rows)
    return stream.getvalue().splitlines()


def test_columns_are_aligned_whatever_the_characters_take() -> None:
    assert shown(("a", "1", "x"), ("日本", "100", "")) == [
        "name    n  why",
        "a       1  x",
        "日本  100",
    ]


def test_a_column_without_text_is_left_out_and_a_table_without_rows_too() -> None:
    assert shown(("a", "", "x")) == ["name  why", "a     x"]
    assert shown() == []


@given(
    st.lists(
        st.tuples(*[st.text("ab日é", max_size=40)] * 2, st.text("c", max_size=90)), min_size=1
    ),
    st.integers(40, 120),
)
def test_what_gives_is_cut_to_the_room_there_is(
    rows: list[tuple[str, str, str]], room: int
) -> None:
    columns = [Column("a", gives=True), Column("b", gives=True), Column("c", gives=True)]
    widths = _widths(columns, rows, room)
    out = Output(io.StringIO())
    assert all(width(_line(out, columns, row, widths)) <= room for row in rows)


def test_parts_without_lines_are_left_out() -> None:
    stream = io.StringIO()
    show_parts(Output(stream), [("one", ["a", ("b", "red")]), ("none", []), ("two", ["c"])])
    assert stream.getvalue() == "one         a\n            b\ntwo         c\n"


def test_on_a_terminal_a_log_cannot_steer_it(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"\x1b[2Jone\n\x1b[31mred\x1b[0m\nlast")
    host, inner = pty.openpty()
    try:
        with open(inner, "w", closefd=False, encoding="utf-8") as stream:
            show_log(Output(stream), log)
        said = b""
        while b"last" not in said:
            said += os.read(host, 1000)
    finally:
        os.close(host)
        os.close(inner)
    assert said.rstrip() == b"\\x1b[2Jone\r\nred\r\nlast"


def test_instants_are_told_as_people_say_them() -> None:
    assert [ago(1000.0, 1000.0 + past) for past in (-5, 0.4, 59.9, 60, 3599, 7200)] == [
        "0s ago", "0s ago", "59s ago", "1m ago", "59m ago", "2h ago",
    ]  # fmt: skip
    assert ago(0.0, 1e9).startswith("19")


def test_counts_are_told_the_bad_ones_first() -> None:
    assert counted({"ok": 3}, 3) == "3 jobs ok"
    assert counted({"ok": 1, "failed": 1}, 2) == "1 failed, 1 ok of 2 jobs"
    assert counted({"unchanged": 1}, 1) == "1 unchanged of 1 job"
    assert counted({}, 0) == "0 jobs"
