"""The content cache: what jobs made in earlier states, put back when the state comes back.

Contents and entries are written under another name and renamed, so that several processes may
use one cache at once: what two of them write under one name is the same. Nothing is synced to the
disk: what a crash leaves half-written is found out.

A content is believed only after its bytes, beside the place where they are wanted, have been read
again. What is damaged is dropped, and the job runs: the cache may lose, it is never wrong.

Hard links are what could go wrong (`treadle.store.sharing`). Covered: a job that writes its
outputs in place (`detach` gives it files of its own before); somebody who writes to a linked
output by hand (has no permission to; as root it changes the content, which is found out and
dropped). Not covered: root writes in place to a large output, and another folder, restored from
the same cache, has a link to it: that file changes, too, and its job runs again.

What restoring writes stays beneath the folder: an entry that leads out by ``..``, an absolute path
or a link is refused, and a folder that is a link is not walked through. A folder that stands
where a file goes, or a file where a folder goes, is left alone: it may be somebody's work. In all
of these cases the job runs. The cache has to belong to the user, and nobody else may write to it:
otherwise it is not used.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from treadle.store.beneath import Beneath, Place
from treadle.store.cacheentry import Entry, Output, stays_inside
from treadle.store.cachefolder import CacheFolder, removed
from treadle.store.digest import digest_of_link
from treadle.store.files import Files
from treadle.store.linked import Linked
from treadle.store.sharing import LINKED_FROM, digest_at, share, temporary
from treadle.store.trimming import trimmed

_READING = 0o555


class Restored(NamedTuple):
    """What was put back.

    Attributes:
        outputs: the digest of each file, by path.
        values: what the job left for other jobs.
    """

    outputs: Mapping[str, str]
    values: Mapping[str, str]


class Cache:
    """Keeps what jobs made, by fingerprint.

    Args:
        folder: of the cache; made when something is kept.
        limit_bytes: what `trim` leaves at most; nothing larger is kept.
        files: knows the digests of files in the folders that are restored.
    """

    def __init__(self, folder: str | os.PathLike[str], limit_bytes: int, files: Files) -> None:
        self._folder = CacheFolder(os.path.abspath(folder))
        self._limit = limit_bytes
        self._files = files
        self._linked = Linked(self._folder)

    def keep(
        self,
        fingerprint: str,
        folder: str | os.PathLike[str],
        outputs: Mapping[str, str],
        values: Mapping[str, str],
    ) -> str:
        """Keep what a job made.

        Args:
            fingerprint: of the job.
            folder: that the paths of `outputs` count from.
            outputs: the digest of each file, by path, as `Files.state` has them.
            values: what it left for other jobs; no secrets.

        Returns:
            nothing, or why it was not kept: a full disk is no error of the run.
        """
        try:
            self._folder.prepare()
            with Beneath(folder) as beneath:
                described = {path: _described(beneath, path, outputs[path]) for path in outputs}
                kept = Entry(dict(sorted(described.items())), values)
                if kept.size > self._limit:
                    return f"has {kept.size:,} bytes; the cache has room for {self._limit:,}"
                for path, output in kept.outputs.items():
                    if not output.link:
                        self._keep_content(beneath, path, output)
            self._folder.write(fingerprint, kept)
        except (OSError, ValueError) as error:
            return str(error)
        return ""

    def restore(self, fingerprint: str, folder: str | os.PathLike[str]) -> Restored | None:
        """Put back what a job with this fingerprint made.

        Args:
            fingerprint: of the job as it is now.
            folder: that the paths of its outputs count from.

        Returns:
            what is there now; None if it is not known or cannot be put back: then the job
            has to run, and some of its outputs may be those of this fingerprint already.
        """
        try:
            self._folder.check()
            kept = self._folder.read(fingerprint)
            with Beneath(folder) as beneath:
                self._put(beneath, kept)
            self._check_links(os.fspath(folder), kept)
            # Used just now: trimming takes others before.
            os.utime(self._folder.entry(fingerprint))
        except OSError:
            return None
        except ValueError:
            self._drop(fingerprint)
            return None
        return Restored({p: output.digest for p, output in kept.outputs.items()}, kept.values)

    def detach(self, folder: str | os.PathLike[str], paths: Iterable[str]) -> None:
        """Before a job writes: files that share their content with the cache get one of their own.

        If there is no room for that, the cache gives up the content.

        Args:
            folder: that the paths count from.
            paths: of files, as `Files.state` names them; whatever else is there is left alone.
        """
        with contextlib.suppress(OSError), Beneath(folder) as beneath:
            for path in paths:
                with contextlib.suppress(OSError):
                    self._linked.detach(beneath.place(path))

    def trim(self) -> int:
        """Remove what was not used for longest, down to the limit; how many bytes that were."""
        try:
            self._folder.check()
        except OSError:
            return 0
        return trimmed(self._folder, self._limit)

    # -- keeping -------------------------------------------------------------------

    def _keep_content(self, beneath: Beneath, path: str, output: Output) -> None:
        content = self._folder.object(output.digest)
        with contextlib.suppress(FileNotFoundError):
            if os.lstat(content).st_size == output.size:
                return  # whether it is whole is seen when it is wanted
        made = Place(self._folder.new())
        try:
            share(beneath.place(path), made, output.mode & _READING)
            # A large file is read once for all, when it is wanted.
            if output.size < LINKED_FROM and digest_at(made) != output.digest:
                raise ValueError(f"'{path}' has changed meanwhile")
            self._linked.note(made, content)
            self._folder.name(made.name, content)
        finally:
            removed(made.name)

    # -- restoring -----------------------------------------------------------------

    def _put(self, beneath: Beneath, kept: Entry) -> None:
        staged: list[tuple[str, str]] = []
        try:
            for path, output in kept.outputs.items():
                place = beneath.place(path, make=True)
                _check_free(place)
                staged.append((path, temporary()))
                self._stage(output, Place(staged[-1][1], place.at))
            for path, made in staged:
                name, at = beneath.place(path)
                os.replace(made, name, src_dir_fd=at, dst_dir_fd=at)
        finally:
            # Also after all went well: renaming one name of a file to another does nothing.
            for path, made in staged:
                with contextlib.suppress(OSError):
                    os.unlink(made, dir_fd=beneath.place(path).at)

    def _stage(self, output: Output, made: Place) -> None:
        if output.link:
            os.symlink(output.link, made.name, dir_fd=made.at)
            return
        content = self._folder.object(output.digest)
        if not os.path.lexists(content):
            raise ValueError("a content is gone")
        share(Place(content), made, output.mode)
        if digest_at(made) != output.digest:
            removed(content)
            raise ValueError("a content is damaged")
        self._linked.note(made, content)

    def _check_links(self, folder: str, kept: Entry) -> None:
        for path, output in kept.outputs.items():
            if not output.link or output.digest == digest_of_link(output.link):
                continue
            # It counts by the file that it leads to, which need not be an output.
            if self._files.digest(os.path.join(folder, path)) != output.digest:
                raise OSError(errno.ESTALE, "leads to something else", path)

    def _drop(self, fingerprint: str) -> None:
        with contextlib.suppress(ValueError):
            removed(self._folder.entry(fingerprint))


def _described(beneath: Beneath, path: str, digest: str) -> Output:
    name, at = beneath.place(path)
    seen = os.stat(name, dir_fd=at, follow_symlinks=False)
    if stat.S_ISREG(seen.st_mode):
        return Output(digest, seen.st_size, seen.st_mode & 0o777)
    if not stat.S_ISLNK(seen.st_mode):
        raise ValueError(f"'{path}' is not a file")
    link = os.readlink(name, dir_fd=at)
    if not stays_inside(path, link):
        raise ValueError(f"'{path}' is a link that leads out of the folder")
    return Output(digest, 0, 0, link)


def _check_free(place: Place) -> None:
    with contextlib.suppress(FileNotFoundError):
        mode = os.stat(place.name, dir_fd=place.at, follow_symlinks=False).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "is a folder", place.name)
