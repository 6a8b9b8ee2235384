"""What runs in a worker process: it takes calls from a socket and answers each.

Started as a script, so that nothing of treadle is loaded but this file. The socket is its
standard input; calls read nothing from there. A frame is eight bytes of length, then as many
of pickle. Only the program that started this process holds the other end: what comes from
there is as trusted as the program itself.
"""

from __future__ import annotations

import os
import pickle
import resource
import socket
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

MAX_BYTES = 1 << 31
"""Bytes of one frame."""

PREPARING = "_treadle_preparing"
"""Is set in `sys` while the main file of the program is run once more, to find its functions."""

_HEAD = 8


class FrameError(Exception):
    """A frame is too large, or the other side has gone in the middle of one."""


def send(channel: socket.socket, data: bytes) -> None:
    """Send a frame.

    Raises:
        FrameError: it is too large.
        OSError: nobody is there to take it.
    """
    if len(data) > MAX_BYTES:
        raise FrameError(f"{len(data):,} bytes; the limit is {MAX_BYTES:,}")
    channel.sendall(len(data).to_bytes(_HEAD, "big"))
    channel.sendall(data)


def receive(channel: socket.socket) -> bytes | None:
    """Receive a frame; None when the other side has gone.

    Raises:
        FrameError: it is too large, or cut short.
    """
    head = _receive(channel, _HEAD)
    if not head:
        return None
    size = int.from_bytes(head, "big")
    if len(head) < _HEAD or size > MAX_BYTES:
        raise FrameError(f"a frame of {size:,} bytes; the limit is {MAX_BYTES:,}")
    data = _receive(channel, size)
    if len(data) < size:
        raise FrameError("the other side has gone in the middle of a frame")
    return data


def _receive(channel: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = channel.recv(min(size - len(data), 1 << 20))
        if not piece:
            break
        data += piece
    return bytes(data)


# -- finding the functions -------------------------------------------------------------------


def prepare(said: dict[str, Any]) -> None:
    """Be like the program that started this process, as far as its functions need that.

    Args:
        said: what `multiprocessing.spawn.prepare` takes, and under `workflow_file` the name
            and the path of a workflow file that was run as a module.
    """
    from multiprocessing import spawn  # noqa: PLC0415 -- it takes a while to load

    file = said.pop("workflow_file", None)
    setattr(sys, PREPARING, True)
    try:
        spawn.prepare(said)
        if file is not None:
            _run_file(*file)
    finally:
        delattr(sys, PREPARING)


def _run_file(name: str, path: str) -> None:
    import runpy  # noqa: PLC0415 -- for workflow files only

    module = sys.modules[name] = ModuleType(name)
    sys.path.insert(0, os.path.dirname(path))
    vars(module).update(runpy.run_path(path, run_name=name))


def find(module: str, qualname: str) -> Callable[..., Any]:
    """Return a function by its names."""
    found: Any = import_module(module)
    for part in qualname.split("."):
        found = getattr(found, part)
    function: Callable[..., Any] = found
    return function


# -- calls -----------------------------------------------------------------------------------


def _answer(request: bytes) -> bytes:
    """Make the call that a frame asks for; return what came of it."""
    before = _times()
    try:
        log, function, arguments = pickle.loads(request)  # noqa: S301 -- see the module's text
        _write_to(log)
        call = pickle.loads(function) if isinstance(function, bytes) else find(*function)  # noqa: S301 -- see the module's text
        value = call(**pickle.loads(arguments))  # noqa: S301 -- see the module's text
    except BaseException as error:  # noqa: BLE001 -- whatever it is, it is the call's
        answer = _raised(error)
    else:
        answer = _returned(value)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    used = tuple(after - first for after, first in zip(_times(), before, strict=True))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return pickle.dumps((*answer, (*used, most)))


def _write_to(log: str) -> None:
    # Not through a link that somebody has put there.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_APPEND | os.O_CLOEXEC
    file = os.open(log, flags, 0o666)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)


def _returned(value: Any) -> tuple[str, Any, str]:
    try:
        return "returned", pickle.dumps(value, pickle.HIGHEST_PROTOCOL), ""
    except BaseException as error:  # noqa: BLE001 -- it runs code of the value's class
        return "unsendable", f"{type(value).__name__}: {type(error).__name__}: {error}", ""


def _raised(error: BaseException) -> tuple[str, Any, str]:
    # The outermost line is the one above.
    below = error.__traceback__.tb_next if error.__traceback__ is not None else None
    text = "".join(traceback.format_exception(type(error), error, below))
    try:
        data = pickle.dumps(error)
        pickle.loads(data)  # noqa: S301 -- whether that is possible is the question
    except BaseException:  # noqa: BLE001 -- it runs code of the exception's class
        data = None
    return "raised", (data, type(error).__name__, _text_of(error)), text


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 -- it is the user's class
        return ""


def _times() -> tuple[float, float]:
    own, children = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + children.ru_utime, own.ru_stime + children.ru_stime


def serve(channel: socket.socket) -> None:
    """Answer until the other side goes."""
    said = receive(channel)
    if said is None:
        return
    failure: bytes | None = None
    try:
        prepare(pickle.loads(said))  # noqa: S301 -- see the module's text
    except BaseException as error:  # noqa: BLE001 -- told as the answer to each call
        failure = pickle.dumps((*_raised(error), (0.0, 0.0, 0)))
    while (request := receive(channel)) is not None:
        send(channel, failure or _answer(request))


def main() -> None:
    """Take the socket away from the standard input, and serve."""
    channel = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    try:
        serve(channel)
    except (OSError, KeyboardInterrupt):
        # The program has gone, or a person ended it while nothing was called.
        os._exit(0)


if __name__ == "__main__":
    main()
