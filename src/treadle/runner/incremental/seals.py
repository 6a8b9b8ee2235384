"""Jobs that were seen to be unchanged, and how their files looked then: a seal for each.

To see that a job is unchanged takes its parts, a fingerprint and what its last good attempt
made. To see that nothing about it has moved since takes a look at its files and no more: what
`stat` says of each, for folders and globs with the names in them. A job with its seal unbroken
is unchanged, as long as

- its definition is the same: seals belong to one plan, by its mark;
- what its last good attempt made is the same: they belong to one state of all products;
- what it needs is unchanged, too: that is for the caller, job by job;
- whatever ran in between took the seals off all that depends on it, see `Seals.drop`.

A seal is put on only between two looks that are alike, with the long way of deciding in
between, and only where the digest of each file is known for good: what that takes, and why, says
`treadle.store.files`. Times that lie in the future, since the clock was set back, are not believed.
"""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec import Struct

from treadle.clock import SYSTEM
from treadle.store.digest import FINGERPRINT_VERSION, digest_of
from treadle.store.folder import STATE
from treadle.store.patterns import Found, beneath, matched, plain
from treadle.store.whole import put, take
from treadle.workflow.graph import dependents, with_needs

if TYPE_CHECKING:
    from treadle.store.files import Files
    from treadle.store.writer import Writer
    from treadle.workflow import Plan, PlannedJob

_MAGIC = b"treadle seals 1\n"
_NAME = "seals"
_LONGEST = 512  # bytes of a seal; of a longer one there is a digest

# size, mtime, ctime, device, inode, mode
_pack = struct.Struct("=qqqQQI").pack


class _Sheet(Struct, array_like=True):
    """What the file holds, in the order of the plan.

    Attributes:
        key: whose seals these are.
        newest: the latest time of any file, in nanoseconds since 1970.
        numbers: of the jobs in the store; 0 for one without a seal.
        seals: of the jobs; empty for one without.
    """

    key: str
    newest: int
    numbers: list[int]
    seals: list[bytes]


class Seals:
    """The seals of one plan, as a run finds and leaves them.

    Args:
        plan: the jobs; it has a mark.
        products: the mark of all products, see `Writer.products_mark`.

    Attributes:
        numbers: of the jobs in the store, by name.
    """

    def __init__(self, plan: Plan, products: str) -> None:
        self.numbers: dict[str, int] = {}
        self._plan = plan
        self._place = plan.folder / STATE / _NAME
        self._seals: dict[str, bytes] = {}
        self._newest = 0
        self._is_new = False
        with suppress(OSError, ValueError, msgspec.MsgspecError):
            sheet = _decode(take(self._place, _MAGIC))
            if sheet.key == self._key(products) and sheet.newest <= _now():
                self._newest = sheet.newest
                self._seals = dict(zip(plan.jobs, sheet.seals, strict=True))
                self.numbers = dict(zip(plan.jobs, sheet.numbers, strict=True))

    def _key(self, products: str) -> str:
        return f"{FINGERPRINT_VERSION} {self._plan.mark} {products}"

    def unbroken(self, names: Collection[str]) -> set[str]:
        """Return of these jobs those whose files look as they did when they were sealed."""
        seals, jobs, at = self._seals, self._plan.jobs, Looks().at
        if not seals:
            return set()
        return {name for name in names if (seal := seals[name]) and at(jobs[name]) == seal}

    def open(self) -> None:
        """Take the file away: something is about to change, and nobody knows how that ends."""
        with suppress(OSError):
            self._place.unlink(missing_ok=True)
        self._is_new = True

    def drop(self, names: Iterable[str]) -> None:
        """Take the seals off jobs that may have changed, and off all that depends on them."""
        if self._seals:
            needs = {job.name: job.needs for job in self._plan.jobs.values()}
            for name in with_needs(dependents(needs), names):
                self._seals.pop(name, None)

    def look(self, name: str) -> Seal:
        """Return the seal for a job as its files look now."""
        looks = Looks(noting=True)
        return Seal(looks.at(self._plan.jobs[name]), looks.seen)

    def put_on(self, name: str, seal: Seal, files: Files) -> None:
        """Put a seal on a job, if nothing of it has moved since.

        Args:
            name: of the job, which is unchanged.
            seal: made before that was found.
            files: has the digests with which it was found.
        """
        if (
            seal.text == self._seals.get(name, b"")
            or Looks().at(self._plan.jobs[name]) != seal.text
        ):
            return
        if all(files.knows(path, seen) for path, seen in seal.seen):
            times = [max(seen.st_mtime_ns, seen.st_ctime_ns) for _, seen in seal.seen]
            self._newest = max([self._newest, *times])
            self._seals[name] = seal.text
            self._is_new = True

    def close(self, store: Writer) -> None:
        """Write the file anew, if there is anything new; all products are recorded."""
        if not (self._is_new and self._seals):
            return
        jobs, numbers, key = self._plan.jobs, store.numbers(), self._key(store.products_mark())
        seals = [self._seals.get(name, b"") for name in jobs]
        found = [numbers[name] if seal else 0 for name, seal in zip(jobs, seals, strict=True)]
        with suppress(OSError, ValueError):
            put(self._place, _MAGIC, _encode(_Sheet(key, self._newest, found, seals)))


class Seal(NamedTuple):
    """How the files of a job look: as one text, empty if one cannot be seen, and each."""

    text: bytes
    seen: Sequence[tuple[str, os.stat_result]]


class Looks:
    """Looks at the files of jobs.

    Args:
        noting: keep what was seen.

    Attributes:
        seen: that, with the paths.
    """

    def __init__(self, *, noting: bool = False) -> None:
        self.seen: list[tuple[str, os.stat_result]] = []
        self._noting = noting
        self._cwd: Path | None = None
        self._base = ""

    def at(self, job: PlannedJob) -> bytes:
        """Return what all files of a job look like; nothing if there is one that cannot be seen."""
        if job.cwd is not self._cwd:
            self._cwd, self._base = job.cwd, f"{job.cwd}/"
        base, found = self._base, b""
        try:
            for path in (*job.inputs, *job.outputs):
                found += self._one(base, path)
        except (OSError, ValueError, struct.error):
            return b""
        return found if len(found) <= _LONGEST else digest_of(found).encode()

    def _one(self, base: str, path: str) -> bytes:
        if "*" in path or "?" in path or "[" in path:
            return self._many(base, matched(base, path))
        seen = os.stat(path if path[:1] == "/" else base + path)
        mode = seen.st_mode
        if stat.S_ISDIR(mode):
            return self._many(base, beneath(base, plain(path) or ""))
        if self._noting:
            self.seen.append((_full(base, plain(path) or ""), seen))
        return _pack(seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_dev, seen.st_ino,
                     mode)  # fmt: skip

    def _many(self, base: str, found: Found) -> bytes:
        """Return what files look like that a path stands for, with their names."""
        text = b"%d %d\0" % (len(found.files), len(found.links))
        for path in found.files:
            seen = os.stat(_full(base, path))
            if self._noting:
                self.seen.append((_full(base, path), seen))
            text += os.fsencode(path) + b"\0"
            text += _pack(seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_dev,
                          seen.st_ino, seen.st_mode)  # fmt: skip
        for path in found.links:
            target = os.readlink(_full(base, path))
            text += os.fsencode(path) + b"\0" + os.fsencode(target) + b"\0"
        return text


def _full(base: str, path: str) -> str:
    return path if path[:1] == "/" else base + path


def _now() -> int:
    return int(SYSTEM.stamp() * 1e9)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Sheet).decode
