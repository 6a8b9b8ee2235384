"""The words between the scheduler and the warden: frames of bytes on a stream socket.

A frame is a header (length of the body, kind, number of the attempt) and a body. Every
length is checked against a limit before anything is read or made; nothing is ever
unpickled or evaluated. Texts are bytes without NUL, joined by NUL: neither arguments nor
paths nor variables can hold one. Both ends come from the same installation; the version
in the greeting is there to say so clearly where they do not.
"""

from __future__ import annotations

import struct

TYPE_CHECKING = False  # as type checkers read it: loading `typing` takes longer than all of this
if TYPE_CHECKING:
    from collections.abc import Sequence

VERSION = 1
MAX_BODY = 16 * 1024 * 1024
MARK = b"TREADLE_TREE"
"""The variable that tells whose a process is."""

# To the warden.
BASE = 1
"""An environment that attempts add to; the number says which."""
SPAWN = 2
"""Start an attempt; descriptors that it names travel with the first byte."""
STOP = 3
"""Signal a tree (body: `_STOP`)."""
SUSPEND = 4
RESUME = 5
CLOSE = 6
"""The run is over: kill what is left, and exit."""

# From the warden.
HELLO = 16
"""The warden is there (number: its version; body: its pid)."""
STARTED = 17
"""An attempt's program runs (body: `_PID`). May come late, or not at all before `ENDED`."""
ENDED = 18
"""An attempt is over and its tree empty (body: `End`)."""
FAILED = 19
"""An attempt's program could not be started (body: errno, then what could not be done)."""
OVER = 20
"""An attempt went over a limit (body: `idle` or `output`); it was not stopped."""
GONE = 21
"""There is no such attempt."""

_TO_WARDEN = frozenset((BASE, SPAWN, STOP, SUSPEND, RESUME, CLOSE))
_FROM_WARDEN = frozenset((HELLO, STARTED, ENDED, FAILED, OVER, GONE))

_HEADER = struct.Struct("<IBQ")
_SPAWN = struct.Struct("<IIIIBBB")
_STOP = struct.Struct("<Bi")
_PID = struct.Struct("<i")
_END = struct.Struct("<iidddQIB")
_ERRNO = struct.Struct("<i")

# Where a stream of an attempt leads.
INHERIT = 0
NULL = 1
PASSED = 2
"""A descriptor that came with the frame."""
FILE = 3
APPEND = 4
SAME = 5
"""Error output: where the output goes."""
FRESH = 6
"""A file that must not be there yet, not even as a link."""

# Bits of `End.flags`.
OOM = 1
UNKILLABLE = 2


class WireError(ValueError):
    """What came is not what the other end of this version says."""


class Spawn:
    """What an attempt is started with.

    Attributes:
        argv: the program and its arguments.
        env: variables and their values, in turn, on top of the environment `base`.
        cwd: the folder it starts in.
        streams: input, output and error output, each one of `INHERIT` … `SAME`.
        paths: the files for those that are `FILE`, `APPEND` or `FRESH`.
        options: names and values of what is asked for more rarely.
    """

    __slots__ = ("argv", "base", "cwd", "env", "options", "paths", "streams")

    def __init__(
        self,
        argv: list[bytes],
        env: list[bytes],
        base: int,
        cwd: bytes,
        streams: Sequence[int],
        paths: Sequence[bytes],
        options: dict[bytes, bytes],
    ) -> None:
        self.argv = argv
        self.env = env
        self.base = base
        self.cwd = cwd
        self.streams = streams
        self.paths = paths
        self.options = options


class End:
    """How an attempt ended.

    Attributes:
        pid: of its leader.
        status: exit code, or the negative number of a signal.
        user: seconds of processor time in the program, those of awaited children with it.
        system: the same in the kernel.
        wall: seconds from start to end.
        max_rss: the most memory a process of it had, in bytes.
        leaked: how many processes were left and had to be killed.
        flags: bits `OOM` and `UNKILLABLE`.
    """

    __slots__ = ("flags", "leaked", "max_rss", "pid", "status", "system", "user", "wall")

    def __init__(
        self,
        pid: int,
        status: int,
        user: float,
        system: float,
        wall: float,
        max_rss: int,
        leaked: int = 0,
        flags: int = 0,
    ) -> None:
        self.pid = pid
        self.status = status
        self.user = user
        self.system = system
        self.wall = wall
        self.max_rss = max_rss
        self.leaked = leaked
        self.flags = flags


Frame = tuple[int, int, bytes]
"""Kind, number, body."""


