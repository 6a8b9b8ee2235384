"""Which outputs may be removed on request: what treadle's jobs made, and is as they made it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from treadle.store.digest import digest_of_link
from treadle.store.patterns import plain

if TYPE_CHECKING:
    from treadle.store.files import Files
    from treadle.store.records import Product
    from treadle.workflow import PlannedJob


class Removal(NamedTuple):
    """What is to become of the outputs of a job.

    Attributes:
        job: whose they are.
        paths: those that may be removed, as declared.
        kept: those that may not, and why.
    """

    job: PlannedJob
    paths: list[str]
    kept: dict[str, str]


def removal_of(job: PlannedJob, product: Product, theirs: Collection[str], files: Files) -> Removal:
    """Sort the outputs of a job into those that may be removed and those that may not.

    What was there before treadle made it may be somebody's work, and what the job also reads
    it changes in place: both stay.

    Args:
        job: the job.
        product: what its last good attempt made.
        theirs: outputs that were there before an attempt, and that no run had made.
        files: knows the digests of files.
    """
    found = Removal(job, [], {})
    read = set[str]()
    with contextlib.suppress(OSError):
        read = set(files.state(str(job.cwd), job.inputs))
    for path, digest in product.outputs.items():
        now = _digest(os.path.join(job.cwd, path), digest, files)
        if path in read:
            found.kept[path] = "is read by the job that makes it"
        elif path in theirs:
            found.kept[path] = "was there before treadle made it"
        elif now == digest:
            found.paths.append(path)
        elif now:
            found.kept[path] = "was changed since"
    return found


def _digest(path: str, expected: str, files: Files) -> str:
    """Return the digest of what is there; nothing if nothing is, ``?`` if it cannot be read."""
    try:
        if os.path.islink(path) and digest_of_link(os.readlink(path)) == expected:
            return expected
        return files.digest(path)
    except FileNotFoundError:
        return "?" if os.path.islink(path) else ""
    except OSError:
        return "?"


def remove(removal: Removal) -> Iterator[tuple[str, OSError | None]]:
    """Remove files, and the declared folders that are empty by that.

    Yields:
        Each path, and what went wrong with it.
    """
    cwd = removal.job.cwd
    for path in removal.paths:
        try:
            os.unlink(cwd / path)
        except OSError as error:
            yield path, error
        else:
            yield path, None
    declared = {Path(known) for one in removal.job.outputs if (known := plain(one)) is not None}
    for path in removal.paths:
        for folder in Path(path).parents:
            if not any(folder == one or one in folder.parents for one in declared):
                break
            with contextlib.suppress(OSError):  # something is in it
                os.rmdir(cwd / folder)
