"""Fingerprints: whether a job is what it was, and what about it is not."""

from __future__ import annotations

from treadle.store.digest import FINGERPRINT_VERSION, digest_of
from treadle.store.records import Parts

MISSING = "missing"
"""Stands where the digest of a file would: there is no such file."""

# The most telling first. What a job reads of another one is last: it says "because of that one".
_ORDER = "version command code declared argument cwd umask input env value job"
_RANK = {kind: rank for rank, kind in enumerate(_ORDER.split())}


def fingerprint_of(parts: Parts) -> str:
    """The digest over all parts, whatever their order.

    Each text goes in with its length before it: no two different sets of parts make one text.
    """
    texts = [str(FINGERPRINT_VERSION)]
    for name in sorted(parts):
        texts += (name, parts[name])
    if (said := "".join([f"{len(text)}:{text}" for text in texts])).isascii():
        return digest_of(said.encode())
    data = bytearray()
    for text in texts:
        # Names of files may hold any bytes: those that are no text are lone surrogates here.
        piece = text.encode("utf-8", "surrogatepass")
        data += b"%d:" % len(piece)
        data += piece
    return digest_of(bytes(data))


def changes(before: Parts, after: Parts) -> list[str]:
    """Say in words what is different, the most telling first: ``input a.c changed``."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    names.sort(key=lambda name: (_RANK.get(name.partition(" ")[0], len(_RANK)), name))
    return [f"{name} {_change(before.get(name), after.get(name))}" for name in names]


def _change(before: str | None, after: str | None) -> str:
    if before is None:
        return "is missing" if after == MISSING else "is new"
    if before == MISSING:
        return "is new" if after is not None else "does not count any more"
    return "is gone" if after is None or after == MISSING else "changed"
