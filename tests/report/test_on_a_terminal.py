"""The real command on a real terminal: the area is drawn, fits, and leaves nothing behind."""

from __future__ import annotations

import fcntl
import re
import signal
import struct
import termios
from pathlib import Path

import pytest

from programs import until
from screens import Screen

pytestmark = pytest.mark.slow
ERASE = b"\r\x1b[J"


def workflow(folder: Path, waits: str = "go") -> None:
    (folder / "treadle.toml").write_text(
        f"[job.waits]\nrun = 'echo begun; until [ -e {waits} ]; do sleep 0.02; done'\n"
    )


def bare(text: bytes) -> str:
    return re.sub(r"\x1b\[\??[0-9;]*[A-Za-z]", "", text.decode())


@pytest.mark.proof
def test_C09_ctrl_z_and_what_follows_find_a_clean_terminal(tmp_path: Path) -> None:
    workflow(tmp_path)
    with Screen(tmp_path, "run", shell=True) as screen:
        screen.shows(b"begun")
        screen.press(b"\x1a")
        screen.shows(b"[stopped]")
        before, _, _ = screen.text.partition(b"[stopped]")
        # The terminal itself shows the key that was pressed.
        assert before.replace(b"^Z", b"").endswith(ERASE)
        seen = len(screen.text)
        screen.press(b"\n")
        until(lambda: b"begun" in screen.text[seen:], "the area again")
        (tmp_path / "go").touch()
        assert screen.code() == 0
    last = screen.text.rpartition(ERASE)[2]
    assert re.fullmatch(r"\[1/1\] ok .*\r\ndone: 1 job in .*\r\n", bare(last))


@pytest.mark.proof
def test_a_window_that_gets_narrower_has_narrower_rows(tmp_path: Path) -> None:
    workflow(tmp_path)
    with Screen(tmp_path, "run") as screen:
        screen.shows(b"begun")
        size = struct.pack("HHHH", 9, 12, 0, 0)
        fcntl.ioctl(screen._master, termios.TIOCSWINSZ, size)
        until(lambda: b"begun" not in screen.text.rpartition(ERASE)[2], "a narrower area")
        seen = len(screen.text)
        until(lambda: screen.text[seen:].count(ERASE) > 3, "more of it")
        (tmp_path / "go").touch()
        assert screen.code() == 0
    areas = screen.text[seen:].split(ERASE)[2:-1]
    assert areas
    assert all(len(row) < 12 for area in areas for row in bare(area).splitlines())


def test_C04_a_report_that_was_asked_for_stays(tmp_path: Path) -> None:
    workflow(tmp_path)
    with Screen(tmp_path, "run") as screen:
        screen.shows(b"begun")
        screen.process.send_signal(signal.SIGUSR1)
        screen.shows(b"1 active")
        (tmp_path / "go").touch()
        assert screen.code() == 0
    before, _, after = screen.text.partition(b"treadle: 1 active")
    assert before.endswith(ERASE)
    assert re.match(r".*\r\n  waits: .*\r\n", bare(after))
