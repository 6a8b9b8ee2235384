"""What shows that a run goes on: an area on a terminal, or a sign of life now and then."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from treadle.clock import SYSTEM
from treadle.report.feed import Fact, JobStarted, RunEnded, RunStarted
from treadle.report.screen import Screen
from treadle.report.standing import Standing
from treadle.report.text import clock, number, safe

if TYPE_CHECKING:
    from treadle.report.area import Area
    from treadle.report.redact import Redactor
    from treadle.report.terminal import Output, Progress

_TICK = 0.1
_FIRST = 0.3
_HEARTBEAT = 60.0
_NAMED = 5
_ASIDE = 1.0
_HEARD = (signal.SIGTSTP, signal.SIGUSR1, signal.SIGQUIT)


class Live:
    """Shows what is running, from a thread of its own.

    Args:
        err: takes the area or the signs of life.
        mode: ``tty`` draws an area, ``plain`` writes a line a minute, ``none`` nothing.
        redactor: hides secrets.

    Attributes:
        ticks: called ten times a second, from the thread.
        screen: where lines are written.
    """

    def __init__(
        self,
        err: Output,
        mode: Progress,
        redactor: Redactor | None = None,
    ) -> None:
        self.mode = mode
        self.err = err
        self.standing = Standing()
        self.screen = Screen(err, err, area=mode == "tty")
        self.ticks: list[Callable[[], object]] = []
        self._redactor = redactor
        self._area: Area | None = None
        self._held = False
        self._turn = threading.Lock()
        self._still_until = float("-inf")
        self._beat_at = 0.0
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._signals = _Signals(self._step_aside)

    def attach(self, out: Output) -> None:
        """Write lines to another stream than the area."""
        self.screen = Screen(out, self.err, area=self.mode == "tty")

    def take(self, fact: Fact) -> None:
        """Keep count; begin and end with the run."""
        self.standing.take(fact)
        if isinstance(fact, JobStarted):
            if self.mode == "tty":
                self._signals.watch()
        elif isinstance(fact, RunStarted):
            self._begin()
        elif isinstance(fact, RunEnded):
            self.close()

    def hold(self) -> None:
        """Write nothing until `release`: somebody else has the terminal."""
        with self._turn:
            self.screen.draw(())
            self._held = True

    def release(self) -> None:
        """Write again."""
        self._held = False

    def close(self) -> None:
        """Take the area away for good."""
        self._over.set()
        self._signals.forget()
        if self._thread is not None:
            self._thread.join()
        self.screen.close()

    def _begin(self) -> None:
        self._beat_at = SYSTEM.monotonic() + _HEARTBEAT
        if self.mode in ("tty", "plain") or self.ticks:
            self._thread = threading.Thread(target=self._work, name="treadle-live", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        pause = _TICK if self.mode == "tty" or self.ticks else _HEARTBEAT
        try:
            while not self._over.wait(pause):
                self.renew()
        except BaseException:
            # The run goes on, and its lines are still to be seen.
            self.screen.close()
            raise

    def renew(self) -> None:
        """Do what is due."""
        with self._turn:
            if self._held:
                return
            for tick in self.ticks:
                tick()
            now = SYSTEM.monotonic()
            if self.mode == "tty":
                self._draw(now)
            elif self.mode == "plain" and now >= self._beat_at and self.standing.running:
                self._beat_at = now + _HEARTBEAT
                with self.screen.lock:
                    self.err.line(self.beat(now))

    def _draw(self, now: float) -> None:
        quiet = now < self._still_until or now - self.standing.began < _FIRST
        rows = [] if quiet or not self.err.in_front() else self._rows(now)
        with self.screen.lock:
            if self._over.is_set():
                return
            # Between the look at the clock and here, somebody may have asked for a stop.
            self.screen.draw(rows if now >= self._still_until else ())

    def _rows(self, now: float) -> list[str]:
        if self._area is None:
            from treadle.report.area import Area  # noqa: PLC0415 -- loads rich

            err = self.err
            self._area = Area(
                self.standing,
                colour=err.colour,
                ascii_only=not err.has_lines(),
                redactor=self._redactor,
            )
        return self._area.draw(*self.err.size(), now)

    def _step_aside(self) -> None:
        """Somebody else is about to write: leave the terminal clean."""
        self._still_until = SYSTEM.monotonic() + _ASIDE
        with self.screen.lock:
            if not self._held:
                self.screen.draw(())

    def beat(self, now: float) -> str:
        """Return a sign of life: what is running, the longest first, and for how long."""
        standing = self.standing
        text = f"{standing.done}/{standing.jobs}"
        text += f", {standing.failed} failed" if standing.failed else ""
        running = list(standing.running.values())
        named = ", ".join(f"{self._name(f)} for {clock(now - f.at)}" for f in running[:_NAMED])
        more = f" and {number(len(running) - _NAMED, 'more', 'more')}"
        return f"{text}, running: {named}{more if len(running) > _NAMED else ''}"

    def _name(self, fact: JobStarted) -> str:
        return safe(self._redactor.text(fact.name) if self._redactor else fact.name)


class _Signals:
    """Hears of some signals before the scheduler does.

    With Ctrl-Z it stops the jobs and this process, with the others it says how the run is:
    the terminal is somebody else's for a moment. Only where the scheduler, or somebody,
    handles the signal: a handler in the place of the default action would make the scheduler
    leave it alone.
    """

    def __init__(self, before: Callable[[], object]) -> None:
        self._call = before
        self._next: dict[int, Any] | None = None

    def watch(self) -> None:
        """Begin, on the main thread."""
        if self._next is not None or threading.current_thread() is not threading.main_thread():
            return
        handlers = {signum: signal.getsignal(signum) for signum in _HEARD}
        self._next = {signum: handler for signum, handler in handlers.items() if callable(handler)}
        for signum in self._next:
            signal.signal(signum, self._heard)

    def forget(self) -> None:
        """End; nothing is put back where the scheduler has done so already."""
        for signum, handler in (self._next or {}).items():
            if signal.getsignal(signum) == self._heard:
                signal.signal(signum, handler)
        self._next = None

    def _heard(self, signum: int, frame: Any) -> None:
        self._call()
        if self._next is not None and signum in self._next:
            self._next[signum](signum, frame)
