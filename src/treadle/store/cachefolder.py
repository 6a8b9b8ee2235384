"""The folder of a content cache: where objects and entries lie in it, and whose it is."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator

from treadle.store.cacheentry import MOST_BYTES, Entry, decoded, encoded, is_digest
from treadle.store.sharing import temporary

_OTHERS_WRITE = 0o022


class CacheFolder:
    """``objects/ab/cdef…`` are contents by digest, ``entries/ab/cdef…`` outputs by fingerprint.

    ``made`` is where both are written before they get their names.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._is_ours = False

    def object(self, digest: str) -> str:
        """The path of a content.

        Raises:
            ValueError: that is no digest.
        """
        return self._path("objects", digest)

    def entry(self, fingerprint: str) -> str:
        """The path of an entry.

        Raises:
            ValueError: that is no fingerprint.
        """
        return self._path("entries", fingerprint)

    def objects(self) -> Iterator[os.DirEntry[str]]:
        """All contents."""
        return self._all("objects")

    def entries(self) -> Iterator[os.DirEntry[str]]:
        """All entries."""
        return self._all("entries")

    def unfinished(self) -> Iterator[os.DirEntry[str]]:
        """What is being written, by any process, and what killed ones left."""
        yield from _listed(os.path.join(self.path, "made"))

    def check(self) -> None:
        """See whether it can be used.

        Raises:
            OSError: it is not there, or others may have planted something in it.
        """
        if self._is_ours:
            return
        seen = os.stat(self.path)
        if seen.st_uid != os.geteuid() or seen.st_mode & _OTHERS_WRITE:
            message = "belongs to another user, or others may write to it; the cache is not used"
            raise OSError(errno.EPERM, message, self.path)
        self._is_ours = True

    def prepare(self) -> None:
        """Make it, for the user alone.

        Raises:
            OSError: it cannot be made, or is not the user's.
        """
        if not self._is_ours:
            os.makedirs(self.path, 0o700, exist_ok=True)
            self.check()
            os.makedirs(os.path.join(self.path, "made"), 0o700, exist_ok=True)

    def new(self) -> str:
        """A path for what is to be written."""
        return os.path.join(self.path, "made", temporary())

    def name(self, path: str, final: str) -> None:
        """Give what was written its name, at once.

        Raises:
            OSError: it cannot be.
        """
        try:
            os.replace(path, final)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(final), 0o700, exist_ok=True)
            os.replace(path, final)

    def read(self, fingerprint: str) -> Entry:
        """Read an entry.

        Raises:
            OSError: there is none.
            ValueError: it is damaged.
        """
        with open(self.entry(fingerprint), "rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise ValueError("the entry is too large")
        return decoded(fingerprint, data)

    def write(self, fingerprint: str, kept: Entry) -> None:
        """Write an entry.

        Raises:
            OSError: it cannot be written.
            ValueError: it would be too large.
        """
        data = encoded(fingerprint, kept)
        if len(data) > MOST_BYTES:
            raise ValueError(f"names too much: {len(data):,} bytes, {MOST_BYTES:,} at most")
        path = self.new()
        try:
            with open(path, "xb") as file:
                file.write(data)
            self.name(path, self.entry(fingerprint))
        finally:
            removed(path)

    def _path(self, kind: str, digest: str) -> str:
        if not is_digest(digest):
            raise ValueError(f"'{digest}' is no digest")
        return f"{self.path}/{kind}/{digest[:2]}/{digest[2:]}"

    def _all(self, kind: str) -> Iterator[os.DirEntry[str]]:
        for folder in _listed(os.path.join(self.path, kind)):
            if folder.is_dir(follow_symlinks=False):
                yield from _listed(folder.path)


def removed(path: str) -> bool:
    """Remove a file, if it is there and can be."""
    with contextlib.suppress(OSError):
        os.unlink(path)
        return True
    return False


def _listed(path: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            return list(entries)
    except OSError:
        return []  # not there: nothing was kept so far, or another process removed it
