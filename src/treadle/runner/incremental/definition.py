"""What a job is before it runs: the first parts of its fingerprint.

A part is a name with a text. Texts are compared and nothing else: a short one stands as it is,
after a ``=``; of others there is a digest; and where nothing can be compared there is a ``?``
with the name of a type. Values of secret variables are in none of them, in no form.

Only what may change what a job makes is a part: not timeouts, queues, retries, tags. The
environment that treadle itself was started with is none either, except what the job declares.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from treadle.runner.incremental.canonical import IncomparableError, encoded
from treadle.runner.secrets import secret_values
from treadle.store.digest import digest_of

if TYPE_CHECKING:
    from treadle.workflow.expressions import Text
    from treadle.workflow.plan import Call, Late, PlannedJob

_SHORT = 32
"""Characters of a digest: what is as short stands as it is."""

_UNKNOWN = "?"
_SECRET = "=secret"  # noqa: S105 -- says that there is one


def definition_of(job: PlannedJob, folder: Path) -> dict[str, str]:
    """Return the parts of one job's fingerprint; for many jobs, `Definitions` is faster.

    Args:
        job: the job.
        folder: the folder of the workflow; paths count relative to it.
    """
    return Definitions(folder).of(job)


def incomparable(parts: Mapping[str, str]) -> dict[str, str]:
    """Return the parts that cannot be compared, and of what type each is.

    A job that has any is never unchanged: nobody knows whether it is.
    """
    return {name: text[1:] for name, text in parts.items() if text.startswith(_UNKNOWN)}


class Definitions:
    """The parts of the jobs of one workflow; what they have in common is worked out once.

    Functions, and the data of their modules, are looked at when they are first met: that
    should be before any of them is called, since they may change such data.

    Args:
        folder: the folder of the workflow; paths count relative to it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cwds = {folder: "=."}
        self._digests: dict[str, str] = {}
        # By id: not every callable can be a key. The calls keep the functions alive.
        self._codes: dict[int, bytes | IncomparableError] = {}

    def of(self, job: PlannedJob) -> dict[str, str]:
        """Return the parts of a job's fingerprint that are known before the run.

        They are ``version``, ``command`` or ``code``, ``argument NAME``, ``cwd``, ``umask``,
        ``env NAME``, and ``declared``: the patterns of `inputs` and `outputs` themselves.
        With a ``version``, of a function only the name counts, and of arguments that cannot
        be compared the type.
        """
        hide = _Hidden(secret_values(job, os.environ).values()) if job.secret else _AS_IT_IS
        parts = {"cwd": self._cwds.get(job.cwd) or self._cwd(job.cwd)}
        if job.version:
            parts["version"] = _brief(job.version, hide)
        if job.call is not None:
            self._add_call(parts, job.call, job.version, hide)
        elif command := _command_of(job):
            parts["command"] = digest_of(hide(command))
        if job.inputs or job.outputs:
            declared = "\0".join((str(len(job.inputs)), *job.inputs, *job.outputs))
            parts["declared"] = digest_of(hide(_bytes(declared)))
        if job.call is None or job.call.process:
            if job.umask is not None:
                parts["umask"] = f"={job.umask:03o}"
            if job.env or job.late is not None:
                self._add_env(parts, job, hide)
        return parts

    def _cwd(self, cwd: Path) -> str:
        found = self._cwds[cwd] = _brief(os.path.relpath(cwd, self._folder), _AS_IT_IS)
        return found

    def _add_env(self, parts: dict[str, str], job: PlannedJob, hide: _Hidden) -> None:
        digests = self._digests
        for name, value in job.env.items():
            if hide:
                parts[f"env {name}"] = digest_of(hide(_bytes(value)))
            elif value in digests:
                parts[f"env {name}"] = digests[value]
            else:
                parts[f"env {name}"] = digests[value] = digest_of(_bytes(value))
        for name, text in job.late.env.items() if job.late is not None else ():
            parts[f"env {name}"] = digest_of(hide(encoded(_plain(text))))
        for name in job.secret:
            parts[f"env {name}"] = _SECRET

    # -- functions -----------------------------------------------------------------------

    def _add_call(self, parts: dict[str, str], call: Call, version: str, hide: _Hidden) -> None:
        if version:
            name = getattr(call.function, "__qualname__", type(call.function).__qualname__)
            parts["code"] = _brief(name, hide)
        else:
            parts["code"] = _told(self._code(call.function), hide)
        for name, source in call.arguments.items():
            parts[f"argument {name}"] = _brief(f"of {source}", hide)
        for name, value in call.constants.items():
            text = _told(_read(value), hide)
            # The type alone, as a text that can be compared.
            is_seen = bool(version) and text.startswith(_UNKNOWN)
            parts[f"argument {name}"] = _brief(text, hide) if is_seen else text

    def _code(self, function: Any) -> bytes | IncomparableError:
        known = self._codes.get(id(function))
        if known is None:
            known = self._codes[id(function)] = _read(function)
        return known


def _bytes(text: str) -> bytes:
    # What the system gave may hold bytes that are no text: they are lone surrogates here.
    return text.encode("utf-8", "surrogatepass")


class _Hidden:
    """Takes secret values out of what is made a digest of."""

    def __init__(self, values: Iterable[str]) -> None:
        self._values = sorted(map(_bytes, values), key=len, reverse=True)

    def __bool__(self) -> bool:
        return bool(self._values)

    def __call__(self, data: bytes) -> bytes:
        for value in self._values:
            data = data.replace(value, b"***")
        return data


_AS_IT_IS = _Hidden(())


def _command_of(job: PlannedJob) -> bytes:
    """Return what a job runs, written so that no two commands are alike; nothing for none."""
    if job.late is not None:
        return encoded([*_late(job.late), job.argv, job.script, job.shell])
    if job.argv:
        return _bytes("\0".join(("run", *job.argv)))
    return b"" if job.script is None else _bytes(f"script\0{job.script}")


def _late(late: Late) -> Iterator[object]:
    yield None if late.line is None else _plain(late.line)
    yield None if late.elements is None else [_plain(text) for text in late.elements]
    yield None if late.script is None else _plain(late.script)


def _plain(text: Text) -> list[str | tuple[str, str]]:
    return [piece if isinstance(piece, str) else (piece.job, piece.name) for piece in text]


def _read(value: object) -> bytes | IncomparableError:
    from treadle.runner.incremental.code import code_of  # noqa: PLC0415 -- only functions need it

    try:
        return code_of(value)
    except IncomparableError as error:
        return error


def _told(data: bytes | IncomparableError, hide: _Hidden) -> str:
    return (
        f"{_UNKNOWN}{data.kind}" if isinstance(data, IncomparableError) else digest_of(hide(data))
    )


def _brief(text: str, hide: _Hidden) -> str:
    data = hide(_bytes(text))
    is_short = len(data) < _SHORT and data.isascii() and text.isprintable()
    return f"={data.decode()}" if is_short else digest_of(data)
