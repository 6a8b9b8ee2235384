"""Files of treadle's own that are taken as they were written, or count as not there.

Such a file only saves work. It is readable for its owner alone, begins with what it is and a
digest of the rest, and is replaced in one step: what is half written, damaged, somebody else's
or no file at all is refused.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from treadle.store.digest import digest_of

MOST = 256 << 20  # bytes
_DIGEST = 32  # characters


def take(place: Path, magic: bytes) -> bytes:
    """Return what was put into a file.

    Args:
        place: its path.
        magic: what it begins with.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no file, somebody else's, too large, or not what was written.
    """
    with open(place, "rb", buffering=0, opener=_open_ours) as file:
        found = os.fstat(file.fileno())
        is_ours = found.st_uid == os.geteuid() and not found.st_mode & 0o022
        if not (stat.S_ISREG(found.st_mode) and is_ours and found.st_size < MOST):
            raise ValueError(f"{place} is not used")
        data = file.read()
    begin = len(magic) + _DIGEST
    body = data[begin:]
    if data[:begin] != magic + digest_of(body).encode():
        raise ValueError(f"{place} is not what was written")
    return body


def put(place: Path, magic: bytes, body: bytes) -> None:
    """Write a file as a whole or not at all; others that do the same are not in the way.

    Raises:
        OSError: it cannot be written.
        ValueError: it is too large.
    """
    if len(body) + len(magic) + _DIGEST >= MOST:
        raise ValueError(f"{place} would be too large")
    beside = place.with_name(f"{place.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    try:
        with open(beside, "xb", opener=_open_ours) as file:
            file.write(magic + digest_of(body).encode() + body)
        beside.replace(place)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def _open_ours(path: str, flags: int) -> int:
    """Open for us alone, without following a link or waiting for a pipe."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
