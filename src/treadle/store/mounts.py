"""Which file systems are shared between machines.

SQLite's write-ahead log needs memory that all who use the database share: they must be on one
machine (sqlite.org/wal.html). Elsewhere the rollback journal is used.
"""

from __future__ import annotations

import os
from pathlib import Path

_REMOTE = frozenset(
    (
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "lustre", "gpfs", "mmfs"),
        *("ceph", "afs", "coda", "beegfs", "pvfs2", "orangefs", "glusterfs", "ocfs2", "gfs2"),
        *("vboxsf", "prl_fs", "vmhgfs", "ncpfs", "panfs", "acfs"),
    )
)
_TABLE = "/proc/self/mountinfo"
_LIMIT = 1 << 22  # bytes of the table of mounts that are looked at


def is_remote(folder: Path, table: str = _TABLE) -> bool:
    """Whether a folder lies, or may lie, on a file system that other machines use, too.

    Args:
        folder: is there.
        table: the mounts, as proc(5) has them. Without one, all is taken for local.
    """
    try:
        with open(table, "rb") as file:
            lines = file.read(_LIMIT).splitlines()
    except OSError:
        return False
    return _is_shared(_kind(os.path.realpath(os.fsencode(folder)), lines))


def _is_shared(kind: str) -> bool:
    # A file system in user space may be anything (sshfs, a cloud's drive): the journal that
    # works everywhere costs little there.
    return kind in _REMOTE or kind.startswith("fuse")


def _kind(path: bytes, lines: list[bytes]) -> str:
    """Return the type of the file system of the longest mount point; the last one wins."""
    best, kind = -1, b""
    for line in lines:
        fields = line.split()
        if len(fields) < 8 or b"-" not in fields[6:]:
            continue
        point = _plain(fields[4])
        inside = path == point or path.startswith(point.rstrip(b"/") + b"/")
        if inside and len(point) >= best:
            best, kind = len(point), fields[fields.index(b"-", 6) + 1]
    return kind.decode(errors="replace")


def _plain(field: bytes) -> bytes:
    """Return a path with the octal escapes undone: space, tab, newline, backslash."""
    if b"\\" not in field:
        return field
    for escape, plain in ((b"\\040", b" "), (b"\\011", b"\t"), (b"\\012", b"\n")):
        field = field.replace(escape, plain)
    return field.replace(b"\\134", b"\\")
