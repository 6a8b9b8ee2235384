"""An entry of the content cache: what a job with some fingerprint made.

It is a line with a digest of the rest and of the fingerprint, and JSON. What is not whole, belongs
to another fingerprint or holds what no job makes is refused: anybody may have written it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from treadle.store.beneath import is_inside
from treadle.store.digest import digest_of

MOST_BYTES = 64 << 20
_DIGEST = re.compile("[0-9a-f]{32}")
_PERMISSIONS = 0o777


class Output(NamedTuple):
    """A file that a job made.

    Attributes:
        digest: of its content.
        size: bytes.
        mode: its permissions.
        link: what is written in it, if it is a symbolic link.
    """

    digest: str
    size: int
    mode: int
    link: str = ""


class Entry(NamedTuple):
    """What a job made.

    Attributes:
        outputs: by path, beneath the folder that they count from.
        values: what it left for other jobs.
    """

    outputs: Mapping[str, Output]
    values: Mapping[str, str]

    @property
    def size(self) -> int:
        """Bytes of all outputs."""
        return sum(output.size for output in self.outputs.values())


def is_digest(text: object) -> bool:
    """Whether it can be the name of an object: never a path to elsewhere."""
    return isinstance(text, str) and _DIGEST.fullmatch(text) is not None


def encoded(fingerprint: str, kept: Entry) -> bytes:
    """The bytes of an entry."""
    body = json.dumps([kept.outputs, kept.values], separators=(",", ":")).encode()
    return b"%s\n%s" % (_check(fingerprint, body), body)


def decoded(fingerprint: str, data: bytes) -> Entry:
    """Read an entry.

    Raises:
        ValueError: it is damaged, or is none.
    """
    check, _, body = data.partition(b"\n")
    if check != _check(fingerprint, body):
        raise ValueError("the entry is damaged")
    try:
        outputs, values = json.loads(body)
        kept = Entry({path: Output(*fields) for path, fields in outputs.items()}, dict(values))
    except (RecursionError, TypeError, AttributeError) as error:
        raise ValueError("the entry is none") from error
    if not all(_is_sound(path, output) for path, output in kept.outputs.items()):
        raise ValueError("the entry holds an output that is none")
    if not all(isinstance(text, str) for text in kept.values.values()):
        raise ValueError("the entry holds a value that is none")
    return kept


def stays_inside(path: str, link: str) -> bool:
    """Whether a link leads to a place beneath the folder that its path counts from."""
    leads_to = os.path.normpath(os.path.join(os.path.dirname(path), link))
    return not link.startswith("/") and leads_to.split("/")[0] != ".." and "\0" not in link


def _check(fingerprint: str, body: bytes) -> bytes:
    return digest_of(fingerprint.encode() + b"\n" + body).encode()


def _is_sound(path: str, output: Any) -> bool:
    return (
        is_inside(path)
        and is_digest(output.digest)
        and type(output.size) is int
        and output.size >= 0
        and type(output.mode) is int
        and output.mode == output.mode & _PERMISSIONS
        and isinstance(output.link, str)
        and stays_inside(path, output.link)
    )
