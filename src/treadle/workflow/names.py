"""Names of jobs: patterns that select them, and files that are called after them."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_PLAIN = re.compile(r"[a-z0-9_][a-z0-9_.,=+@\[\]-]{0,99}")
_UNSAFE = re.compile(r"[^A-Za-z0-9_.,=+@\[\]-]+")


def file_name(job: str) -> str:
    """Return a file name for a job: safe for every name, distinct for distinct names.

    A short lower-case name of harmless characters stays as it is. Any other
    gets a readable part and a hash, joined by ``~``, which no plain name holds:
    so it can neither leave its folder nor meet another one, not even on a file
    system that takes ``A`` and ``a`` for the same.
    """
    if _PLAIN.fullmatch(job):
        return job
    from hashlib import blake2b  # noqa: PLC0415 -- takes 4 ms to load, and few names need it

    digest = blake2b(job.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return f"{_UNSAFE.sub('_', job)[:60].lstrip('.-')}~{digest}"


def is_pattern(text: str) -> bool:
    """Tell whether a text holds ``*`` or ``?``.

    Brackets stand for themselves: names of matrix jobs have them.
    """
    return "*" in text or "?" in text


def matching(pattern: str, names: Collection[str]) -> list[str]:
    """Return the names that a pattern matches, in their own order."""
    first, *rest = (
        re.escape(piece).replace(r"\?", ".") for piece in re.sub(r"\*+", "*", pattern).split("*")
    )
    if rest:
        # Atomic groups: the first place where a piece fits is as good as any later
        # one, and a pattern of many stars cannot make the search explode.
        first += "".join(f"(?>.*?{piece})" for piece in rest[:-1]) + ".*" + rest[-1]
    match = re.compile(first, re.DOTALL).fullmatch
    return [name for name in names if match(name)]


def _fixed_part(pattern: str) -> str:
    return re.split(r"[*?]", pattern, maxsplit=1)[0]


class Names:
    """All names that may be said: jobs, families of a matrix, tags, and patterns."""

    def __init__(
        self,
        jobs: Collection[str],
        families: Mapping[str, Sequence[str]],
        tags: Mapping[str, Sequence[str]],
    ) -> None:
        self.jobs = jobs
        self.families = families
        self.tags = tags
        self._matched: dict[str, list[str]] = {}
        self._sorted: list[str] = []
        self._places: dict[str, int] = {}
        self.compared = 0

    def find(self, said: str, prefix: str = "") -> Sequence[str]:
        """Return the jobs that a name or pattern stands for; none if it is unknown.

        Args:
            said: the name; a `:` in front means the main file.
            prefix: of the file in which it is said; its own jobs go first.
        """
        if prefix and not said.startswith(":"):
            return self._find(prefix + said)
        return self._find(said.removeprefix(":"))

    def _find(self, said: str) -> Sequence[str]:
        if said in self.jobs:
            return (said,)
        if said in self.families:
            return self.families[said]
        if said in self.tags:
            return self.tags[said]
        if not is_pattern(said):
            return ()
        if said not in self._matched:
            self._matched[said] = matching(said, self._beginning(_fixed_part(said)))
        return self._matched[said]

    def _beginning(self, prefix: str) -> Collection[str]:
        """Return the names that begin so: not every pattern is compared with every name."""
        few: Collection[str] = self.jobs
        if prefix:
            self._sorted = self._sorted or sorted(self.jobs)
            begin = bisect_left(self._sorted, prefix)
            end = bisect_right(self._sorted, prefix, begin, key=lambda name: name[: len(prefix)])
            self._places = self._places or {name: at for at, name in enumerate(self.jobs)}
            few = sorted(self._sorted[begin:end], key=self._places.__getitem__)
        self.compared += len(few)
        return few

    def known(self) -> list[str]:
        """Return every name, for suggestions."""
        return [*self.families, *self.tags, *self.jobs]
