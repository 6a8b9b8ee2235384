"""What treadle kept of runs before there was a store: `.treadle/last.json`, format 0.

It is taken over once, and removed. It only made the next run better: a broken one is ignored.
"""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

NAME = "last.json"
_MOST = 64 << 20  # bytes
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def take_over(folder: Path, learn: Callable[[Mapping[str, float], Iterable[str]], object]) -> None:
    """Take over what is in a folder.

    Args:
        folder: the state folder.
        learn: takes the seconds that jobs took, and the jobs that were bad; may raise.
    """
    path = folder / NAME
    if not os.path.lexists(path):
        return
    with suppress(OSError, ValueError, RecursionError):
        durations, bad = _parsed(json.loads(_read(path)))
        learn(durations, bad)
        path.unlink()


def _read(path: Path) -> bytes:
    with open(os.open(path, _FLAGS), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("is not a file")
        data = file.read(_MOST + 1)
    if len(data) > _MOST:
        raise ValueError("is too large")
    return data


def _parsed(last: Any) -> tuple[dict[str, float], list[str]]:
    if not isinstance(last, dict) or last.get("version", 1) != 1:
        return {}, []
    durations, bad = last.get("durations"), last.get("bad")
    seconds = durations if isinstance(durations, dict) else {}
    return (
        {job: float(took) for job, took in seconds.items() if _is_duration(took)},
        [job for job in bad if isinstance(job, str)] if isinstance(bad, list) else [],
    )


def _is_duration(took: Any) -> bool:
    return type(took) in {int, float} and 0 <= took < math.inf
