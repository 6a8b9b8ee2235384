"""Jobs that are the text of a program: written to a file beside the log, and run from there.

The file stays: it is what ran, to be read and to be run again by hand. Its name shows in
lists of processes.
"""

from __future__ import annotations

import os
from functools import lru_cache

from treadle.errors import ProcessError
from treadle.process.available import available
from treadle.process.commandline import SH

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC


def write_script(path: str, text: str) -> list[str]:
    """Write a script to a file that only its owner can use; return what runs it.

    Args:
        path: of the file; what is there is replaced.
        text: the script. Its first line may say what runs it; otherwise, `/bin/sh`.

    Raises:
        ProcessError: it cannot be written.
    """
    text = text.lstrip("\n")
    try:
        with open(os.open(path, _FLAGS, 0o700), "w", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        problem = ProcessError(f"cannot write {path!r}: {error}")
        problem.what = f"write '{path}'"
        raise problem from error
    words = interpreter(text)
    if words and _is_executable(os.path.dirname(path)):
        return [path]
    return [*(words or [SH]), path]


def interpreter(text: str) -> list[str]:
    """Return what the first line of a script names, as the kernel reads it: one or two words."""
    if not text.startswith("#!"):
        return []
    return text[2:].partition("\n")[0].split(None, 1)


@lru_cache(maxsize=8)
def _is_executable(folder: str) -> bool:
    """Whether a file in this folder can be executed.

    Not on a file system mounted ``noexec``. And not where other threads of this process
    start programs: between fork and exec such a child holds the file open, and what is
    open for writing is "busy" for whoever executes it.
    """
    return available() and not os.statvfs(folder).f_flag & os.ST_NOEXEC
