"""Lines scroll, the area stays under them, and nothing of it is left behind."""

from __future__ import annotations

import io
import os
import pty
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.report import JobEnded, JobStarted, RunEnded, RunStarted
from treadle.report.live import Live
from treadle.report.screen import ERASE, Screen
from treadle.report.terminal import Output
from treadle.status import ReturnValue

_PIECE = re.compile(r"\x1b\[\??(\d*)([A-Za-z])|(.)", re.DOTALL)


class Terminal:
    """As much of a terminal as is used: what has scrolled away is kept."""

    def __init__(self, columns: int, height: int) -> None:
        self.columns, self.height = columns, height
        self.rows: list[str] = [""]
        self.row = self.column = 0
        self.wraps = True

    def feed(self, text: str) -> None:
        for number, command, char in _PIECE.findall(text):
            if command:
                self._command(command, int(number or 1))
            elif char == "\r":
                self.column = 0
            elif char == "\n":
                self.row += 1
                self.column = 0
                self.rows += [""] * (self.row + 1 - len(self.rows))
            else:
                self._put(char)

    def _command(self, command: str, number: int) -> None:
        if command == "A":
            top = max(0, len(self.rows) - self.height)
            self.row = max(top, self.row - number)
        elif command == "J":
            self.rows[self.row] = self.rows[self.row][: self.column]
            del self.rows[self.row + 1 :]
        elif command in "hl" and number == 7:
            self.wraps = command == "h"

    def _put(self, char: str) -> None:
        if self.column == self.columns:
            if not self.wraps:
                return
            self.feed("\n")
        row = self.rows[self.row].ljust(self.column)
        self.rows[self.row] = row[: self.column] + char + row[self.column + 1 :]
        self.column += 1

    def shown(self) -> list[str]:
        rows = [row.rstrip() for row in self.rows]
        while rows and not rows[-1]:
            rows.pop()
        return rows


class Fake(io.StringIO):
    def isatty(self) -> bool:
        return True


@contextmanager
def screen_on(terminal: Terminal) -> Iterator[Screen]:
    class Both(Output):
        def write(self, text: str) -> None:
            terminal.feed(text)

        def device(self) -> int:
            return 1

    yield Screen(Both(None), Both(None), area=True)


_line = st.text("abc", min_size=1, max_size=9)


@given(
    st.lists(st.one_of(_line, st.lists(_line, max_size=4)), max_size=30),
    st.integers(5, 12),
    st.integers(4, 30),
)
def test_whatever_is_drawn_the_lines_are_whole_and_the_area_is_under_them(
    steps: list[str | list[str]], columns: int, height: int
) -> None:
    terminal = Terminal(columns, height)
    lines: list[str] = []
    with screen_on(terminal) as screen:
        for step in steps:
            if isinstance(step, str):
                screen.line(step)
                lines.append(step)
            else:
                screen.draw(step)
                rows = [row[i : i + columns] for row in lines for i in range(0, len(row), columns)]
                assert terminal.shown() == rows + [row[:columns] for row in step]
        screen.close()
        screen.line("end")
    rows = [row[i : i + columns] for row in lines for i in range(0, len(row), columns)]
    assert terminal.shown() == [*rows, "end"]


def test_a_narrower_window_leaves_nothing_of_the_area_behind() -> None:
    terminal = Terminal(20, 10)
    with screen_on(terminal) as screen:
        screen.line("before")
        screen.draw(["x" * 19, "y" * 19])
        # Some terminals wrap what is there: the cursor stays where the area begins.
        terminal.columns = 10
        terminal.rows[1:] = ["x" * 10, "x" * 9, "y" * 10, "y" * 9]
        screen.draw(["z" * 9])
    assert terminal.shown() == ["before", "z" * 9]


def test_lines_and_area_are_written_in_one_piece_and_many_lines_do_not_wait() -> None:
    pieces: list[str] = []

    class Both(Output):
        def write(self, text: str) -> None:
            pieces.append(text)

        def device(self) -> int:
            return 1

    screen = Screen(Both(None), Both(None), area=True)
    screen.draw(["one"])
    screen.line("a")
    screen.draw(["two"])
    assert pieces[1] == f"{ERASE}a\n\x1b[?7ltwo\r\x1b[?7h"
    for _ in range(1001):
        screen.line("b")
    assert len(pieces) == 3


def test_lines_in_a_pipe_come_first_then_the_area() -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as pipe, os.fdopen(reader) as read:
        err = Fake()
        screen = Screen(Output(pipe), Output(err), area=True)
        screen.draw(["area"])
        screen.line("a")
        screen.draw(["area"])
        # Who reads the pipe may write to this terminal: the area waits for the next time.
        assert err.getvalue().endswith(ERASE)
        assert read.readline() == "a\n"
        screen.draw(["area"])
        assert err.getvalue().endswith("area\r\x1b[?7h")


