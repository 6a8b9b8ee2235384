"""Files that are contents of a cache at the same time: hard links."""

from __future__ import annotations

import contextlib
import os
import stat

from treadle.store.beneath import Place
from treadle.store.cachefolder import CacheFolder, removed
from treadle.store.sharing import set_mode, share, temporary

_OWNER_WRITES = 0o200


class Linked:
    """Knows which file is which content; looks only when there is a file with two names."""

    def __init__(self, folder: CacheFolder) -> None:
        self._folder = folder
        self._contents: dict[int, str] | None = None

    def note(self, made: Place, content: str) -> None:
        """Another file may be this content now."""
        if self._contents is not None:
            seen = os.stat(made.name, dir_fd=made.at, follow_symlinks=False)
            self._contents[seen.st_ino] = content

    def detach(self, file: Place) -> None:
        """If a file is a content of the cache, make it a file of its own, which may be written.

        Raises:
            OSError: it cannot be looked at, or neither be copied nor given up by the cache.
        """
        seen = os.stat(file.name, dir_fd=file.at, follow_symlinks=False)
        content = self._content_of(seen)
        if content is None:
            return
        mode = stat.S_IMODE(seen.st_mode) | _OWNER_WRITES
        own = Place(temporary(), file.at)
        try:
            share(file, own, mode, may_link=False)
            os.replace(own.name, file.name, src_dir_fd=own.at, dst_dir_fd=file.at)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(own.name, dir_fd=own.at)
            removed(content)
            set_mode(file, mode)

    def _content_of(self, seen: os.stat_result) -> str | None:
        if not stat.S_ISREG(seen.st_mode) or seen.st_nlink == 1:
            return None
        if self._contents is None:
            self._contents = {entry.inode(): entry.path for entry in self._folder.objects()}
        content = self._contents.get(seen.st_ino)
        # The number counts on its own disk only.
        if content is None or os.lstat(content).st_dev != seen.st_dev:
            return None
        return content
