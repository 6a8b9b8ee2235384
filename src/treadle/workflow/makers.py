"""Which job makes a path that another one names, found by what both declare."""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from fnmatch import translate
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from treadle.workflow.limits import MAX_MATCHED
from treadle.workflow.plan import PlannedJob

_MAGIC = re.compile(r"[*?\[]")


class Output(NamedTuple):
    """A declared output.

    Attributes:
        path: absolute and as short as it can be written; may be a pattern.
        said: as the job declares it.
        job: the name of the job.
    """

    path: str
    said: str
    job: str


def is_glob(path: str) -> bool:
    """Tell whether a declared path is a pattern."""
    return _MAGIC.search(path) is not None


def whole(job: PlannedJob, path: str) -> str:
    """Return a declared path as an absolute one."""
    if "./" not in path and "//" not in path and not path.endswith((".", "/")):
        return path if path.startswith("/") else f"{_normal(job.cwd)}/{path}"
    found = os.path.normpath(f"{job.cwd}/{path}" if not path.startswith("/") else path)
    # A pattern with a slash at its end is all that is in the folders that it matches.
    return f"{found}/**" if path.endswith("/") and is_glob(path) else found


@lru_cache(4096)
def _normal(folder: Path) -> str:
    return os.path.normpath(folder).rstrip("/")


def matches(pattern: str, path: str) -> bool:
    """Tell whether an absolute path fits an absolute pattern, as `treadle.store.patterns` says.

    A path that is a pattern itself fits if a file that fits it may do so.
    """
    return pattern == path or _match(pattern.split("/"), path.split("/"))


def _match(parts: list[str], names: list[str]) -> bool:
    # All ways at once: several `**` have very many.
    ways = {0}
    for name in names:
        found = set()
        for way in ways:
            at = way
            while at < len(parts) and parts[at] == "**":
                if not name.startswith("."):
                    found.add(at)
                at += 1
            if at < len(parts) and _fits(parts[at], name):
                found.add(at + 1)
        ways = found
    return any(all(part == "**" for part in parts[at:]) for at in ways)


def _fits(part: str, name: str) -> bool:
    if not is_glob(part):
        return part == name
    if name.startswith(".") and not part.startswith("."):
        return False
    return _compiled(part).match(name) is not None


@lru_cache(4096)
def _compiled(part: str) -> re.Pattern[str]:
    return re.compile(translate(part))


class Makers:
    """All declared outputs of a plan, to be found by the paths that jobs name.

    A path that is no pattern may be a file or a folder: nobody knows before it is there.
    What is asked takes at most `MAX_MATCHED` comparisons; then nothing more is found.

    Args:
        jobs: all jobs by name.
    """

    def __init__(self, jobs: Mapping[str, PlannedJob]) -> None:
        outputs = [
            Output(whole(job, path), path, job.name)
            for job in jobs.values()
            for path in job.outputs
        ]
        self._of: dict[str, list[Output]] = {}
        self._globs: dict[str, list[Output]] = {}
        self._around: dict[str, list[Output]] = {}
        self._holders: set[str] = set()
        for output in outputs:
            if is_glob(output.path):
                folder = _plain_part(output.path).rpartition("/")[0]
                self._globs.setdefault(folder, []).append(output)
            else:
                self._of.setdefault(output.path, []).append(output)
            self._add_holders(output.path)
        self._sorted = sorted(outputs)
        self._found: dict[str, list[Output]] = {}
        self._left = MAX_MATCHED

    def _add_holders(self, path: str) -> None:
        while (path := path.rpartition("/")[0]) and path not in self._holders:
            self._holders.add(path)

    def of(self, path: str) -> list[Output]:
        """Return the outputs that are, or are in, or hold what a path stands for."""
        found = self._found.get(path)
        if found is None:
            pick = self._by_glob if is_glob(path) else self._by_path
            found = self._found[path] = list(dict.fromkeys(pick(path)))
        return found

    def _by_path(self, path: str) -> Iterator[Output]:
        if path in self._of:
            yield from self._of[path]
        else:
            # Who makes the file itself is asked before who makes a folder around it.
            yield from self._that_match(path) or self._around_it(path)
        if path in self._holders:
            yield from self._that_begin(path + "/")

    def _by_glob(self, pattern: str) -> Iterator[Output]:
        begin = _plain_part(pattern)
        folder = begin.rpartition("/")[0]
        yield from self._of.get(folder) or self._around_it(folder)
        for output in self._that_begin(begin):
            if matches(pattern, output.path):
                yield output

    def _that_begin(self, begin: str) -> Iterator[Output]:
        at = bisect_left(self._sorted, (begin,))
        while at < len(self._sorted) and self._sorted[at].path.startswith(begin):
            self._left -= 1
            if self._left < 0:
                return
            yield self._sorted[at]
            at += 1

    def _that_match(self, path: str) -> list[Output]:
        found = []
        folder = path if self._globs else ""
        while folder := folder.rpartition("/")[0]:
            for output in self._globs.get(folder, ()):
                self._left -= 1
                if self._left >= 0 and matches(output.path, path):
                    found.append(output)
        return found

    def _around_it(self, path: str) -> list[Output]:
        """Return the outputs that are the nearest folder around a path."""
        folder = path.rpartition("/")[0]
        if not folder:
            return []
        if folder not in self._around:
            self._around[folder] = self._of.get(folder) or self._around_it(folder)
        return self._around[folder]


def _plain_part(pattern: str) -> str:
    """Return what stands before the first character that is special in a pattern."""
    magic = _MAGIC.search(pattern)
    assert magic is not None, pattern
    return pattern[: magic.start()]
