"""From what a job says of its process to what the warden is told."""

from __future__ import annotations

import os
import stat
import subprocess
import threading
from collections.abc import Mapping, Sequence
from typing import IO, Any

from treadle.errors import ProcessError
from treadle.process.command import checked_command, checked_variables, encoded
from treadle.process.conditions import PLAIN, Conditions
from treadle.process.link import FileId, Link, file_id
from treadle.process.output import PIPE, STDOUT, Fresh, Redirection
from treadle.process.pipes import Capture, Feed
from treadle.process.remote import Listener, RemoteRun
from treadle.process.warden import wire


class _Closing:
    """Descriptors to be closed as soon as the warden has them."""

    def __init__(self) -> None:
        self.descriptors: list[int] = []

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        for descriptor in self.descriptors:
            os.close(descriptor)


class _Streams:
    """Where the streams of a process lead; what was opened for it here is closed here."""

    captures: list[IO[bytes] | None] | None = None
    stdin: IO[bytes] | None = None
    data: bytes | None = None

    def __init__(self, inherited: Mapping[int, FileId | None], here: bytes) -> None:
        self._inherited = inherited
        self._here = here
        self.modes: list[int] = []
        self.paths: list[bytes] = []
        self.passed: list[int] = []
        self.theirs = _Closing()

    def add(self, mode: int, path: str | bytes = b"") -> None:
        """The next of the three leads there."""
        self.modes.append(mode)
        if not path:
            self.paths.append(b"")
            return
        # From this process's folder, not from the job's.
        name = encoded(path) if path.__class__ is str else os.fsencode(path)
        self.paths.append(name if name.startswith(b"/") else os.path.join(self._here, name))

    def take(self, source: Redirection | bytes) -> None:
        """The input."""
        if source is None or source == subprocess.DEVNULL:
            self.add(wire.NULL)
        elif isinstance(source, bytes) or (isinstance(source, str) and source.startswith("|")):
            self.data = source if isinstance(source, bytes) else source[1:].encode()
            self._input_pipe()
        elif isinstance(source, str | os.PathLike):
            self.add(wire.FILE, os.fspath(source))
        elif source == PIPE:
            self._input_pipe()
        else:
            self._pass(source)

    def put(self, target: Redirection, number: int) -> None:
        """The output (1) or the error output (2)."""
        if target is None:
            self._host(number)
        elif target == STDOUT:
            self.add(wire.SAME)
        elif isinstance(target, str | os.PathLike):
            name = os.fspath(target)
            if isinstance(target, Fresh):
                self.add(wire.FRESH, name)
                return
            append = name.startswith("+")
            self.add(wire.APPEND if append else wire.FILE, name.removeprefix("+"))
        elif target == subprocess.DEVNULL:
            self.add(wire.NULL)
        elif target == PIPE:
            self._output_pipe(number)
        else:
            self._pass(target)

    def check_watched(self) -> None:
        """Refuse an output that nobody can measure: it is the file that is looked at."""
        mode = self.modes[1]
        where: int | bytes = 1 if mode == wire.INHERIT else self.paths[1]
        if mode == wire.PASSED:
            # The input may have been passed as well, and stands before it.
            where = self.passed[self.modes[:1].count(wire.PASSED)]
        try:
            is_file = mode != wire.NULL and stat.S_ISREG(os.stat(where).st_mode)
        except FileNotFoundError:
            is_file = True  # it will be made
        if not is_file:
            raise ProcessError("idle_timeout and output_limit need an output that is a file")

    def _host(self, number: int) -> None:
        """The host's own: the warden has it, unless the host has changed it since."""
        now = file_id(number)
        if now is None:
            self.add(wire.NULL)
        elif now == self._inherited[number]:
            self.add(wire.INHERIT)
        else:
            self._pass(number)

    def _pass(self, file: Any) -> None:
        self.passed.append(file if isinstance(file, int) else file.fileno())
        self.add(wire.PASSED)

    def _output_pipe(self, number: int) -> None:
        ours, theirs = os.pipe()
        self.theirs.descriptors.append(theirs)
        self.captures = self.captures or [None, None]
        self.captures[number - 1] = os.fdopen(ours, "rb")
        self._pass(theirs)

    def _input_pipe(self) -> None:
        theirs, ours = os.pipe()
        self.theirs.descriptors.append(theirs)
        self.stdin = os.fdopen(ours, "wb")
        self._pass(theirs)

    def abandon(self) -> None:
        """It was not started: our ends are of no use."""
        # What is fed to a process has a thread that closes it.
        fed = self.data is not None
        for file in (*(self.captures or ()), None if fed else self.stdin):
            if file is not None:
                file.close()


def launch(
    link: Link,
    listener: Listener,
    cmds: Sequence[str],
    *,
    cwd: str | os.PathLike[str] | None = None,
    output: Redirection = None,
    error: Redirection = STDOUT,
    input: Redirection | bytes = None,  # noqa: A002 -- the seed's name
    bg: bool = True,
    timeout: float | None = None,
    env: Mapping[str, str] | None = None,
    set_sigpipe: bool = True,
    parse_shebang: bool = False,
    ignore_environ: bool = True,
    conditions: Conditions = PLAIN,
) -> RemoteRun:
    """Start a process in the warden; the arguments are those of `treadle.process.Run`.

    Raises:
        ProcessError: it cannot be started, as far as that is known here.
    """
    del bg, parse_shebang
    command = checked_command(cmds)
    run = RemoteRun(link, command, listener)
    options = conditions.options()
    if not set_sigpipe:
        options[b"sigpipe"] = b"ignore"
    here = os.getcwdb()
    streams = _Streams(link.inherited, here)
    try:
        with streams.theirs:
            streams.take(input)
            streams.put(output, 1)
            streams.put(error, 2)
            _give(run, streams, timeout)
            if b"idle" in options or b"cap" in options:
                streams.check_watched()
            spawn = wire.Spawn(
                [*map(encoded, command)],
                [text for pair in checked_variables(env).items() for text in pair] if env else [],
                0 if env is not None and ignore_environ else link.base(),
                os.path.join(here, os.fsencode(cwd)) if cwd else here,
                streams.modes,
                streams.paths,
                options,
            )
            run.output = streams.paths[1] or None
            link.spawn(run, spawn, streams.passed)
    except (OSError, ValueError) as problem:
        streams.abandon()
        raise ProcessError(f"cannot start {command[0]!r}: {problem}") from problem
    except BaseException:
        streams.abandon()
        raise
    if run.alarm is not None:
        run.alarm.start()
    return run


def _give(run: RemoteRun, streams: _Streams, timeout: float | None) -> None:
    if streams.captures is not None:
        first, second = (Capture(p) if p is not None else None for p in streams.captures)
        run.captures = (first, second)
    if streams.data is not None and streams.stdin is not None:
        Feed(streams.stdin, streams.data)
    elif streams.stdin is not None:
        run.stdin = streams.stdin
    if timeout is not None:
        run.alarm = threading.Timer(timeout, run.kill)
        run.alarm.daemon = True
