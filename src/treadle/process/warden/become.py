"""Between fork and exec: what a program is to be that `posix_spawn` cannot make it."""

from __future__ import annotations

import errno
import os
import resource
import signal
import struct

from .attempt import Unstartable

TYPE_CHECKING = False  # as type checkers read it: loading `typing` takes longer than all of this
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NoReturn

    from .pty import Pty

_LIMITS = {
    b"memory": resource.RLIMIT_AS,
    b"cpu": resource.RLIMIT_CPU,
    b"files": resource.RLIMIT_NOFILE,
    b"processes": resource.RLIMIT_NPROC,
}
_CPU_GRACE = 2  # seconds from SIGXCPU to SIGKILL
_DEFAULTS = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD)


def limit(name: bytes, value: int) -> None:
    """Limit this process, as far as it may be limited: not above what it has already.

    Raises:
        OSError: the kernel refuses.
    """
    kind = _LIMITS[name]
    most = resource.getrlimit(kind)[1]
    hard = value + _CPU_GRACE if name == b"cpu" else value
    if most != resource.RLIM_INFINITY:
        hard = min(hard, most)
    resource.setrlimit(kind, (min(value, hard), hard))


def apply(options: Mapping[bytes, bytes]) -> None:
    """Apply limits, priority and file mode mask to this process.

    Raises:
        Unstartable: one of them cannot be had.
    """
    for name, value in options.items():
        try:
            if name in _LIMITS:
                limit(name, int(value))
            elif name == b"nice":
                os.setpriority(os.PRIO_PROCESS, 0, int(value))
            elif name == b"umask":
                os.umask(int(value))
        except (OSError, ValueError) as error:
            number = getattr(error, "errno", None) or errno.EINVAL
            raise Unstartable(number, b"set\0" + name + b" to " + value) from None


def precede(words: list[bytes]) -> NoReturn:
    """Apply what is said before `--`, and become the program behind it.

    What does not work is said on the error output, and the status is that of a shell.
    """
    at = words.index(b"--")
    argv = words[at + 1 :]
    try:
        apply(dict(_pair(word) for word in words[:at]))
        os.execvp(argv[0], argv)  # noqa: S606 -- no shell is wanted
    except Unstartable as error:
        what = error.what.replace(b"\0", b" ")
        problem = what + b": " + os.strerror(error.number).encode()
    except OSError as error:
        problem = b"start " + argv[0] + b": " + os.strerror(error.errno or errno.EIO).encode()
    os.write(2, b"treadle: cannot " + problem + b"\n")
    os._exit(126)


def _pair(word: bytes) -> tuple[bytes, bytes]:
    name, _, value = word.partition(b"=")
    return name, value


def fork_and_become(
    path: bytes,
    argv: list[bytes],
    env: dict[bytes, bytes],
    streams: list[int],
    options: Mapping[bytes, bytes],
    pty: Pty | None,
) -> int:
    """Start a program with options; return its pid.

    Raises:
        Unstartable: it cannot be started, or not with these options.
    """
    reader, writer = os.pipe()
    try:
        try:
            pid = os.fork()
        except OSError as error:
            raise Unstartable(error.errno or errno.EIO, b"start\0" + path) from None
        if not pid:
            _become(path, argv, env, streams, options, pty, writer)
        os.close(writer)
        writer = -1
        # Closed by exec: then there is nothing to read, and the program runs.
        problem = os.read(reader, 1 << 16)
        if problem:
            os.waitpid(pid, 0)
            (number,) = struct.unpack_from("<i", problem)
            raise Unstartable(number, problem[4:])
        return pid
    finally:
        os.close(reader)
        if writer >= 0:
            os.close(writer)


def _become(
    path: bytes,
    argv: list[bytes],
    env: dict[bytes, bytes],
    streams: list[int],
    options: Mapping[bytes, bytes],
    pty: Pty | None,
    writer: int,
) -> NoReturn:
    try:
        if b"terminal" in options:
            streams = _hold_terminal()
        else:
            os.setsid()
            if pty is not None:
                streams = [streams[0], *pty.take()]
        for number, descriptor in enumerate(streams):
            if descriptor != number:
                os.dup2(descriptor, number)
        apply(options)
        for signum in _DEFAULTS if b"sigpipe" not in options else _DEFAULTS[1:]:
            signal.signal(signum, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.execve(path, argv, env)  # noqa: S606 -- no shell is wanted
    except Unstartable as error:
        os.write(writer, struct.pack("<i", error.number) + error.what)
    except OSError as error:
        os.write(writer, struct.pack("<i", error.errno or errno.EIO) + b"start\0" + path)
    finally:
        os._exit(127)


def _hold_terminal() -> list[int]:
    """Make this process the one that the terminal listens to; all signals are blocked."""
    try:
        os.setpgid(0, 0)
        terminal = os.open("/dev/tty", os.O_RDWR)
        os.tcsetpgrp(terminal, os.getpgrp())
    except OSError as error:
        raise Unstartable(error.errno or errno.EIO, b"take the terminal for\0") from None
    return [terminal, terminal, terminal]
