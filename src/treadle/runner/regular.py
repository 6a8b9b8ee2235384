"""Read a small file that somebody else may have put there: a link, a pipe, far too much."""

from __future__ import annotations

import os
import stat

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_regular(path: str | os.PathLike[str], most: int) -> bytes:
    """Return what is in a file; links are not followed, and no pipe is waited for.

    Args:
        path: of the file.
        most: bytes, a number of MiB.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no regular file, or has more than that.
    """
    file = os.open(path, _FLAGS)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise ValueError("is not a file")
        with open(file, "rb", closefd=False) as reader:
            data = reader.read(most + 1)
    finally:
        os.close(file)
    if len(data) > most:
        raise ValueError(f"has more than {most >> 20} MiB; that is the limit")
    return data
