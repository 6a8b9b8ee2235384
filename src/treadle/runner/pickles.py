"""What is sent to worker processes and comes back from them; what cannot be sent is named."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

from treadle.errors import TreadleError
from treadle.process.conditions import Usage
from treadle.runner.worker import find
from treadle.workflow.read import MODULE

_HIGHEST = pickle.HIGHEST_PROTOCOL


class SendError(TreadleError):
    """Something cannot be sent to another process, or back."""


class RemoteError(TreadleError):
    """Stands for an exception of a class that cannot be sent."""


class Answer(NamedTuple):
    """What came of a call in another process.

    Attributes:
        value: what it returned.
        raised: what it raised.
        text: the traceback, as it was printed there.
        usage: what it used.
    """

    value: Any
    raised: BaseException | None
    text: str
    usage: Usage


def request(log: str, function: Callable[..., Any], arguments: dict[str, Any]) -> bytes:
    """Return the frame that asks for a call.

    Args:
        log: the file that its output goes to.
        function: what is called.
        arguments: by name.

    Raises:
        SendError: the function, or an argument, cannot be sent.
    """
    try:
        data = pickle.dumps(arguments, _HIGHEST)
    except Exception as error:
        raise SendError(_culprit(arguments, error)) from error
    return pickle.dumps((log, _reference(function), data), _HIGHEST)


def _culprit(arguments: dict[str, Any], error: Exception) -> str:
    for name, value in arguments.items():
        try:
            pickle.dumps(value, _HIGHEST)
        except Exception as own:  # noqa: BLE001 -- it runs code of the value's class
            return (
                f"its argument {name!r} ({type(value).__name__}) cannot be sent to another "
                f"process: {own}; return plain values, or the path of a file"
            )
    return f"its arguments cannot be sent to another process: {error}"


def _reference(function: Callable[..., Any]) -> tuple[str, str] | bytes:
    """Return where the function is found, or itself if the user has cloudpickle."""
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
    if module and "<" not in name:
        try:
            if module in sys.modules and find(module, name) is function:
                return module, name
        except AttributeError:
            pass
    try:
        cloudpickle: Any = import_module("cloudpickle")  # used if it happens to be there
    except ImportError:
        raise SendError(
            f"its function {name or function!r} cannot be found by another process; "
            "define it at the top level of a module, or install cloudpickle"
        ) from None
    try:
        data: bytes = cloudpickle.dumps(function)
    except Exception as error:
        raise SendError(
            f"its function {name or function!r} cannot be sent to another process: {error}; "
            "define it at the top level of a module"
        ) from error
    return data


def preparation() -> bytes:
    """Return the frame that makes a worker like this program; see `worker.prepare`."""
    from multiprocessing import spawn  # noqa: PLC0415 -- it takes a while to load

    said = spawn.get_preparation_data("treadle-worker")
    # A secret and a mode of multiprocessing's own children; the folder is that of the job.
    for name in ("authkey", "start_method", "dir"):
        said.pop(name, None)
    said["sys_path"] = list(sys.path)
    # What comes back may be of a class that the other side found in its copy of the main file.
    sys.modules.setdefault("__mp_main__", sys.modules["__main__"])
    file = getattr(sys.modules.get(MODULE), "__file__", None)
    if file is not None:
        said["workflow_file"] = (MODULE, file)
    return pickle.dumps(said, _HIGHEST)


def answer(frame: bytes, wall: float) -> Answer:
    """Read what a worker answered.

    Args:
        frame: as it was received.
        wall: seconds that the call took.

    Raises:
        SendError: what the function returned cannot be sent.
    """
    kind, what, text, (user, system, most) = pickle.loads(frame)  # noqa: S301 -- from our own child, see `worker`
    usage = Usage(user, system, most, wall)
    if kind == "unsendable":
        raise SendError(f"what it returned cannot be sent back from its process ({what})")
    if kind == "raised":
        data, name, said = what
        return Answer(None, _exception(data, name, said, text), text, usage)
    return Answer(_load(what), None, "", usage)


def _load(data: bytes) -> Any:
    try:
        return pickle.loads(data)  # noqa: S301 -- from our own child, see `worker`
    except Exception as error:
        raise SendError(f"what it returned cannot be read here: {error}") from error


def _exception(data: bytes | None, kind: str, said: str, text: str) -> BaseException:
    error: BaseException | None = None
    if data is not None:
        try:
            error = pickle.loads(data)  # noqa: S301 -- from our own child, see `worker`
        except Exception:  # noqa: BLE001 -- it runs code of the exception's class
            error = None
    if error is None:
        error = RemoteError(f"{kind}: {said}" if said else kind)
    error.add_note(f"\nIn the other process:\n{text.rstrip()}")
    return error
