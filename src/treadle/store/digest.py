"""Digests: 16 bytes of blake2b, written as 32 hexadecimal digits.

What else than its bytes counts for a thing goes into the personalisation of blake2b (RFC 7693,
2.5), which makes a hash function of its own for each: a program and a text with the same bytes
differ, and so do a link and a file that holds the text of the link.
"""

from __future__ import annotations

import os
from hashlib import blake2b

FINGERPRINT_VERSION = 1
"""Goes up when digests or fingerprints are made in another way: then everything runs once more."""

EXECUTABLE = 0o100
"""The bit of a mode that counts, as in git: permissions otherwise differ from clone to clone."""

_SIZE = 16  # bytes
_PROGRAM = b"executable"
_LINK = b"link"

# The kernel and blake2b work without the interpreter's lock, a piece at a time.
_PIECE = 1 << 20  # bytes


def digest_of(data: bytes) -> str:
    """The digest of bytes, or of a file with these bytes that is not executable."""
    return blake2b(data, digest_size=_SIZE).hexdigest()


def digest_of_text(text: str) -> str:
    """The digest of a text as UTF-8; never in memory as text and bytes both."""
    hasher = blake2b(digest_size=_SIZE)
    for begin in range(0, len(text), _PIECE):
        hasher.update(text[begin : begin + _PIECE].encode())
    return hasher.hexdigest()


def digest_of_link(target: str) -> str:
    """The digest of a symbolic link that counts by what is written in it."""
    return blake2b(os.fsencode(target), digest_size=_SIZE, person=_LINK).hexdigest()


def digest_of_open(file: int, size: int, is_executable: bool) -> tuple[str, int]:
    """Read an open file to its end.

    Args:
        file: a descriptor, at the beginning of the file.
        size: bytes that are expected; a hint.
        is_executable: counts.

    Returns:
        the digest, and how many bytes there were.

    Raises:
        OSError: it cannot be read.
    """
    hasher = blake2b(digest_size=_SIZE, person=_PROGRAM if is_executable else b"")
    if size < _PIECE:
        # One byte more than there is: a short answer says that this was the end.
        data = os.read(file, size + 1)
        hasher.update(data)
        read = len(data)
        if read == size:
            return hasher.hexdigest(), read
    else:
        read = 0
    buffer = memoryview(bytearray(_PIECE))
    while count := os.readv(file, [buffer]):
        hasher.update(buffer[:count])
        read += count
    return hasher.hexdigest(), read
