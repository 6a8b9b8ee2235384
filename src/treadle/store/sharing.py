"""One content in two files: shared by the file system, by a link, or copied.

A reflink (`FICLONE`: btrfs, xfs …) shares the blocks until one of the two is written: nothing can
go wrong with it. A hard link is one file with two names; it is as quick and takes no room, but who
writes to it in place writes to both. So only large files are linked, where a copy would cost much,
and a linked file loses the permission to be written: a program that writes in place fails, where it
would have changed the other one unseen. A program that removes the file first, or puts another one
in its place, notices nothing.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from fcntl import ioctl
from itertools import count

from treadle.store.beneath import Place
from treadle.store.digest import EXECUTABLE, digest_of_open

LINKED_FROM = 1 << 20  # bytes; to copy what is smaller costs no more than to link it
_FICLONE = 0x40049409  # of Linux: _IOW(0x94, 9, int)
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MAKE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_WRITING = 0o222
_PIECE = 1 << 20  # bytes

_numbers = count()


def temporary() -> str:
    """A name that nobody else uses; patterns leave it out."""
    return f".treadle-{os.getpid()}-{next(_numbers)}-{os.urandom(4).hex()}"


def share(source: Place, target: Place, mode: int, may_link: bool = True) -> None:
    """Make a new file with the content of another one.

    Args:
        source: a regular file.
        target: is not there yet; after an error it may be there in parts.
        mode: the permissions of the new file; a linked one has those to read only.
        may_link: whether it may be a link.

    Raises:
        OSError: it cannot be read or written.
    """
    with _opened(source, _READ) as file:
        seen = os.fstat(file)
        if not stat.S_ISREG(seen.st_mode):
            raise OSError(errno.EINVAL, "is not a file", source.name)
        with _opened(target, _MAKE) as made:
            if not _clone(file, made):
                is_large = seen.st_size >= LINKED_FROM
                if may_link and is_large and _link(file, source, target, mode):
                    return
                _copy(file, made)
            os.fchmod(made, mode)


def set_mode(place: Place, mode: int) -> None:
    """Change the permissions of a file; a link is not followed.

    Raises:
        OSError: it is none, or is somebody else's.
    """
    with _opened(place, _READ) as file:
        os.fchmod(file, mode)


def digest_at(place: Place) -> str:
    """The digest of a file, read now.

    Raises:
        OSError: it cannot be read.
    """
    with _opened(place, _READ) as file:
        seen = os.fstat(file)
        return digest_of_open(file, seen.st_size, bool(seen.st_mode & EXECUTABLE))[0]


@contextlib.contextmanager
def _opened(place: Place, flags: int) -> Iterator[int]:
    file = os.open(place.name, flags, 0o600, dir_fd=place.at)
    try:
        yield file
    finally:
        os.close(file)


def _clone(file: int, made: int) -> bool:
    try:
        ioctl(made, _FICLONE, file)
    except OSError:
        return False  # another file system, or one that cannot
    return True


def _link(file: int, source: Place, target: Place, mode: int) -> bool:
    """Put a link in place of the new file, if both names can have the same permissions."""
    wanted = mode & ~_WRITING
    other = Place(temporary(), target.at)
    if target.at is None:
        other = Place(os.path.join(os.path.dirname(target.name), other.name))
    try:
        seen = os.fstat(file)
        if seen.st_nlink > 1 and stat.S_IMODE(seen.st_mode) != wanted:
            return False  # it has other names already, for which these would be wrong
        os.link(
            source.name,
            other.name,
            src_dir_fd=source.at,
            dst_dir_fd=target.at,
            follow_symlinks=False,
        )
    except OSError:
        return False  # another file system, too many links, a file of somebody else
    try:
        os.fchmod(file, wanted)
        os.replace(other.name, target.name, src_dir_fd=other.at, dst_dir_fd=target.at)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(other.name, dir_fd=other.at)
        return False
    return True


def _copy(file: int, made: int) -> None:
    while piece := os.read(file, _PIECE):
        left = memoryview(piece)
        while left:
            left = left[os.write(made, left) :]
