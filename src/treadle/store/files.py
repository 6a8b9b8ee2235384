"""The digests of files, each file read once and then only looked at.

A file that was hashed is known again by what `stat` says of it: size, times, inode, device and
mode. The kernel sets the time of the last change of the inode (`ctime`) at every write, and no
program can set it back, so a file that looks the same is the same — except for one case, which
git calls *racy* (its Documentation/technical/racy-git.txt): the clock that stamps files stands
still for some milliseconds, and a file that is written, hashed, and written once more in one of
these looks as it did when it was hashed, if its size is the same.

What does not work: to wait for the next tick (a run would stand still for every file), and to
compare only whole seconds (git did, and saw nothing of a second edit in the same second).

What is done: the time is taken *before* a file is looked at and read. Only if its own times are
older than that by more than the clock of files can lag behind, it is kept: every later write gets
a later time. A file that is younger is not kept, and is read again when it is asked for
again; so is one that changed while it was read. A second edit is therefore noticed always, also
in the same tick, with the same size, and with the old `mtime` put back.

How far the clock lags: the kernel stamps with the time of its last tick, 1 to 10 ms ago; 20 ms
are allowed for. Where both times of a file are whole seconds, a file system that knows no more
than seconds is assumed (two of them: FAT). Known file systems are finer than 20 ms, or that coarse.

The clock set back: a file whose times lie in the future is neither kept nor believed, until they
are past again. While the clock says an earlier time, writes get earlier times, which are other
ones, and are noticed; to be missed, a write has to meet the very nanosecond of the last one (on a
file system that counts seconds: the second).

Not covered: a file server whose clock is behind ours, where a file is written twice within one
tick of *its* clock and hashed in between; a program that goes on writing through a mapping
(`mmap`) while the file is hashed, since the kernel stamps only the first write to a page; whoever
sets the clock or writes the disk past the file system on purpose.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Mapping

from treadle.clock import SYSTEM
from treadle.store.digest import EXECUTABLE, digest_of_link, digest_of_open
from treadle.store.fingerprint import MISSING
from treadle.store.patterns import Found, beneath, matched, plain
from treadle.store.records import FileEntry

_LAG = 20_000_000  # nanoseconds
_COARSE_LAG = 2_000_000_000
_SECOND = 1_000_000_000

# A pipe is not waited for, and a terminal does not become ours. There are checks before: this is
# for what takes the place of a file between the look and the opening.
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY

_NOT_THERE = (FileNotFoundError, NotADirectoryError)


class Files:
    """Knows the digests of files.

    Relative paths start where the process is: whoever saves what is `fresh` passes absolute
    ones, or starts in the same folder next time.

    Args:
        known: what was `fresh` in earlier runs, by path.
        stamp: tells the time, in seconds since 1970.

    Attributes:
        fresh: learned since, by path; to be kept for later runs.
        gone: paths that were known, and are not there any more.
    """

    def __init__(
        self,
        known: Mapping[str, FileEntry] | None = None,
        stamp: Callable[[], float] = SYSTEM.stamp,
    ) -> None:
        self.fresh: dict[str, FileEntry] = {}
        self.gone: set[str] = set()
        self._known = dict(known or {})
        self._stamp = stamp

    def digest(self, path: str) -> str:
        """The digest of a file, or of the file that a link leads to.

        Raises:
            OSError: it cannot be read, or is a folder, a pipe, a device …
        """
        return self._of_file(path, _looked_at(path), self._now())

    def knows(self, path: str, seen: os.stat_result) -> bool:
        """Tell whether a file that looks like this has, for good, the digest that is known."""
        entry = self._known.get(path)
        return entry is not None and entry == _entry(path, seen, entry.digest)

    def state(self, folder: str | os.PathLike[str], patterns: Iterable[str]) -> dict[str, str]:
        """The digests of all files that paths stand for.

        Args:
            folder: where relative paths start; "" is the folder of the process.
            patterns: files, folders and globs, as `treadle.store.patterns` says.

        Returns:
            the digests, by path as declared, sorted for each pattern; `MISSING` for a
            path that is not there and is no glob. An empty folder adds nothing.

        Raises:
            OSError: something is there and cannot be read.
        """
        base = os.fspath(folder)
        base += "/" * (base not in {"", "/"})
        found: dict[str, str] = {}
        now = self._now()
        for pattern in patterns:
            path = plain(pattern)
            if path is None:
                self._add(found, base, matched(base, pattern), now)
                continue
            full = path if path[:1] == "/" else base + path or "."
            try:
                found[path] = self._of_file(full, _looked_at(full), now)
            except IsADirectoryError:
                self._forget(full)
                self._add(found, base, beneath(base, path), now)
            except _NOT_THERE:
                self._forget(full)
                found[path] = MISSING
        return found

    def _add(self, found: dict[str, str], base: str, these: Found, now: int) -> None:
        for path in these.files:
            full = path if path.startswith("/") else base + path
            try:
                found[path] = self._of_file(full, os.stat(full), now)
            except _NOT_THERE:
                self._forget(full)  # it went away since the folder was read
        for path in these.links:
            try:
                target = os.readlink(path if path.startswith("/") else base + path)
            except _NOT_THERE:
                continue
            found[path] = digest_of_link(target)

    def _of_file(self, path: str, seen: os.stat_result, now: int) -> str:
        entry = self._known.get(path)
        # The hot path of a run where nothing changed: one comparison, no call.
        if (
            entry is not None
            and entry[3] == seen.st_ctime_ns <= now
            and entry[2] == seen.st_mtime_ns <= now
            and entry[1] == seen.st_size
            and entry[4] == seen.st_ino
            and entry[5] == seen.st_dev
            and entry[6] == seen.st_mode
        ):
            return entry[7]
        return self._hash(path, seen)

    def _hash(self, path: str, seen: os.stat_result) -> str:
        _check_is_file(path, seen.st_mode)
        now = self._now()
        file = os.open(path, _FLAGS)
        try:
            before = os.fstat(file)
            _check_is_file(path, before.st_mode)
            digest, size = _read(file, path, before)
            after = os.fstat(file)
        finally:
            os.close(file)
        entry = _entry(path, before, digest)
        # A file of the kernel (/proc) says that it is empty, and changes without a new time.
        if entry == _entry(path, after, digest) and size == before.st_size and _is_past(entry, now):
            self._known[path] = self.fresh[path] = entry
            self.gone.discard(path)
        return digest

    def _forget(self, path: str) -> None:
        if self._known.pop(path, None) is not None:
            self.fresh.pop(path, None)
            self.gone.add(path)

    def _now(self) -> int:
        return int(self._stamp() * _SECOND)


def _looked_at(path: str) -> os.stat_result:
    try:
        return os.stat(path)
    except ValueError as error:  # a zero byte, or what is no name in this file system
        raise OSError(errno.EINVAL, f"is no path: {error}", path) from None


def _read(file: int, path: str, seen: os.stat_result) -> tuple[str, int]:
    try:
        return digest_of_open(file, seen.st_size, bool(seen.st_mode & EXECUTABLE))
    except OSError as error:
        error.filename = path  # reading knows only the number of the file
        raise


def _entry(path: str, seen: os.stat_result, digest: str) -> FileEntry:
    return FileEntry(
        path,
        seen.st_size,
        seen.st_mtime_ns,
        seen.st_ctime_ns,
        seen.st_ino,
        seen.st_dev,
        seen.st_mode,
        digest,
    )


def _is_past(entry: FileEntry, now: int) -> bool:
    is_coarse = entry.mtime % _SECOND == 0 and entry.ctime % _SECOND == 0
    return max(entry.mtime, entry.ctime) < now - (_COARSE_LAG if is_coarse else _LAG)


_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def _check_is_file(path: str, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = stat.S_IFMT(mode)
        # The number decides the class of the error: a folder is told from the rest.
        number = errno.EISDIR if kind == stat.S_IFDIR else errno.EINVAL
        raise OSError(number, f"is {_KINDS.get(kind, 'something else')}, not a file", path)
