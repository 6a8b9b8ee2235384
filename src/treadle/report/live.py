"""One line, redrawn in place, that says what is running; or a sign of life now and then."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from treadle.clock import SYSTEM
from treadle.report.feed import (
    Fact,
    JobEnded,
    JobRetried,
    JobSkipped,
    JobStarted,
    RunEnded,
    RunStarted,
)
from treadle.report.text import cut, number, safe, seconds, width

if TYPE_CHECKING:
    from treadle.report.terminal import Output, Progress

_REDRAW = 0.1
_HEARTBEAT = 60.0
_BAR = 24
_ERASE = "\r\x1b[2K"


class Live:
    """Shows what is running, on the error stream, from a thread of its own.

    Args:
        err: takes the line.
        mode: ``tty`` redraws a line, ``plain`` writes one a minute, ``none`` nothing.
    """

    def __init__(self, err: Output, mode: Progress) -> None:
        self.err = err
        self.mode = mode
        self.running: dict[str, float] = {}
        self.jobs = self.done = self.failed = 0
        self._shown = self._was_shown = False
        self._held = False
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def take(self, fact: Fact) -> None:
        """Keep count."""
        match fact:
            case RunStarted():
                self.jobs = fact.jobs
                self._begin()
            case JobStarted():
                self.running[fact.name] = fact.at
            case JobRetried():
                self.running.pop(fact.name, None)
            case JobEnded():
                self.running.pop(fact.name, None)
                self.done += 1
                self.failed += not fact.good
            case JobSkipped():
                self.done += 1
            case RunEnded():
                self.close()

    def aside(self) -> Self:
        """Take the line away while other lines are written, as a context."""
        return self

    def __enter__(self) -> None:
        self._lock.acquire()
        self._was_shown = self._shown
        self._erase()

    def __exit__(self, *_: object) -> None:
        try:
            if self._was_shown and not self._over.is_set():
                self._draw()
        finally:
            self._lock.release()

    def hold(self) -> None:
        """Write nothing until `release`: somebody else has the terminal."""
        with self._lock:
            self._erase()
            self._held = True

    def release(self) -> None:
        """Write again."""
        self._held = False

    def close(self) -> None:
        """Take the line away for good."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        with self._lock:
            self._erase()

    def _begin(self) -> None:
        if self.mode not in ("tty", "plain"):
            return
        self._thread = threading.Thread(target=self._work, name="treadle-live", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        pause = _REDRAW if self.mode == "tty" else _HEARTBEAT
        while not self._over.wait(pause):
            self._renew()

    def _renew(self) -> None:
        with self._lock:
            if self._held:
                return
            if self.mode == "tty":
                self._draw()
            elif self.running:
                self.err.line(self.text(10_000))

    def _draw(self) -> None:
        columns = self.err.columns()
        self.err.write(f"{_ERASE}{self._bar(columns)}{self.text(columns - _BAR - 2)}")
        self._shown = True

    def _erase(self) -> None:
        if self._shown:
            self.err.write(_ERASE)
            self._shown = False

    def _bar(self, columns: int) -> str:
        if columns < 3 * _BAR:
            return ""
        filled = _BAR * self.done // max(1, self.jobs)
        style = "red" if self.failed else "green"
        full, empty = ("━", "─") if self._has_lines() else ("#", "-")
        rest = self.err.paint(empty * (_BAR - filled), "dim")
        return f"{self.err.paint(full * filled, style)}{rest} "

    def _has_lines(self) -> bool:
        encoding = getattr(self.err.stream, "encoding", None) or "ascii"
        return encoding.lower().replace("-", "") == "utf8"

    def text(self, columns: int) -> str:
        """Return what is running, the longest first, as far as it fits."""
        now = SYSTEM.monotonic()
        text = f"{self.done}/{self.jobs}"
        text += f", {self.failed} failed" if self.failed else ""
        running = list(self.running.items())
        for index, (name, since) in enumerate(running):
            joint = ": " if index == 0 else ", "
            more = f"{joint}{safe(name)} {seconds(now - since)}"
            rest = f" +{len(running) - index} more" if index else ""
            if width(text + more) + 8 > columns:
                text += more if not index else rest
                break
            text += more
        else:
            text += "" if running else f", {number(self.jobs - self.done, 'job')} waiting"
        return cut(text, columns)
