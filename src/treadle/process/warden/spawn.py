"""Starting the program of an attempt.

Two ways. Nearly all programs are started by `posix_spawn`, which shares the memory until
the program is loaded (vfork). What it cannot say (limits, priority, a terminal) needs
code between fork and exec; the warden is small and has one thread, so there a fork is
cheap and safe.
"""

from __future__ import annotations

import errno
import os
import resource
import stat
from time import CLOCK_BOOTTIME, clock_gettime, monotonic

from . import wire
from .attempt import LEAVE_LEFT, Attempt, Unstartable
from .watch import Watch

TYPE_CHECKING = False  # as type checkers read it: loading `typing` takes longer than all of this
if TYPE_CHECKING:
    import signal
    from collections.abc import Mapping
else:
    # Without the enumerations that `signal` puts around it.
    import _signal as signal

PASSING = frozenset((errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE))
"""Errors of a system that is short of something: worth another try."""

_TICKS = os.sysconf("SC_CLK_TCK")
_DEFAULTS = [signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD]  # Python ignores the first two
_OUTSIDE = frozenset((b"leak", b"idle", b"cap"))  # options that change nothing in the child
_DEFAULT_PATH = os.defpath.encode()
_SPARE = 16  # descriptors that this process keeps free, to be able to look and to kill
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_NOCTTY | os.O_CLOEXEC


class Spawner:
    """Starts programs.

    Args:
        marks: the mark that this warden's own environment has, and the comma behind it.
        session: what the marks of this warden's attempts begin with.
    """

    def __init__(self, marks: bytes, session: bytes) -> None:
        self.bases: dict[int, dict[bytes, bytes]] = {0: {}}
        self._mark = marks + session + b":"
        self._null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        self._highest = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _SPARE
        self._cwd = b""

    def start(self, number: int, spawn: wire.Spawn, passed: list[int]) -> Attempt:
        """Start a program.

        Args:
            number: of the attempt.
            spawn: what to start.
            passed: the descriptors that came for it; still open afterwards.

        Raises:
            Unstartable: it cannot be started.
        """
        env = dict(self.bases[spawn.base])
        if spawn.env:
            env.update(zip(spawn.env[::2], spawn.env[1::2], strict=True))
        env[wire.MARK] = self._mark + b"%d" % number
        self._enter(spawn.cwd)
        opened: list[int] = []
        try:
            streams = self._streams(spawn, passed, opened)
            # The lowest free number is given first: so many are open.
            if max(streams) > self._highest > 0:
                raise Unstartable(errno.EMFILE, b"start\0" + spawn.argv[0])
            path = locate(spawn.argv[0], env)
            watched = b"idle" in spawn.options or b"cap" in spawn.options
            before = os.fstat(streams[1]).st_size if watched else 0
            attempt = self._start(number, spawn, path, env, streams)
            if watched:
                attempt.watch = self._watch(attempt, spawn.options, streams[1], before, opened)
        except OSError as error:
            what = b"start\0" + spawn.argv[0]
            raise Unstartable(error.errno or errno.EIO, what) from None
        finally:
            for descriptor in opened:
                os.close(descriptor)
        return attempt

    def _start(
        self,
        number: int,
        spawn: wire.Spawn,
        path: bytes,
        env: dict[bytes, bytes],
        streams: list[int],
    ) -> Attempt:
        options = spawn.options
        keep = options.get(b"leak") == LEAVE_LEFT
        began, ticks = monotonic(), int(clock_gettime(CLOCK_BOOTTIME) * _TICKS)
        if options.keys() <= _OUTSIDE:
            pid = _spawn(path, spawn.argv, env, streams)
            return Attempt(number, pid, began, ticks, keep)
        try:
            # Loaded when one is first asked for.
            from .become import fork_and_become  # noqa: PLC0415
            from .pty import Pty  # noqa: PLC0415
        except (ImportError, OSError):
            raise Unstartable(errno.EMFILE, b"start\0" + path) from None

        pty = Pty(streams[1]) if b"tty" in options else None
        try:
            pid = fork_and_become(path, spawn.argv, env, streams, options, pty)
        except BaseException:
            if pty is not None:
                pty.close()
            raise
        attempt = Attempt(number, pid, began, ticks, keep)
        attempt.terminal = b"terminal" in options
        attempt.pty = pty
        return attempt

    @staticmethod
    def _watch(
        attempt: Attempt, options: dict[bytes, bytes], output: int, before: int, opened: list[int]
    ) -> Watch:
        idle, cap = float(options.get(b"idle", b"inf")), int(options.get(b"cap", b"0"))
        if output in opened:
            opened.remove(output)
        else:
            output = os.dup(output)
        return Watch(output, before, idle, cap, attempt.began)

    def _enter(self, folder: bytes) -> None:
        # Nobody else runs in this process, so that its own folder is as good as the child's.
        if folder == self._cwd:
            return
        try:
            os.chdir(folder)
        except OSError as error:
            self._cwd = b""
            raise Unstartable(error.errno or errno.EIO, b"enter\0" + folder) from None
        self._cwd = folder

    def _streams(self, spawn: wire.Spawn, passed: list[int], opened: list[int]) -> list[int]:
        found: list[int] = []
        passed = list(passed)
        for number, (mode, path) in enumerate(zip(spawn.streams, spawn.paths, strict=True)):
            if mode == wire.NULL:
                found.append(self._null)
            elif mode == wire.INHERIT:
                found.append(number)
            elif mode == wire.SAME:
                found.append(found[1])
            elif mode == wire.PASSED:
                if not passed:
                    # The kernel drops descriptors that there is no room for.
                    raise Unstartable(errno.EMFILE, b"start\0" + spawn.argv[0])
                found.append(passed.pop(0))
            else:
                found.append(_open(path, number, mode))
                opened.append(found[-1])
        return found


