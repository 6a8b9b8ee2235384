"""Plans that are kept, because reading a large workflow file again takes longer than its run.

A plan is kept in ``.treadle/plan-…`` beside the workflow file, with everything that was looked at
while it was made. It is used as long as all of that is the same: a plan is never older than its
files. What cannot be used, for whatever reason, counts as not there.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from treadle.store.digest import digest_of
from treadle.store.folder import STATE, make_state_folder
from treadle.workflow import compact
from treadle.workflow.looks import Looks
from treadle.workflow.plan import Plan

FEWEST_JOBS = 500
"""Of a plan that is kept: smaller ones are made as fast as they are found."""

_MAGIC = b"treadle plan 1\n"
_MOST = 256 << 20  # bytes
_DIGEST = 32  # characters


class _Kept(Struct, array_like=True):
    made_by: str
    file: str
    looks: Looks
    plan: msgspec.Raw


def find_saved(path: Path, label: str) -> Plan | None:
    """Return the plan of a workflow file, if one is kept and nothing has changed since.

    Args:
        path: of the file, absolute.
        label: how messages call it.
    """
    try:
        data = _contents(_place(path))
        begin = len(_MAGIC) + _DIGEST
        body = data[begin:]
        if data[:begin] != _MAGIC + digest_of(body).encode():
            return None
        kept = _decode(body)
        if (kept.made_by, kept.file) != (_maker(), str(path)) or not kept.looks.still_hold():
            return None
        return compact.decode(kept.plan, label)
    except (OSError, ValueError, msgspec.MsgspecError):
        return None


def save(path: Path, plan: Plan, looks: Looks) -> None:
    """Keep the plan of a workflow file, if it is a large one and can be kept.

    A plan with secret variables is not: their values may be in it.
    """
    jobs = plan.jobs.values()
    if len(jobs) < FEWEST_JOBS or any(job.secret or job.call is not None for job in jobs):
        return
    with suppress(OSError, ValueError):
        body = _encode(_Kept(_maker(), str(path), looks, msgspec.Raw(compact.encode(plan))))
        if len(body) < _MOST:
            make_state_folder(path.parent)
            _replace(_place(path), _MAGIC + digest_of(body).encode() + body)


def _place(path: Path) -> Path:
    name = digest_of(os.fsencode(path.name))
    return path.parent / STATE / f"plan-{name[:16]}"


def _contents(place: Path) -> bytes:
    """Return what is in a file of ours.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no file, somebody else's, or too large.
    """
    with open(place, "rb", buffering=0, opener=_open_ours) as file:
        found = os.fstat(file.fileno())
        is_ours = found.st_uid == os.geteuid() and not found.st_mode & 0o022
        if not (stat.S_ISREG(found.st_mode) and is_ours and found.st_size < _MOST):
            raise ValueError(f"{place} is not used")
        return file.read()


def _open_ours(path: str, flags: int) -> int:
    """Open for us alone, without following a link or waiting for a pipe."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)


def _replace(place: Path, data: bytes) -> None:
    """Write a file as a whole or not at all; others that do the same are not in the way."""
    beside = place.with_name(f"{place.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    try:
        with open(beside, "xb", opener=_open_ours) as file:
            file.write(data)
        beside.replace(place)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


@cache
def _maker() -> str:
    """Name all that makes plans: another version may make another one of the same file.

    The files of treadle are part of it, for those who change them.
    """
    with os.scandir(Path(__file__).parent) as entries:
        ours = sorted(
            (one.name, one.stat().st_mtime_ns) for one in entries if one.name.endswith(".py")
        )
    files = digest_of(repr(ours).encode())
    version = getattr(sys.modules["treadle"], "__version__", "")
    return f"{version} {sys.version} {msgspec.__version__} {sys.platform} {files}"


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Kept).decode
