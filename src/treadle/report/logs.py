"""The folder of a run, where the output of its jobs is kept."""

from __future__ import annotations

import os
import time
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

STATE = ".treadle"
_CACHE_TAG = """\
Signature: 8a477f597d28d172789f06886806bc55
# This folder holds what treadle keeps of its runs; it can be deleted.
# For information about cache directory tags see https://bford.info/cachedir/
"""


def make_run_folder(folder: Path) -> tuple[str, Path]:
    """Make the folder for the logs of a new run.

    Args:
        folder: where the workflow file stands.

    Returns:
        The name of the run, made of the time, and its folder.

    Raises:
        OSError: it cannot be made, or would lie where somebody else's link points to.
    """
    state = folder / STATE
    if state.is_symlink() and state.lstat().st_uid != os.geteuid():
        raise PermissionError(None, "is a link made by another user", str(state))
    (state / "logs").mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, text in ((".gitignore", "*\n"), ("CACHEDIR.TAG", _CACHE_TAG)):
        if not (state / name).exists():
            (state / name).write_text(text, encoding="utf-8")
    label = time.strftime("%Y%m%d-%H%M%S")
    for number in count(1):
        run = label if number == 1 else f"{label}-{number}"
        try:
            (state / "logs" / run).mkdir(mode=0o700)
        except FileExistsError:
            continue
        return run, state / "logs" / run
    raise AssertionError("bug in treadle: numbers have an end; please report it")