_HOW = {
    wire.FILE: os.O_TRUNC,
    wire.APPEND: os.O_APPEND,
    wire.FRESH: os.O_EXCL | os.O_NOFOLLOW | os.O_APPEND,
}


def take_back(spawn: wire.Spawn) -> None:
    """Remove the files that were made for a start which is to be tried again."""
    for mode, path in zip(spawn.streams, spawn.paths, strict=True):
        if mode == wire.FRESH:
            try:
                os.unlink(path)
            except OSError:
                continue


def _open(path: bytes, number: int, mode: int) -> int:
    flags = _WRITE | _HOW[mode]
    try:
        return os.open(path, flags if number else os.O_RDONLY | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise Unstartable(error.errno or errno.EIO, b"open\0" + path) from None


def _spawn(path: bytes, argv: list[bytes], env: dict[bytes, bytes], streams: list[int]) -> int:
    actions = [
        (os.POSIX_SPAWN_DUP2, descriptor, number)
        for number, descriptor in enumerate(streams)
        if descriptor != number
    ]
    try:
        return os.posix_spawn(
            path, argv, env, file_actions=actions, setsid=True, setsigmask=(), setsigdef=_DEFAULTS
        )
    except OSError as error:
        raise Unstartable(error.errno or errno.EIO, b"start\0" + path) from None


def locate(program: bytes, env: Mapping[bytes, bytes]) -> bytes:
    """The file that a program's name means, by the PATH that the program will have.

    Raises:
        Unstartable: there is none.
    """
    if b"/" in program:
        return program
    problem = errno.ENOENT
    for folder in env.get(b"PATH", _DEFAULT_PATH).split(b":"):
        path = folder + b"/" + program if folder else program
        if os.access(path, os.X_OK):
            if stat.S_ISREG(os.stat(path).st_mode):
                return path
            problem = errno.EACCES
        elif os.path.isfile(path):
            problem = errno.EACCES
    raise Unstartable(problem, b"start\0" + program)
