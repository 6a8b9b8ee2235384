"""The warden's one loop: frames from the scheduler, ends of children, time."""

from __future__ import annotations

import _socket  # not `socket`: that loads an event loop's worth of modules
import os
import select
import struct
from time import monotonic

from . import kernel, wire
from .killing import kill_all
from .oom import OomCount
from .outbox import Outbox
from .spawn import Spawner
from .starts import Starts
from .stops import PASS, Stops
from .terminal import Terminal
from .trees import Trees
from .watch import PERIOD

TYPE_CHECKING = False  # as type checkers read it: loading `typing` takes longer than all of this
if TYPE_CHECKING:
    import signal

    from .attempt import Attempt
    from .cgroup import Group
else:
    # Without the enumerations that `signal` puts around it.
    import _signal as signal

_RECEIVE = 1 << 16
_DESCRIPTORS = 64
_NEVER = float("inf")


class Warden:
    """Does what the scheduler says until that is gone.

    Args:
        link: the socket.
        scheduler: the process at its other end.
        watched: a pidfd of that.
        marks: the marks that the environment has already.
        session: what the marks of this warden's attempts begin with.
        group: the control group that all of it is in, if there is one.
    """

    def __init__(
        self,
        link: int,
        scheduler: int,
        watched: int,
        marks: bytes,
        session: bytes,
        group: Group | None,
    ) -> None:
        self._link = _socket.socket(fileno=link)
        self._link.setblocking(False)
        self._epoll = select.epoll()
        self._frames = wire.Frames(to_warden=True)
        self._signals = kernel.signalfd((signal.SIGCHLD, signal.SIGTERM))
        self._watched = watched
        self._trees = Trees(session)
        self._stops = Stops(self._trees, group)
        self._outbox = Outbox(self._link, self._epoll)
        self._terminal = Terminal(scheduler)
        spawner = Spawner(marks, session)
        self._bases = spawner.bases
        self._starts = Starts(spawner, self._terminal, self._outbox, self._begin)
        self._oom = OomCount()
        self._passed: list[int] = []
        self._observed: dict[int, Attempt] = {}
        self._look_at = 0.0
        self._ptys: dict[int, Attempt] = {}
        self._open = True
        for descriptor in (link, self._signals, watched):
            self._epoll.register(descriptor, select.EPOLLIN)

    def run(self) -> None:
        """Serve; return when the scheduler has said that it is over, or is gone."""
        self._outbox.say(wire.HELLO, wire.VERSION, wire.started_body(os.getpid()))
        self._outbox.flush()
        try:
            while self._open:
                for descriptor, _ in self._epoll.poll(self._patience()):
                    self._attend(descriptor)
                self._keep_time(monotonic())
                self._outbox.flush()
        finally:
            self._terminal.take_back()
            # What jobs that have ended were to leave behind is left, however this ends.
            kill_all(self._trees.left())
            self._stops.close()

    def _attend(self, descriptor: int) -> None:
        if descriptor == self._signals:
            self._take_signals()
        elif descriptor == self._link.fileno():
            self._receive()
        elif descriptor == self._watched:
            self._open = False
        elif descriptor in self._ptys:
            self._copy(descriptor)

    def _keep_time(self, now: float) -> None:
        if self._starts.waiting:
            self._starts.try_again(now)
        if self._observed and now >= self._look_at:
            self._look(now)
        if self._stops.busy():
            self._tell(self._stops.press(now))
        if self._outbox.begun and now >= self._outbox.tell_at:
            self._outbox.tell_starts()

    def _patience(self) -> float:
        """Seconds until something is to be done without being told; -1 for never."""
        if self._stops.busy():
            return PASS
        at = self._look_at if self._observed else _NEVER
        if self._outbox.begun and self._outbox.tell_at < at:
            at = self._outbox.tell_at
        for waiting in self._starts.waiting:
            at = min(at, waiting.at)
        return -1 if at == _NEVER else max(0.0, at - monotonic())

    # -- what comes from the scheduler ---------------------------------------------------

    def _receive(self) -> None:
        try:
            data, extras, _, _ = self._link.recvmsg(
                _RECEIVE, _socket.CMSG_SPACE(4 * _DESCRIPTORS), _socket.MSG_CMSG_CLOEXEC
            )
        except BlockingIOError:
            return
        except OSError:
            data, extras = b"", []
        for level, kind, content in extras:
            if level == _socket.SOL_SOCKET and kind == _socket.SCM_RIGHTS:
                self._passed += struct.unpack(f"{len(content) // 4}i", content)
        if not data:
            self._open = False
            return
        for kind, number, body in self._frames.feed(data):
            self._obey(kind, number, body)

    def _obey(self, kind: int, number: int, body: bytes) -> None:
        if kind == wire.SPAWN:
            spawn = wire.read_spawn(body)
            count = spawn.streams.count(wire.PASSED)
            passed, self._passed = self._passed[:count], self._passed[count:]
            self._starts.start(number, spawn, passed)
        elif kind == wire.BASE:
            self._rebase(number, wire.read_base(body))
        elif kind == wire.CLOSE:
            self._open = False
        elif (attempt := self._trees.attempts.get(number)) is None:
            if kind == wire.STOP and not self._starts.cancel(number):
                self._outbox.say(wire.GONE, number)
        elif kind == wire.STOP:
            self._stops.stop(attempt, *wire.read_stop(body), monotonic())
        elif kind == wire.SUSPEND:
            attempt.halted_at = monotonic()
            self._stops.signal(attempt, signal.SIGSTOP)
        elif kind == wire.RESUME:
            self._resume(attempt)

    def _rebase(self, number: int, environment: dict[bytes, bytes]) -> None:
        # What comes from now on adds to this one: the others are for those that wait.
        wanted = {0, *(waiting.spawn.base for waiting in self._starts.waiting)}
        for old in self._bases.keys() - wanted:
            del self._bases[old]
        self._bases[number] = environment

    def _resume(self, attempt: Attempt) -> None:
        if attempt.terminal and self._terminal.lent:
            self._terminal.give(attempt.pid)
        if attempt.watch is not None and attempt.halted_at:
            attempt.watch.shift(monotonic() - attempt.halted_at)
        attempt.halted_at = 0.0
        self._stops.signal(attempt, signal.SIGCONT)

    # -- starting ------------------------------------------------------------------------

    def _begin(self, attempt: Attempt) -> None:
        self._trees.add(attempt)
        self._outbox.started(attempt)
        if attempt.watch is not None:
            if not self._observed:
                self._look_at = attempt.began + min(PERIOD, attempt.watch.idle / 4)
            self._observed[attempt.number] = attempt
        if attempt.pty is not None:
            attempt.pty.started()
            self._ptys[attempt.pty.master] = attempt
            self._epoll.register(attempt.pty.master, select.EPOLLIN)
        if attempt.terminal:
            self._trees.wait_options |= os.WUNTRACED

    # -- what happens --------------------------------------------------------------------

    def _take_signals(self) -> None:
        data = os.read(self._signals, 128 * 8)
        for at in range(0, len(data), 128):
            if int.from_bytes(data[at : at + 4], "little") == signal.SIGTERM:
                # The guard is gone, or an administrator wants us to be.
                self._open = False
        self._tell(self._trees.reap(monotonic()))
        if self._trees.halted:
            self._halt()

    def _halt(self) -> None:
        for pid in self._trees.halted:
            attempt = self._trees.leaders.get(pid)
            if attempt is not None and attempt.terminal:
                self._terminal.halt()
        self._trees.halted.clear()

    def _tell(self, over: list[Attempt]) -> None:
        for attempt in over:
            if attempt.status and not attempt.stopped and self._oom.rose():
                attempt.flags |= wire.OOM
            self._let_go(attempt)
            self._outbox.ended(attempt)

    def _let_go(self, attempt: Attempt) -> None:
        if attempt.pty is not None:
            attempt.pty.copy()
            if self._ptys.pop(attempt.pty.master, None) is not None:
                self._epoll.unregister(attempt.pty.master)
            attempt.pty.close()
        if attempt.watch is not None:
            attempt.watch.close()
            del self._observed[attempt.number]
        if attempt.terminal:
            self._terminal.take_back()
            self._trees.wait_options &= ~os.WUNTRACED

    def _copy(self, descriptor: int) -> None:
        pty = self._ptys[descriptor].pty
        if pty is not None and not pty.copy():
            self._epoll.unregister(descriptor)
            del self._ptys[descriptor]

    def _look(self, now: float) -> None:
        pause = PERIOD
        for attempt in self._observed.values():
            if attempt.watch is not None and not attempt.halted_at:
                pause = min(pause, attempt.watch.idle / 4)
                if found := attempt.watch.over(now):
                    self._outbox.say(wire.OVER, attempt.number, found)
        self._look_at = now + pause
