"""The folder `.treadle` beside a workflow file, which holds all that is kept of its runs."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

STATE = ".treadle"

CACHE = "cache"
"""Where outputs of earlier states are in it, unless the workflow names another folder."""

_CACHE_TAG = """\
Signature: 8a477f597d28d172789f06886806bc55
# This folder holds what treadle keeps of its runs; it can be deleted.
# For information about cache directory tags see https://bford.info/cachedir/
"""
_FRESH = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def names_of_runs() -> Iterator[str]:
    """Yield names for a run that begins now: its time, and that with a number."""
    label = time.strftime("%Y%m%d-%H%M%S")
    yield label
    yield from (f"{label}-{number}" for number in count(2))


def cache_folder(folder: Path, said: Path | None) -> Path:
    """Return where outputs of earlier states are kept.

    Args:
        folder: of the workflow.
        said: what that says of it.
    """
    return said or folder / STATE / CACHE


def make_state_folder(folder: Path) -> Path:
    """Make the folder for what is kept, or see that it is one to be trusted.

    Args:
        folder: where the workflow file stands.

    Returns:
        The path of `.treadle`: for its owner only, ignored by git and by backups.

    Raises:
        OSError: it cannot be made, or another user has put something in its place.
    """
    state = folder / STATE
    try:
        state.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        check_owner(state)
    for name, text in ((".gitignore", "*\n"), ("CACHEDIR.TAG", _CACHE_TAG)):
        if not os.path.lexists(state / name):
            write_fresh(state / name, text.encode())
    return state


def check_owner(folder: Path) -> None:
    """See that a folder is ours, or belongs to whom the folder around it belongs.

    Who owns the folder of a workflow file decides what runs: nothing is lost by trusting them.
    In a folder that many write to, such as `/tmp`, anybody can have made it beforehand.

    Raises:
        OSError: it is no folder, or another user's.
    """
    link, us = folder.lstat(), os.geteuid()
    if stat.S_ISLNK(link.st_mode) and link.st_uid != us:
        raise PermissionError(None, "is a link made by another user", str(folder))
    found = folder.stat()
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(None, "is not a folder", str(folder))
    if found.st_uid not in {us, folder.parent.stat().st_uid}:
        raise PermissionError(None, f"belongs to another user (uid {found.st_uid})", str(folder))


def write_fresh(path: Path, data: bytes) -> None:
    """Write a small file that is not there yet, for its owner only; one that is there stays."""
    try:
        file = os.open(path, _FRESH, 0o600)
    except FileExistsError:
        return
    with open(file, "wb") as writer:
        writer.write(data)
