"""Down to its limit: what leaves a content cache first is what was not used for longest."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from treadle.clock import SYSTEM
from treadle.store.cachefolder import CacheFolder, removed

_ABANDONED = 3600.0  # seconds; nobody takes so long between writing a content and its entry


class _Used(NamedTuple):
    """An entry, by when it was used last."""

    at: float
    path: str
    size: int
    digests: frozenset[str]


def trimmed(folder: CacheFolder, limit: int) -> int:
    """Remove entries, the one used longest ago first, and what no entry names any more.

    Another process may be using the cache: what it finds gone it does without.

    Args:
        folder: of the cache.
        limit: bytes that may stay.

    Returns:
        bytes removed.
    """
    old = SYSTEM.stamp() - _ABANDONED
    gone = sum(size for path, size in _older(folder.unfinished(), old) if removed(path))
    sizes = {_digest(entry): size for entry, size in _sized(folder.objects())}
    total = sum(sizes.values()) + sum(size for _, size in _sized(folder.entries()))
    if total <= limit:
        return gone
    used, damaged = _used(folder)
    gone += damaged
    total -= damaged
    names = Counter(digest for entry in used for digest in entry.digests)
    for path, size in _older((e for e in folder.objects() if _digest(e) not in names), old):
        gone += size * removed(path)
        total -= size
    for entry in used:
        if total <= limit:
            break
        names.subtract(entry.digests)
        free = [digest for digest in entry.digests if not names[digest]]
        lost = entry.size + sum(sizes.get(digest, 0) for digest in free)
        # The entry first: no other process is to find it without its contents.
        removed(entry.path)
        for digest in free:
            removed(folder.object(digest))
        gone += lost
        total -= lost
    return gone


def _used(folder: CacheFolder) -> tuple[list[_Used], int]:
    """The entries, the one used longest ago first, and how many bytes of damaged ones are gone."""
    found: list[_Used] = []
    gone = 0
    for entry, size in _sized(folder.entries()):
        with contextlib.suppress(OSError):
            at = entry.stat(follow_symlinks=False).st_mtime
            try:
                kept = folder.read(_digest(entry))
            except ValueError:
                gone += size * removed(entry.path)
                continue
            digests = frozenset(
                output.digest for output in kept.outputs.values() if not output.link
            )
            found.append(_Used(at, entry.path, size, digests))
    found.sort(key=lambda entry: entry.at)
    return found, gone


def _sized(entries: Iterable[os.DirEntry[str]]) -> Iterable[tuple[os.DirEntry[str], int]]:
    for entry in entries:
        with contextlib.suppress(OSError):
            yield entry, entry.stat(follow_symlinks=False).st_size


def _older(entries: Iterable[os.DirEntry[str]], than: float) -> Iterable[tuple[str, int]]:
    for entry in entries:
        with contextlib.suppress(OSError):
            seen = entry.stat(follow_symlinks=False)
            # A linked file has the times of its making; to be linked is a change, too.
            if seen.st_ctime < than:
                yield entry.path, seen.st_size


def _digest(entry: os.DirEntry[str]) -> str:
    return os.path.basename(os.path.dirname(entry.path)) + entry.name
