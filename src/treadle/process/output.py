"""Where a process writes to and reads from, in the seed's words."""

from __future__ import annotations

import contextlib
import os
import subprocess
from typing import IO, Any, Self, TypeAlias

Redirection: TypeAlias = int | str | os.PathLike[str] | IO[Any] | None

PIPE = subprocess.PIPE
STDOUT = subprocess.STDOUT


def file_tail(path: str | bytes | os.PathLike[str] | None, size: int) -> bytes:
    """The last bytes of a file; none where there is no file."""
    if path is None:
        return b""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - size))
            return file.read(size)
    except OSError:
        return b""


class Fresh(str):
    """The path of an output that must not be there yet, not even as a link."""

    __slots__ = ()


class Streams:
    """The files that a process is started with; those opened here are closed here.

    Args:
        output: None (the host's own), a path (`+path` appends), `PIPE`, or an open file.
        error: the same, or `STDOUT`.
        input: None (nothing to read), a path, text behind a `|`, bytes, `PIPE`, or an open file.

    Raises:
        OSError: a file cannot be opened.
    """

    def __init__(
        self,
        output: Redirection,
        error: Redirection,
        input: Redirection | bytes,  # noqa: A002 -- the seed's name
    ) -> None:
        self._opened = contextlib.ExitStack()
        self.data: bytes | None = None
        try:
            self.output = self._writable(output)
            self.error = self._writable(error)
            self.input = self._readable(input)
        except BaseException:
            self.close()
            raise

    def _writable(self, target: Redirection) -> Any:
        if not isinstance(target, str | os.PathLike):
            return target
        name = os.fspath(target)
        if isinstance(target, Fresh):
            return self._opened.enter_context(open(name, "xb"))
        mode = "ab" if name.startswith("+") else "wb"
        return self._opened.enter_context(open(name.removeprefix("+"), mode))

    def _readable(self, source: Redirection | bytes) -> Any:
        if source is None:
            # Jobs run side by side: none of them can own the host's input.
            return subprocess.DEVNULL
        if isinstance(source, str) and source.startswith("|"):
            source = source[1:].encode()
        if isinstance(source, bytes):
            self.data = source
            return PIPE
        if isinstance(source, str | os.PathLike):
            return self._opened.enter_context(open(source, "rb"))
        return source

    def close(self) -> None:
        """Close what was opened here."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
