"""Files beneath a folder, reached without going through anybody's links.

A path is walked one name at a time, each opened in the folder before it and never through a
link (`openat` with `O_NOFOLLOW`): between a check and its use nobody can slip a link in.
"""

from __future__ import annotations

import contextlib
import errno
import os
from types import TracebackType
from typing import NamedTuple, Self

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def is_inside(path: str) -> bool:
    """Whether a path is relative and can be walked: no `..`, no empty name, no zero byte."""
    names = path.split("/")
    return "\0" not in path and not any(name in {"", ".", ".."} for name in names)


class Place(NamedTuple):
    """A file: its name, and the opened folder that it counts from; None for that of the process."""

    name: str
    at: int | None = None


class Beneath:
    """A folder, opened; and the one beneath it that was asked for last.

    Args:
        folder: its path; links in it are followed, for it is the user's own.

    Raises:
        OSError: it cannot be opened.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._root = os.open(os.fspath(folder) or ".", _FOLDER & ~os.O_NOFOLLOW)
        self._above, self._opened = "", self._root

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._close()
        os.close(self._root)

    def place(self, path: str, make: bool = False) -> Place:
        """Where a file is; good until the next one is asked for.

        Args:
            path: beneath the folder.
            make: make the folders that are not there.

        Raises:
            OSError: a folder is missing, is a link or a file; or the path leads out.
        """
        if not is_inside(path):
            raise OSError(errno.EXDEV, "leads out of its folder", path)
        above, _, name = path.rpartition("/")
        if above != self._above:
            self._close()
            for part in above.split("/") if above else ():
                below = _entered(self._opened, part, make)
                self._close()
                self._opened = below
            self._above = above
        return Place(name, self._opened)

    def _close(self) -> None:
        if self._opened != self._root:
            os.close(self._opened)
        # Also where an error ends the way down: half of it is no folder that was asked for.
        self._above, self._opened = "", self._root


def _entered(at: int, name: str, make: bool) -> int:
    if make:
        # Another process may have been quicker, or it is a link: the opening tells.
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, dir_fd=at)
    return os.open(name, _FOLDER, dir_fd=at)
