"""What was looked at while a workflow was read: as long as that is the same, so is its plan.

Whoever asks something outside of treadle while it reads a workflow notes the answer here.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from msgspec import Struct

from treadle.store.digest import digest_of, digest_of_text


class Looks(Struct):
    """Everything outside of treadle that a plan depends on.

    Attributes:
        files: the digest of each file that was read.
        links: paths, and what they lead to.
        env: the digest of each variable that was asked for; None for one that is not set.
        globs: folders and patterns, and the digest of what matched.
        cpus: the processors that may be used, if that was asked.
    """

    files: dict[str, str] = {}
    links: dict[str, str] = {}
    env: dict[str, str | None] = {}
    globs: list[tuple[str, str, str]] = []
    cpus: int | None = None

    def still_hold(self) -> bool:
        """Tell whether all is as it was; what cannot be read any more is not."""
        from treadle.workflow.queues import usable_cpus  # noqa: PLC0415 -- it notes things here

        try:
            return (
                all(os.path.realpath(path) == target for path, target in self.links.items())
                and all(_of_variable(name) == digest for name, digest in self.env.items())
                and (self.cpus is None or self.cpus == usable_cpus())
                and all(_of_file(path) == digest for path, digest in self.files.items())
                and all(_of_matches(at, said) == digest for at, said, digest in self.globs)
            )
        except (OSError, ValueError):
            return False


_current: ContextVar[Looks | None] = ContextVar("looks", default=None)


@contextmanager
def noting() -> Iterator[Looks]:
    """Collect what is looked at within."""
    looks = Looks()
    token = _current.set(looks)
    try:
        yield looks
    finally:
        _current.reset(token)


def note_file(path: str | os.PathLike[str], text: str) -> None:
    """Note that a file was read, and what was in it."""
    if (looks := _current.get()) is not None:
        looks.files[os.fspath(path)] = digest_of_text(text)


def note_link(path: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Note where a path leads to, when all links in it are followed."""
    if (looks := _current.get()) is not None:
        looks.links[os.fspath(path)] = os.fspath(target)


def note_variable(name: str) -> None:
    """Note that a variable of the environment was asked for."""
    if (looks := _current.get()) is not None:
        looks.env[name] = _of_variable(name)


def note_glob(folder: str | os.PathLike[str], pattern: str, found: Iterable[str]) -> None:
    """Note what a pattern matched in a folder."""
    if (looks := _current.get()) is not None:
        looks.globs.append((os.fspath(folder), pattern, _of_names(found)))


def note_cpus(number: int) -> None:
    """Note how many processors may be used."""
    if (looks := _current.get()) is not None:
        looks.cpus = number


def _of_variable(name: str) -> str | None:
    value = os.environ.get(name)
    return None if value is None else digest_of(os.fsencode(value))


def _of_names(names: Iterable[str]) -> str:
    return digest_of(os.fsencode("\0".join(names)))


def _of_matches(folder: str, pattern: str) -> str:
    return _of_names(sorted(glob.glob(pattern, root_dir=folder, recursive=True)))


def _of_file(path: str) -> str:
    """Return the digest of a file; a pipe that somebody put there is not waited for.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no file.
    """
    with open(path, "rb", buffering=0, opener=_open_at_once) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError(path)
        return digest_of(file.read())


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)