def test_a_write_in_a_handler_in_the_midst_of_a_write_is_left_out() -> None:
    class Both(Output):
        def write(self, text: str) -> None:
            texts.append(text)
            screen.draw(["again"])

    texts: list[str] = []
    screen = Screen(Both(None), Both(None), area=True)
    screen.draw(["once"])
    assert len(texts) == 1


class Slow:
    """A live view, a step at a time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, mode: Any = "tty") -> None:
        monkeypatch.setattr(threading.Thread, "start", lambda self: None)
        monkeypatch.setattr(threading.Thread, "join", lambda self: None)
        monkeypatch.setattr("treadle.report.live._FIRST", 0.0)
        monkeypatch.setattr("treadle.report.live._HEARTBEAT", 0.0)
        self.stream = Fake()
        self.live = Live(Output(self.stream), mode)
        self.live.take(RunStarted("r", "f", 9, {}, None))  # type: ignore[arg-type]  # not looked at
        self.live.take(JobStarted("a", 1, self.live.standing.began))

    def text(self) -> str:
        self.live.renew()
        text = self.stream.getvalue()
        self.stream.truncate(0)
        self.stream.seek(0)
        return text


def test_the_area_is_away_while_a_job_holds_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(monkeypatch)
    assert "0/9" in slow.text()
    slow.live.hold()
    assert slow.text() == ERASE
    assert slow.text() == ""
    slow.live.release()
    assert "0/9" in slow.text()


def test_a_sign_of_life_names_what_runs_and_moves_no_cursor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow = Slow(monkeypatch, "plain")
    assert slow.text() == "0/9, running: a for 0s\n"
    for i in range(7):
        slow.live.take(JobStarted(f"b\x1b{i}", 1, slow.live.standing.began - 75))
    slow.live.take(JobEnded("a", 1, ReturnValue.failure, "exited", 1))
    names = ", ".join(f"b\\x1b{i} for 1m15s" for i in range(5))
    assert slow.text() == f"1/9, 1 failed, running: {names} and 2 more\n"
    slow.live.hold()
    assert slow.text() == ""


def test_nothing_is_drawn_in_a_run_that_is_over_at_once_and_rich_is_not_loaded() -> None:
    import subprocess
    import sys

    program = (
        "import sys, io\n"
        "from pathlib import Path\n"
        "from treadle.report import RunStarted, RunEnded\n"
        "from treadle.report.views import make_views\n"
        "view, = make_views(io.StringIO(), io.StringIO(), {}, progress='tty')\n"
        "view.take(RunStarted('r', 'f', 1, {}, Path('logs')))\n"
        "view.live.renew()\n"
        "view.take(RunEnded(0.1))\n"
        "sys.exit('rich' in sys.modules or 'msgspec' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("asked", [signal.SIGTSTP, signal.SIGUSR1, signal.SIGQUIT])
def test_C09_before_ctrl_z_stops_us_or_a_signal_asks_the_area_is_taken_away(
    monkeypatch: pytest.MonkeyPatch, asked: signal.Signals
) -> None:
    heard: list[int] = []
    before = signal.signal(asked, lambda signum, _: heard.append(signum))
    try:
        slow = Slow(monkeypatch)
        assert "0/9" in slow.text()
        signal.raise_signal(asked)
        assert heard == [asked]
        # The scheduler stops the process in a moment; until then nothing is drawn.
        assert slow.text() == ERASE
        slow.live._still_until = 0.0
        assert "0/9" in slow.text()
        ours = signal.getsignal(asked)
        slow.live.take(RunEnded(1))
        assert signal.getsignal(asked) != ours
    finally:
        signal.signal(asked, before)


def test_nobody_who_left_ctrl_z_alone_gets_a_handler(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(monkeypatch)
    assert signal.getsignal(signal.SIGTSTP) is signal.SIG_DFL
    slow.live.take(RunEnded(1))


def test_a_terminal_is_told_by_its_device() -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as one, os.fdopen(os.dup(theirs), "w") as other:
        assert Output(one).device() == Output(other).device() is not None
        assert Output(one).in_front()  # of a terminal of another session nothing is known
        assert Output(io.StringIO()).device() is None
    os.close(ours)


def test_a_terminal_that_takes_nothing_does_not_stop_who_writes_lines() -> None:
    screen = Screen(Output(None), Output(None), area=True)
    wrote = threading.Event()

    def write() -> None:
        screen.line("a")
        wrote.set()

    with screen.lock:  # as held by a write that waits for Ctrl-Q
        thread = threading.Thread(target=write)
        thread.start()
        assert wrote.wait(20)
    thread.join()


def test_a_mistake_of_the_area_costs_the_area_and_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(monkeypatch)
    slow.live.screen.line("before")
    slow.live.ticks.append(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        slow.live._work()
    slow.live.screen.line("after")
    assert slow.stream.getvalue() == "before\nafter\n"


def test_the_first_area_waits_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(monkeypatch)
    monkeypatch.setattr("treadle.report.live._FIRST", 1e9)
    slow.live.screen.line("a")
    assert slow.text() == "a\n"
