"""Plans that are kept, because reading a large workflow file again takes longer than its run.

A plan is kept in ``.treadle/plan-…`` beside the workflow file, with everything that was looked at
while it was made. It is used as long as all of that is the same: a plan is never older than its
files. What cannot be used, for whatever reason, counts as not there.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from treadle.store.digest import digest_of
from treadle.store.folder import STATE, make_state_folder
from treadle.store.whole import put, take
from treadle.workflow import compact
from treadle.workflow.looks import Looks
from treadle.workflow.plan import Plan

FEWEST_JOBS = 500
"""Of a plan that is kept: smaller ones are made as fast as they are found."""

_MAGIC = b"treadle plan 1\n"


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
        body = take(_place(path), _MAGIC)
        kept = _decode(body)
        if (kept.made_by, kept.file) != (_maker(), str(path)) or not kept.looks.still_hold():
            return None
        return replace(compact.decode(kept.plan, label), mark=digest_of(body))
    except (OSError, ValueError, msgspec.MsgspecError):
        return None


def save(path: Path, plan: Plan, looks: Looks) -> Plan:
    """Keep the plan of a workflow file, if it is a large one and can be kept.

    A plan with secret variables is not: their values may be in it.

    Returns:
        The plan; with a mark, if it is kept.
    """
    jobs = plan.jobs.values()
    if len(jobs) < FEWEST_JOBS or any(job.secret or job.call is not None for job in jobs):
        return plan
    with suppress(OSError, ValueError):
        body = _encode(_Kept(_maker(), str(path), looks, msgspec.Raw(compact.encode(plan))))
        make_state_folder(path.parent)
        put(_place(path), _MAGIC, body)
        return replace(plan, mark=digest_of(body))
    return plan


def _place(path: Path) -> Path:
    name = digest_of(os.fsencode(path.name))
    return path.parent / STATE / f"plan-{name[:16]}"


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
