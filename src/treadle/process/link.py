"""The scheduler's end of the warden: started with the first process job, closed with the run.

Frames go out at once, since a job is waiting for each; ends come in as many as have
arrived. Nobody waits here for long without the other side being able to go on: the
warden never blocks on writing, so a scheduler that does is served in the end.

When the stream ends and nobody closed it, the warden is gone. Then its guard is awaited,
who ends when no descendant of the warden is left, and only then are the attempts called
lost: another attempt must not find the first one still at work.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import select
import socket
import threading
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from treadle.errors import ProcessError
from treadle.process.pair import Pair
from treadle.process.warden import wire

if TYPE_CHECKING:
    from treadle.process.remote import RemoteRun

_RECEIVE = 1 << 16
_SENDS_WITHIN = 30.0  # seconds; a warden that takes longer is stopped or worse

_numbers = itertools.count(1)
_open: weakref.WeakSet[Link] = weakref.WeakSet()


FileId = tuple[int, int, int]


def file_id(descriptor: int) -> FileId | None:
    """What tells an open file from others; None where the descriptor is closed."""
    try:
        found = os.fstat(descriptor)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_rdev


class Sleeper(Protocol):
    """Whoever waits for reports and for messages at the same time."""

    messages: queue.SimpleQueue[Any]
    asleep: bool


class WardenLost(ProcessError):  # noqa: N818 -- reads as what it says
    """The warden is gone."""


def _nowhere() -> socket.socket:
    """A socket that is closed."""
    nowhere = socket.socket(socket.AF_UNIX)
    nowhere.close()
    return nowhere


class Link:
    """A warden and the attempts that it runs.

    Attributes:
        inherited: the output and error output that the warden was started with.
        is_open: it has been started.
        broken: it is gone, or was told to go.
    """

    def __init__(self) -> None:
        self.is_open = self.broken = False
        self.inherited: dict[int, FileId | None] = {}
        self._loss = ""
        self._shut = False
        self._runs: dict[int, RemoteRun] = {}
        self._frames = wire.Frames(to_warden=False)
        self._reading = threading.RLock()
        self._sending = threading.RLock()
        self._base: dict[bytes, bytes] | None = None
        self._bases = 0
        self._pair = Pair()
        self._poll = select.poll()
        self._bell: socket.socket | None = None
        self._socket: socket.socket = _nowhere()
        self._fileno = -1

    def open(self) -> None:
        """Start the warden. Whoever calls this has the link already, and closes it.

        Raises:
            ProcessError: it cannot be started.
        """
        self._socket, theirs = socket.socketpair()
        try:
            self._socket.setblocking(False)
            self._fileno = self._socket.fileno()
            self._poll.register(self._fileno, select.POLLIN)
            self.inherited = {number: file_id(number) for number in (1, 2)}
            _open.add(self)
            self._pair.start(theirs)
            self.is_open = True
        finally:
            theirs.close()

    # -- to the warden -------------------------------------------------------------------

    def spawn(self, run: RemoteRun, spawn: wire.Spawn, passed: Sequence[int]) -> int:
        """Start an attempt; return its number. Tells `run` what becomes of it.

        Raises:
            WardenLost: there is no warden any more.
            ValueError: a text holds a NUL.
        """
        number = next(_numbers)
        data = wire.frame(wire.SPAWN, number, wire.spawn_body(spawn))
        self._runs[number] = run
        run.number = number
        try:
            self._send(data, passed)
        except WardenLost:
            # It took nothing of this one with it: that can be started by another.
            self._runs.pop(number, None)
            raise WardenLost(self.lose()) from None
        return number

    def base(self) -> int:
        """The number of the environment that this process has now."""
        # The mapping inside of `os.environ`: the one way to compare it without decoding it.
        now: dict[bytes, bytes] = getattr(os.environ, "_data", None) or dict(os.environb)
        if now != self._base:
            self._base = dict(now)
            self._bases += 1
            try:
                self._send(wire.frame(wire.BASE, self._bases, wire.base_body(self._base)))
            except WardenLost:
                raise WardenLost(self.lose()) from None
        return self._bases

    def stop(self, number: int, how: int, signum: int = 0) -> None:
        """Stop an attempt: `ASK` (with a signal), `KILL`, `KILL_LEADER`."""
        self._tell(wire.STOP, number, wire.stop_body(how, signum))

    def suspend(self, number: int, resume: bool) -> None:
        """Stop an attempt's tree for a while, or let it go on."""
        self._tell(wire.RESUME if resume else wire.SUSPEND, number)

    def _tell(self, kind: int, number: int, body: bytes = b"") -> None:
        try:
            self._send(wire.frame(kind, number, body))
        except WardenLost:
            # There is nothing to say to it: its attempts have ended.
            self.lose()

    def _send(self, data: bytes, passed: Sequence[int] = ()) -> None:
        with self._sending:
            if self.broken:
                raise WardenLost("the warden is gone")
            try:
                if passed:
                    sent = socket.send_fds(self._socket, [data], list(passed))
                else:
                    sent = self._socket.send(data)
            except BlockingIOError:
                sent = 0
            except OSError:
                raise WardenLost("the warden is gone") from None
            if sent < len(data):
                self._send_rest(data[sent:], passed if not sent else ())

    def _send_rest(self, data: bytes, passed: Sequence[int]) -> None:
        poll = select.poll()
        poll.register(self._socket, select.POLLOUT)
        if not poll.poll(_SENDS_WITHIN * 1000):
            raise WardenLost(f"the warden did not listen for {_SENDS_WITHIN:.0f} s")
        self._send(data, passed)

    # -- from the warden -----------------------------------------------------------------

    def attend(self, bell: socket.socket) -> None:
        """Wake up from `pump` also when this can be read."""
        if bell is not self._bell:
            self._bell = bell
            self._poll.register(bell, select.POLLIN)

    def pump(self, timeout: float, sleeper: Sleeper | None = None) -> None:
        """Wait for reports or the bell, `timeout` seconds at most; take what has come.

        Args:
            timeout: seconds.
            sleeper: who rings the bell, and is to do so only while this waits.
        """
        with self._reading:
            if sleeper is None:
                ready = self._poll.poll(timeout * 1000)
            else:
                sleeper.asleep = True
                ready = self._poll.poll(timeout * 1000) if sleeper.messages.empty() else []
                sleeper.asleep = False
            for descriptor, _ in ready:
                if descriptor == self._fileno:
                    self._receive()
                elif self._bell is not None:
                    with contextlib.suppress(BlockingIOError):
                        self._bell.recv(_RECEIVE)

    def await_(self, true: Callable[[], object]) -> None:
        """Take frames until something is true, whoever else takes them as well."""
        while not true():
            if self._reading.acquire(timeout=0.05):
                try:
                    if not true():
                        self.pump(0.05)
                finally:
                    self._reading.release()

    def _receive(self) -> None:
        if self.broken:
            return
        try:
            data = self._socket.recv(_RECEIVE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.lose()
            return
        self._take_all(data)

    def _drain(self) -> None:
        with contextlib.suppress(OSError):
            while data := self._socket.recv(_RECEIVE):
                self._take_all(data)

    def _take_all(self, data: bytes) -> None:
        try:
            for kind, number, body in self._frames.feed(data):
                self._take(kind, number, body)
        except wire.WireError:
            # Whoever that is, it is not a warden of ours.
            self.lose()

    def _take(self, kind: int, number: int, body: bytes) -> None:
        if kind == wire.HELLO:
            self._greet(number, body)
            return
        run = self._runs.get(number)
        if run is None:
            return
        if kind == wire.STARTED:
            run.started(wire.read_started(body))
            return
        if kind == wire.OVER:
            run.over(body.decode())
            return
        if kind == wire.ENDED:
            run.ended(wire.read_end(body))
        elif kind == wire.FAILED:
            run.failed(*wire.read_failed(body))
        else:
            run.lost("nobody has heard of it")
        # Only now: one whose end was not told is found among them.
        self._runs.pop(number, None)

    def _greet(self, version: int, body: bytes) -> None:
        if version != wire.VERSION:
            raise wire.WireError(f"a warden of version {version}, not {wire.VERSION}")
        self._pair.greet(wire.read_started(body))

    # -- its end -------------------------------------------------------------------------

    # Both may be cut short by an exception of the host's, and are then called again.

    def lose(self) -> str:
        """The warden is gone: wait until nothing of it is left, then call its attempts lost.

        Returns:
            The reason, as far as it is known.
        """
        with self._sending, self._reading:
            if not self.broken:
                self.broken = True
                # What it said before is true all the same.
                self._drain()
            if not self._shut:
                self._hang_up()
                self._loss = self._pair.lost()
                self._shut = True
        for number, run in list(self._runs.items()):
            run.lost(self._loss)
            self._runs.pop(number, None)
        return self._loss

    def close(self) -> None:
        """The run is over: let the warden go, and wait for it."""
        with self._sending, self._reading:
            if not self.broken:
                with contextlib.suppress(WardenLost):
                    self._send(wire.frame(wire.CLOSE))
                self.broken = True
            if not self._shut:
                # If it has not heard that, it hears the end of the stream.
                self._hang_up()
                self._pair.closed()
                self._shut = True

    def _hang_up(self) -> None:
        _open.discard(self)
        self._socket.close()

    def forget(self) -> None:
        """In a fork of the host: this end is not ours."""
        self.broken = self._shut = True
        self._socket.close()


def _after_fork() -> None:
    for link in list(_open):
        link.forget()


os.register_at_fork(after_in_child=_after_fork)
