r"""Secrets that must not be seen: what is shown of them, and what is kept of them in a log.

What is hidden is a value as it stands, in UTF-8, wherever it occurs and also where two of them
overlap; of a value of several lines each of its lines, because that is how output is shown.
What is not hidden is a value that was changed on its way: base64, percent-encoding, another
character set, upper case, or colours in the midst of it. No program can know them all.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import AnyStr

SHORTEST = 4
"""Characters; a shorter value occurs by chance, and hiding it would tell where."""

_PIECE = 1 << 20


class Redactor:
    """Puts as many ``*`` in the place of secret values; the length of a text stays the same.

    A run has one, which all that shows or keeps something of it share: what is added to it
    is hidden from then on, by all of them.

    Args:
        values: the secrets.

    Raises:
        ValueError: a value has fewer than `SHORTEST` characters. Lines of a longer value
            that are shorter are left as they are.

    Attributes:
        longest: bytes of the longest value.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._texts: list[str] = []
        self._datas: list[bytes] = []
        self.longest = 0
        self.add(values)

    def add(self, values: Iterable[str]) -> None:
        """Hide these, too, from now on.

        Raises:
            ValueError: a value has fewer than `SHORTEST` characters.
        """
        wanted = set(self._texts)
        for value in values:
            if len(value) < SHORTEST:
                raise ValueError(f"a secret has {len(value)} characters; it must have {SHORTEST}")
            wanted.update(_lines(value))
        texts = sorted(wanted, key=len, reverse=True)
        datas = [text.encode("utf-8", "surrogateescape") for text in texts]
        # Other threads use them meanwhile: each list is replaced as a whole.
        self.longest = max(map(len, datas), default=0)
        self._texts, self._datas = texts, sorted(datas, key=len, reverse=True)

    def __bool__(self) -> bool:
        return bool(self._texts)

    def text(self, text: str) -> str:
        """Return a text without the values; one ``*`` stands for one character."""
        for start, end in list(_spans(text, self._texts)):
            text = f"{text[:start]}{'*' * (end - start)}{text[end:]}"
        return text

    def data(self, data: bytes) -> bytes:
        """Return bytes without the values; one ``*`` stands for one byte."""
        spans = list(_spans(data, self._datas))
        return _masked(data, spans) if spans else data

    def file(self, path: str | os.PathLike[str]) -> int:
        """Hide the values in a file, in place and in constant memory.

        Returns:
            How many there were; those that overlap an earlier one do not count.

        Raises:
            OSError: it cannot be read or written.
        """
        with open(path, "r+b", buffering=0) as file:
            return self._in_place(file.fileno()) if self else 0

    def _in_place(self, file: int) -> int:
        """Go through a file with a window that is a value longer than what is decided.

        Where a value begins less than its length before the end of the window, nothing can
        be said of it yet: that rest is kept, as it was read, and looked at again with what
        follows.
        """
        at, window, count, counted = 0, b"", 0, 0
        while True:
            piece = os.pread(file, _PIECE, at + len(window))
            window += piece
            decided = len(window) - self.longest + 1 if piece else len(window)
            spans = [span for span in _spans(window, self._datas) if span[0] < decided]
            for start, end in spans:
                if at + start >= counted:
                    count, counted = count + 1, at + end
            if spans:
                _write(file, at, window, spans)
            if not piece:
                return count
            at, window = at + max(0, decided), window[max(0, decided) :]


def _lines(value: str) -> list[str]:
    """Return what is looked for: the lines, so that line breaks stay where they are."""
    return [line for line in value.splitlines() if len(line) >= SHORTEST] or [value]


def _spans(whole: AnyStr, values: list[AnyStr]) -> Iterator[tuple[int, int]]:
    """Yield where values are, by their beginning; of two that begin together, the longer first."""
    found = []
    for value in values:
        start = whole.find(value)
        while start >= 0:
            found.append((start, -len(value)))
            start = whole.find(value, start + 1)
    return ((start, start - length) for start, length in sorted(found))


def _masked(data: bytes, spans: list[tuple[int, int]]) -> bytes:
    copy = bytearray(data)
    for start, end in spans:
        copy[start:end] = b"*" * (end - start)
    return bytes(copy)


def _write(file: int, at: int, window: bytes, spans: list[tuple[int, int]]) -> None:
    """Write what has changed, and nothing else: somebody may be adding to the file."""
    masked = _masked(window, spans)
    for start, end in spans:
        done = start
        while done < end:
            done += os.pwrite(file, masked[done:end], at + done)
