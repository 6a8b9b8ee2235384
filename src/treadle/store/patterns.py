"""What a declared path stands for: a file, all files of a folder, or those that a glob matches.

A path without ``*``, ``?`` and ``[`` is a file or a folder, whatever there is; a folder stands
for all files beneath it, also hidden ones. Otherwise it is a glob, and matches as
`glob.glob(recursive=True)` does: ``*``, ``?`` and ``[...]`` within a name, ``**`` alone for any
number of folders; a hidden name is matched by a pattern that begins with the dot only, and
``[*]`` is a star. It stands for files; with a slash at the end, for all files beneath the folders
that it matches. It may stand for nothing.

Links are followed where they are named: ``a/*.c`` looks into the folder that ``a`` leads to. They
are not followed where folders are searched: neither ``**`` nor a folder goes into a link, so
there are no circles, and what such a link leads to is not there twice. A link to a folder or to
nothing, found by searching, is a thing of its own, and counts by what is written in it.

Searching leaves out ``.git``, and ``.treadle`` with what treadle itself puts beside files
(``.treadle-…``): they change without anybody's work. Naming them works.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator
from fnmatch import translate
from functools import lru_cache
from typing import NamedTuple, TypeAlias

MOST_FILES = 1_000_000
"""So many files a path may stand for: a mistyped one must not read the whole disk."""

_MAGIC = re.compile(r"[*?\[]")
_NOT_THERE = (errno.ENOENT, errno.ENOTDIR)
_TO_NOTHING = (*_NOT_THERE, errno.ELOOP)

_Test: TypeAlias = Callable[[str], object]


class Found(NamedTuple):
    """What a pattern stands for, each as relative as the pattern is.

    Attributes:
        files: sorted; links to files are among them.
        links: links to folders and to nothing, sorted.
    """

    files: list[str]
    links: list[str]


@lru_cache(maxsize=1 << 16)
def plain(pattern: str) -> str | None:
    """A path as it is written shortest, without ``./`` and ``//``; None for a glob."""
    return None if _MAGIC.search(pattern) else _joined(pattern)


def matched(folder: str, pattern: str) -> Found:
    """Find what a glob matches.

    Args:
        folder: where it starts, unless it is absolute.
        pattern: a path with ``*``, ``?`` or ``[``.

    Raises:
        OSError: a folder cannot be searched, or there are more than `MOST_FILES`.
    """
    found = Found([], [])
    parts = [part for part in pattern.split("/") if part not in {"", "."}]
    root = "/" if pattern.startswith("/") else ""
    _Search(folder, found).match(root, parts, pattern.endswith("/"))
    # `**` twice finds a thing on several ways.
    return Found(sorted(set(found.files)), sorted(set(found.links)))


def beneath(folder: str, path: str) -> Found:
    """Find all files of a folder.

    Args:
        folder: where `path` starts, unless it is absolute.
        path: as `plain` has it.

    Raises:
        OSError: a folder cannot be searched, or there are more than `MOST_FILES`.
    """
    found = Found([], [])
    _Search(folder, found).beneath(_prefix(path))
    found.files.sort()
    found.links.sort()
    return found


def _joined(path: str) -> str:
    if "./" not in path and "//" not in path and not path.endswith(("/", ".")):
        return path
    parts = [part for part in path.split("/") if part not in {"", "."}]
    return ("/" if path.startswith("/") else "") + "/".join(parts)


def _prefix(path: str) -> str:
    return path + "/" if path and path != "/" else path


class _Search:
    """One pattern's way through the folders. A prefix is empty or ends with a slash."""

    def __init__(self, folder: str, found: Found) -> None:
        self._base = _prefix(folder)
        self._files, self._links = found

    def match(self, prefix: str, parts: list[str], is_folder: bool) -> None:
        """Go on with the rest of a pattern."""
        if not parts:
            self.beneath(prefix)
        elif not _MAGIC.search(parts[0]):
            self._named(prefix, parts, is_folder)
        elif parts[0] == "**":
            self._anywhere(prefix, parts, is_folder)
        elif len(parts) > 1 or is_folder:
            for entry in self._listed(prefix, _matcher(parts[0])):
                if not entry.is_symlink() or _leads_to_folder(self._at(prefix + entry.name)):
                    self.match(f"{prefix}{entry.name}/", parts[1:], is_folder)
        else:
            for entry in self._listed(prefix, _matcher(parts[0])):
                if not entry.is_dir(follow_symlinks=False):
                    self._add(prefix + entry.name, entry.is_symlink())

    def _named(self, prefix: str, parts: list[str], is_folder: bool) -> None:
        path = prefix + parts[0]
        if len(parts) > 1 or is_folder:
            self.match(path + "/", parts[1:], is_folder)
            return
        try:
            mode = os.lstat(self._at(path)).st_mode
        except OSError as error:
            if error.errno in _NOT_THERE:
                return
            raise
        if not stat.S_ISDIR(mode):
            self._add(path, stat.S_ISLNK(mode))

    def _anywhere(self, prefix: str, parts: list[str], is_folder: bool) -> None:
        while parts[:1] == ["**"]:
            parts = parts[1:]
        if is_folder or len(parts) > 1 or (parts and not _MAGIC.search(parts[0])):
            for folder in self._walked(prefix, _is_shown, _never):
                self.match(folder, parts, is_folder)
        else:
            for _ in self._walked(prefix, _is_shown, _matcher(parts[0] if parts else "*")):
                pass

    def beneath(self, prefix: str) -> None:
        """Take all files, also the hidden ones."""
        for _ in self._walked(prefix, _is_counted, _is_counted):
            pass

    def _walked(self, prefix: str, into: _Test, takes: _Test) -> Iterator[str]:
        """Yield all folders, and take files on the way: each folder is read only once."""
        left = [prefix]
        while left:
            folder = left.pop()
            yield folder
            for entry in self._listed(folder, None):
                if entry.is_dir(follow_symlinks=False):
                    if into(entry.name):
                        left.append(f"{folder}{entry.name}/")
                elif takes(entry.name):
                    self._add(folder + entry.name, entry.is_symlink())

    def _listed(self, prefix: str, wanted: _Test | None) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self._at(prefix) or ".") as entries:
                # Read to the end at once: no more than one descriptor, however deep it is.
                return [entry for entry in entries if wanted is None or wanted(entry.name)]
        except OSError as error:
            # It is no folder, or no more, or its parent is none.
            if error.errno in _NOT_THERE:
                return []
            raise

    def _add(self, path: str, is_link: bool) -> None:
        if is_link and _leads_to_folder(self._at(path)) is not False:
            self._links.append(path)
        else:
            self._files.append(path)
        if len(self._files) + len(self._links) > MOST_FILES:
            message = f"stands for more than {MOST_FILES:,} files; that is the limit"
            raise OSError(errno.E2BIG, message, self._base)

    def _at(self, path: str) -> str:
        return path if path.startswith("/") else self._base + path


def _leads_to_folder(path: str) -> bool | None:
    """Whether a link leads to a folder; None if it leads to nothing."""
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except OSError as error:
        if error.errno in _TO_NOTHING:
            return None
        raise


def _is_counted(name: str) -> bool:
    return not name.startswith((".git", ".treadle")) or not (
        name in {".git", ".treadle"} or name.startswith(".treadle-")
    )


def _is_shown(name: str) -> bool:
    return not name.startswith(".")


def _never(_: str) -> bool:
    return False


def _matcher(part: str) -> _Test:
    match = re.compile(translate(part)).match
    if part.startswith("."):
        return lambda name: match(name) and _is_counted(name)
    return lambda name: not name.startswith(".") and match(name)