def frame(kind: int, number: int = 0, body: bytes = b"") -> bytes:
    """Make a frame.

    Raises:
        WireError: the body is too long.
    """
    if len(body) > MAX_BODY:
        raise WireError(f"a message of {len(body)} bytes; the limit is {MAX_BODY}")
    return _HEADER.pack(len(body), kind, number) + body


class Frames:
    """Cuts a stream into frames.

    Args:
        to_warden: which end this is.
    """

    def __init__(self, to_warden: bool) -> None:
        self._kinds = _TO_WARDEN if to_warden else _FROM_WARDEN
        self._rest = b""

    def feed(self, data: bytes) -> list[Frame]:
        """Take what was received; return the frames that are whole.

        Raises:
            WireError: the stream is not one of this version.
        """
        if self._rest:
            data = self._rest + data
        frames, at, size = [], 0, len(data)
        while size - at >= 13:
            length, kind, number = _HEADER.unpack_from(data, at)
            if length > MAX_BODY or kind not in self._kinds:
                raise WireError(f"a frame of kind {kind} with {length} bytes")
            if size - at - 13 < length:
                break
            frames.append((kind, number, data[at + 13 : at + 13 + length]))
            at += 13 + length
        self._rest = data[at:]
        return frames


def spawn_body(spawn: Spawn) -> bytes:
    """The body of a `SPAWN` frame.

    Raises:
        ValueError: a text holds a NUL.
    """
    argv, env, options = spawn.argv, spawn.env, spawn.options
    texts = [spawn.cwd, *spawn.paths, *argv, *env]
    if options:
        for pair in options.items():
            texts += pair
    body = b"\0".join(texts)
    if body.count(b"\0") != len(texts) - 1:
        raise ValueError("embedded null byte")
    head = _SPAWN.pack(spawn.base, len(argv), len(env), len(options), *spawn.streams)
    return head + body


def read_spawn(body: bytes) -> Spawn:
    """The reverse of `spawn_body`.

    Raises:
        WireError: it is not one.
    """
    try:
        base, argc, envc, optc, *streams = _SPAWN.unpack_from(body)
    except struct.error:
        raise WireError("a short spawn") from None
    texts = body[_SPAWN.size :].split(b"\0")
    if len(texts) != 4 + argc + envc + 2 * optc or not argc or envc % 2:
        raise WireError("a spawn whose counts do not fit")
    options = texts[4 + argc + envc :]
    return Spawn(
        texts[4 : 4 + argc],
        texts[4 + argc : 4 + argc + envc],
        base,
        texts[0],
        streams,
        texts[1:4],
        dict(zip(options[::2], options[1::2], strict=True)) if optc else {},
    )


def base_body(environment: dict[bytes, bytes]) -> bytes:
    """The body of a `BASE` frame."""
    return b"\0".join(text for pair in environment.items() for text in pair)


def read_base(body: bytes) -> dict[bytes, bytes]:
    """The reverse of `base_body`.

    Raises:
        WireError: it is not one.
    """
    texts = body.split(b"\0") if body else []
    if len(texts) % 2:
        raise WireError("an environment with a name and no value")
    return dict(zip(texts[::2], texts[1::2], strict=True))


# How hard.
ASK = 0
KILL = 1
KILL_LEADER = 2


def stop_body(how: int, signum: int) -> bytes:
    """The body of a `STOP` frame."""
    return _STOP.pack(how, signum)


def read_stop(body: bytes) -> tuple[int, int]:
    """The reverse of `stop_body`.

    Raises:
        WireError: it is not one.
    """
    try:
        how, signum = _STOP.unpack(body)
    except struct.error:
        raise WireError("a stop of another size") from None
    return how, signum


def started_body(pid: int) -> bytes:
    """The body of a `STARTED` frame."""
    return _PID.pack(pid)


def read_started(body: bytes) -> int:
    """The reverse of `started_body`."""
    try:
        return int(_PID.unpack(body)[0])
    except struct.error:
        raise WireError("a start of another size") from None


def end_body(end: End) -> bytes:
    """The body of an `ENDED` frame."""
    return _END.pack(
        end.pid, end.status, end.user, end.system, end.wall, end.max_rss, end.leaked, end.flags
    )


def read_end(body: bytes) -> End:
    """The reverse of `end_body`."""
    try:
        return End(*_END.unpack(body))
    except struct.error:
        raise WireError("an end of another size") from None


def failed_body(number: int, what: bytes) -> bytes:
    """The body of a `FAILED` frame."""
    return _ERRNO.pack(number) + what


def read_failed(body: bytes) -> tuple[int, bytes]:
    """The reverse of `failed_body`."""
    try:
        return int(_ERRNO.unpack_from(body)[0]), body[_ERRNO.size :]
    except struct.error:
        raise WireError("a failure of another size") from None
